//! Makes the stations of all components.

mod caches;
mod databases;
mod externals;
mod gateways;
mod groups;
mod links;
mod plain;
mod pools;
mod processes;
mod topics;
