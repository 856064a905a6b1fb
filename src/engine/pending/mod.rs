//! The list of pending events: keys in, the smallest key out.
//!
//! [`Adaptive`] is the list to use. It starts as a [`Sorted`] vector, becomes a [`Ladder`] beyond 24 pending
//! events and a [`Radix`] heap beyond 8192, and goes back at half of these numbers. [`QuadHeap`] is the plain
//! alternative without tuning.
//!
//! # Cost
//!
//! A *hold* pops the next event and pushes its successor. Nanoseconds of processor time per hold, increments
//! exponential, ten microseconds of simulated time between events, medians of seven runs on a two-core virtual
//! machine that was busy with other work (read differences below a quarter as none):
//!
//! | pending  |  1 |  4 | 16 | 24 | 32 | 64 | 256 | 1e3 | 1e4 | 3e4 | 1e5 | 1e6 |
//! |----------|---:|---:|---:|---:|---:|---:|----:|----:|----:|----:|----:|----:|
//! | sorted   |  3 |  6 | 22 | 32 | 43 | 61 |  88 | 146 |     |     |     |     |
//! | 4-ary    |  5 | 20 | 27 | 31 | 34 | 36 |  47 |  60 |  89 | 111 | 167 | 502 |
//! | ladder   |  7 | 15 | 25 | 31 | 40 | 28 |  26 |  27 |  31 |  40 |  82 | 208 |
//! | radix    |  7 | 22 | 31 | 35 | 38 | 31 |  31 |  35 |  37 |  38 |  54 |  55 |
//! | adaptive |  5 |  9 | 24 | 34 | 43 | 29 |  29 |  30 |  40 |  38 |  63 |  53 |
//!
//! Uniform increments give the same picture. With bimodal and log-uniform increments the ladder and the radix
//! heap change places between one and ten thousand, and the 4-ary heap leads narrowly from 16 to 32; nowhere
//! does it lead by enough to be a stage of its own. The radix heap is never far behind from 64 on, but its
//! headers alone take 17 kB, which small runs in large numbers would feel.

mod adaptive;
mod ladder;
mod list;
mod quad_heap;
mod radix;
mod rung;
mod sorted;
mod storage;
#[cfg(test)]
mod tests;

pub use adaptive::Adaptive;
pub use ladder::Ladder;
pub use list::EventList;
pub use quad_heap::QuadHeap;
pub use radix::Radix;
pub use sorted::Sorted;
