//! Why a request ended the way it did.

/// How a request, or one call inside it, ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It did what was asked.
    Served,
    /// The system failed it.
    Failed(Cause),
}

/// Why a request or a call failed.
///
/// The order is the order of columns in reports; new causes go to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Cause {
    /// A time-out around the work ran out.
    Timeout,
    /// The caller gave up waiting in a queue.
    Abandoned,
    /// A bounded queue had no room.
    QueueFull,
    /// A limiter refused it.
    RateLimited,
    /// An open circuit breaker refused it.
    CircuitOpen,
    /// A bulkhead had no permit.
    BulkheadFull,
    /// No pooled connection came free in time.
    PoolTimeout,
    /// A database refused a connection (MySQL error 1040).
    TooManyConnections,
    /// A row lock did not come free in time (MySQL error 1205).
    LockTimeout,
    /// It was chosen as the victim of a deadlock (MySQL error 1213).
    Deadlock,
    /// Nothing was there to answer: a crash, a refused connection.
    Unavailable,
    /// The network lost it.
    NetworkLoss,
    /// An external party answered with an error.
    ExternalError,
    /// A store refused to take more data (`-OOM` of Redis, a full producer buffer).
    OutOfMemory,
    /// The model's own `fail` step.
    Error,
    /// A business rule turned it down (sold out, already done); the system worked.
    Declined,
    /// A limit of the simulation was reached; the run says so.
    Limit,
    /// A row was changed since it was read: an update under an optimistic lock found another version.
    Conflict,
    /// People paused the operation: its clients are turned away with an answer, and get nothing.
    Paused,
}

impl Cause {
    /// All causes, in report order.
    pub const ALL: [Cause; 19] = [
        Cause::Timeout,
        Cause::Abandoned,
        Cause::QueueFull,
        Cause::RateLimited,
        Cause::CircuitOpen,
        Cause::BulkheadFull,
        Cause::PoolTimeout,
        Cause::TooManyConnections,
        Cause::LockTimeout,
        Cause::Deadlock,
        Cause::Unavailable,
        Cause::NetworkLoss,
        Cause::ExternalError,
        Cause::OutOfMemory,
        Cause::Error,
        Cause::Declined,
        Cause::Limit,
        Cause::Conflict,
        Cause::Paused,
    ];

    /// The number of causes.
    pub const COUNT: usize = Self::ALL.len();

    /// The stable name used in files.
    pub const fn name(self) -> &'static str {
        match self {
            Cause::Timeout => "timeout",
            Cause::Abandoned => "abandoned",
            Cause::QueueFull => "queue-full",
            Cause::RateLimited => "rate-limited",
            Cause::CircuitOpen => "circuit-open",
            Cause::BulkheadFull => "bulkhead-full",
            Cause::PoolTimeout => "pool-timeout",
            Cause::TooManyConnections => "too-many-connections",
            Cause::LockTimeout => "lock-timeout",
            Cause::Deadlock => "deadlock",
            Cause::Unavailable => "unavailable",
            Cause::NetworkLoss => "network-loss",
            Cause::ExternalError => "external-error",
            Cause::OutOfMemory => "out-of-memory",
            Cause::Error => "error",
            Cause::Declined => "declined",
            Cause::Limit => "limit",
            Cause::Conflict => "conflict",
            Cause::Paused => "paused",
        }
    }

    /// What a person calls it.
    pub const fn label(self) -> &'static str {
        match self {
            Cause::Timeout => "time-out",
            Cause::Abandoned => "gave up waiting",
            Cause::QueueFull => "queue full",
            Cause::RateLimited => "rate limited",
            Cause::CircuitOpen => "circuit open",
            Cause::BulkheadFull => "bulkhead full",
            Cause::PoolTimeout => "no connection in time",
            Cause::TooManyConnections => "too many connections",
            Cause::LockTimeout => "lock wait time-out",
            Cause::Deadlock => "deadlock",
            Cause::Unavailable => "unavailable",
            Cause::NetworkLoss => "lost in the network",
            Cause::ExternalError => "external error",
            Cause::OutOfMemory => "out of memory",
            Cause::Error => "error",
            Cause::Declined => "declined",
            Cause::Limit => "simulation limit",
            Cause::Conflict => "changed by another",
            Cause::Paused => "paused by people",
        }
    }

    /// Whether the system failed the request; a business refusal is an answer, not a failure.
    pub const fn is_failure(self) -> bool {
        !matches!(self, Cause::Declined)
    }

    /// Whether it is an answer that turns down, by a rule of the business or because people paused the operation: nobody tries
    /// again after it unless told to, and it is no error of a service.
    pub const fn is_turned_down(self) -> bool {
        matches!(self, Cause::Declined | Cause::Paused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_listed_in_the_order_of_their_numbers() {
        for (index, cause) in Cause::ALL.into_iter().enumerate() {
            assert_eq!(cause as usize, index, "{}", cause.name());
        }
    }

    #[test]
    fn only_a_business_refusal_is_not_a_failure() {
        let answers: Vec<_> = Cause::ALL.into_iter().filter(|cause| !cause.is_failure()).collect();
        assert_eq!(answers, [Cause::Declined]);
        // Who is turned away by people has an answer as well, and is not served all the same.
        let turned_down: Vec<_> = Cause::ALL.into_iter().filter(|cause| cause.is_turned_down()).collect();
        assert_eq!(turned_down, [Cause::Declined, Cause::Paused]);
    }
}
