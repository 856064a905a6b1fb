//! Charts as SVG, and SVG as PNG.
//!
//! Colours differ in luminance and lines in dash pattern, so charts read in grey. Text is set in DejaVu Sans,
//! which is embedded, so that they need no font of the system.

mod axis;
mod canvas;
mod chart;
mod heat;
mod latency;
mod legend;
mod panel;
mod png;
mod queues;
mod strip;
mod throughput;
mod utilisation;

pub use chart::{Chart, charts};
pub use png::{PngError, png};
