//! What results look like outside: tables, JSON, the terminal and charts.

mod fixture;
mod incident;
mod json;
mod judged;
mod limits;
mod pictures;
mod single;
mod tables;
mod terminal;
