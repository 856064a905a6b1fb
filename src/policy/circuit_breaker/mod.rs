//! The circuit breaker of Resilience4j.
//!
//! It stands for one `CircuitBreaker` instance of Resilience4j 2.4.0: count and time windows, slow calls,
//! the six states and the timers between them.
//!
//! It leaves out randomised waits in the open state, `transitionOnResult`, and the `LOCK_FREE` window
//! strategy (whose time slices start when the window is made, not on the epoch second).
//!
//! Sources: Resilience4j `CircuitBreakerStateMachine`, `CircuitBreakerMetrics`, `CircuitBreakerConfig`,
//! `FixedSizeSlidingWindowMetrics`, `SlidingTimeWindowMetrics`; replayed against the 2.4.0 jars by
//! `tests/policy_resilience4j.rs`.

mod config;
mod machine;
#[cfg(test)]
mod tests;
mod window;

pub use config::{CircuitBreakerConfig, SlidingWindowType, StateAfterHalfOpen};
pub use machine::{
    CircuitBreaker, CircuitBreakerMetrics, CircuitBreakerState, IllegalTransition, NotPermitted, Permit,
    Transition, TransitionCounts,
};
pub use window::CallCounts;
