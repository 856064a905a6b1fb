//! The list of pending events: keys in, the smallest key out.
//!
//! [`Adaptive`] is the list to use. It starts as a [`Sorted`] vector, becomes a [`Tournament`] beyond 8 pending
//! events and a [`Radix`] heap beyond 8192, and goes back at half of these numbers. [`QuadHeap`] is the plain
//! alternative without tuning.
//!
//! # Cost
//!
//! A *hold* pops the next event and pushes its successor. Nanoseconds of processor time per hold, increments
//! exponential with the same mean whatever is pending, the least of three turns of four million holds on a two-core
//! virtual machine that was busy with other work (read differences below a quarter as none):
//!
//! | pending    |  4 | 12 | 48 | 64 | 256 | 1e3 | 4e3 | 1e5 | 1e6 |
//! |------------|---:|---:|---:|---:|----:|----:|----:|----:|----:|
//! | sorted     | 11 | 16 |    |    |     |     |     |     |     |
//! | 4-ary      | 19 | 26 | 30 | 34 |  45 |  51 |  71 | 130 | 346 |
//! | tournament | 11 |  9 | 12 | 12 |  15 |  18 |  23 |  74 | 294 |
//! | radix      |    |    | 26 | 27 |  39 |  33 |  33 |  41 |  51 |
//! | adaptive   | 15 | 12 | 14 | 14 |  18 |  20 |  25 |  42 |  54 |
//!
//! With one increment in six a hundred times as long, the picture is the same. The tournament leads from a dozen to
//! several thousand because none of its branches depends on the order of keys. A ladder queue, which was used there
//! before, took 26 ns at 12, 28 at 64, 39 at 256 and 42 at 4,000. The radix heap's headers alone take 17 kB, which
//! small runs in large numbers would feel.

mod adaptive;
mod list;
mod quad_heap;
mod radix;
mod sorted;
mod storage;
#[cfg(test)]
mod tests;
mod tournament;

pub use adaptive::Adaptive;
pub use list::EventList;
pub use quad_heap::QuadHeap;
pub use radix::Radix;
pub use sorted::Sorted;
pub use tournament::Tournament;
