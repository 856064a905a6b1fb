//! sizing.
