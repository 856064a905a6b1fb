//! The list of pending events.

mod ladder;
mod list;
mod quad_heap;
mod radix;
mod rung;
mod sorted;
mod storage;

pub use ladder::Ladder;
pub use list::EventList;
pub use quad_heap::QuadHeap as Adaptive;
pub use quad_heap::QuadHeap;
pub use radix::Radix;
pub use sorted::Sorted;
