//! People and runbooks: when a step is taken, what it does to the system, and what follows, worked out by hand.

#[path = "support/rehearse.rs"]
mod rehearse;

#[path = "runbooks/actions.rs"]
mod actions;
#[path = "runbooks/caches.rs"]
mod caches;
#[path = "runbooks/calm.rs"]
mod calm;
#[path = "runbooks/exporters.rs"]
mod exporters;
#[path = "runbooks/people.rs"]
mod people;
#[path = "runbooks/restarts.rs"]
mod restarts;
#[path = "runbooks/scaling.rs"]
mod scaling;
#[path = "runbooks/system.rs"]
mod system;
#[path = "runbooks/watching.rs"]
mod watching;
