//! What results look like outside: tables, JSON, the terminal and charts.

mod fixture;
mod json;
mod judged;
mod pictures;
mod tables;
mod terminal;
