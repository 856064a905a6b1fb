//! The engine through its public face: programs whose every event can be worked out by hand, and programs
//! that nobody would write.

#[path = "engine/anything.rs"]
mod anything;
#[path = "engine/batches.rs"]
mod batches;
#[path = "engine/books.rs"]
mod books;
#[path = "engine/choices.rs"]
mod choices;
#[path = "engine/crashes.rs"]
mod crashes;
#[path = "engine/deadlines.rs"]
mod deadlines;
#[path = "engine/failures.rs"]
mod failures;
#[path = "engine/forks.rs"]
mod forks;
#[path = "engine/hosts.rs"]
mod hosts;
#[path = "engine/limits.rs"]
mod limits;
#[path = "engine/locks.rs"]
mod locks;
#[path = "engine/plan.rs"]
mod plan;
#[path = "engine/sharing.rs"]
mod sharing;
#[path = "engine/slots.rs"]
mod slots;
#[path = "engine/spent.rs"]
mod spent;
#[path = "engine/world.rs"]
mod world;
