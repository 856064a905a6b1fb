//! What a process answers an attempt with, and the exception that its metric names.
//!
//! Source: Spring Framework 6, `DefaultServerRequestObservationConvention` and `ServerHttpObservationFilter`: the label
//! `exception` is the class of what nothing in the service has handled. Status and outcome are `UNKNOWN` where the
//! connection was closed first.

use crate::engine::Exit;
use crate::record::{AccessStatus, Cause};

/// What came of an attempt at a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answered {
    /// It was answered as the service wants it: served, or failed in a way that something handles.
    With(AccessStatus),
    /// It was answered with 500, for an exception that nothing handles.
    Threw(Thrown),
    /// Whoever asked left first, and the process stopped.
    Gone,
}

impl Answered {
    /// How many there are.
    pub(super) const COUNT: usize = AccessStatus::ALL.len() + Thrown::ALL.len() + 1;

    /// What an attempt ends with in a process that has an answer for each cause; `inner` is the answer of whom the process
    /// asked, if that is what it failed of.
    pub(super) fn of(
        exit: Exit,
        answers: &[AccessStatus; Cause::COUNT],
        inner: Option<AccessStatus>,
    ) -> Answered {
        match exit {
            Exit::Done => Answered::With(AccessStatus::Ok),
            Exit::Failed(cause) => match answers[cause as usize] {
                AccessStatus::InternalError => {
                    Answered::Threw(inner.map_or(Thrown::of(cause), Thrown::for_answer))
                }
                status => Answered::With(status),
            },
            Exit::Cut(_) | Exit::Cancelled => Answered::Gone,
        }
    }

    /// Whether a process that has these answers may end an attempt so.
    pub(super) fn is_possible(self, answers: &[AccessStatus; Cause::COUNT]) -> bool {
        let fails_with = |status| answers.contains(&status);
        match self {
            Answered::With(AccessStatus::Ok) | Answered::Gone => true,
            Answered::With(status) => status != AccessStatus::InternalError && fails_with(status),
            Answered::Threw(thrown) => {
                let unhandled = |cause: &Cause| answers[*cause as usize] == AccessStatus::InternalError;
                let mut own = Cause::ALL.iter().filter(|cause| unhandled(cause));
                own.any(|cause| Thrown::of(*cause) == thrown)
                    || (fails_with(AccessStatus::InternalError) && thrown.is_of_an_answer())
            }
        }
    }

    pub(super) fn number(self) -> usize {
        match self {
            Answered::With(status) => status as usize,
            Answered::Threw(thrown) => AccessStatus::ALL.len() + thrown as usize,
            Answered::Gone => Answered::COUNT - 1,
        }
    }

    pub(super) fn from_number(number: usize) -> Answered {
        let status = AccessStatus::ALL.get(number).map(|status| Answered::With(*status));
        let thrown = || {
            let thrown = Thrown::ALL.get(number - AccessStatus::ALL.len());
            thrown.map_or(Answered::Gone, |thrown| Answered::Threw(*thrown))
        };
        status.unwrap_or_else(thrown)
    }

    /// The label `status`.
    pub(super) fn status(self) -> String {
        match self {
            Answered::With(status) => status.code().to_string(),
            Answered::Threw(_) => AccessStatus::InternalError.code().to_string(),
            Answered::Gone => "UNKNOWN".to_owned(),
        }
    }

    /// The label `outcome`.
    pub(super) const fn outcome(self) -> &'static str {
        match self {
            Answered::With(status) => match status.code() {
                500.. => "SERVER_ERROR",
                400.. => "CLIENT_ERROR",
                _ => "SUCCESS",
            },
            Answered::Threw(_) => "SERVER_ERROR",
            Answered::Gone => "UNKNOWN",
        }
    }

    /// The labels `exception` and `error`. What an `@ExceptionHandler` turns into an answer is none.
    ///
    /// Source: Spring Framework, observability of HTTP servers.
    pub(super) const fn exception(self) -> &'static str {
        match self {
            Answered::With(_) | Answered::Gone => "none",
            Answered::Threw(thrown) => thrown.name(),
        }
    }
}

/// An exception that reaches the end of a service's work: what the libraries throw that are usual, as Spring hands it on.
///
/// Source: Resilience4j; Spring Framework 6, `RestClient`, `HttpClientErrorException`, `HttpServerErrorException`,
/// `DataSourceTransactionManager`, `SQLExceptionSubclassTranslator`; MySQL Connector/J, `MysqlErrorNumbers`; Spring Data
/// Redis, `LettuceExceptionConverter`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thrown {
    /// Of Resilience4j's `TimeLimiter`.
    Timeout,
    RequestNotPermitted,
    CallNotPermitted,
    BulkheadFull,
    /// Around `SQLTransientConnectionException` of HikariCP.
    CannotCreateTransaction,
    /// Around Connector/J's exception of SQL state 40001: error 1205 and 1213.
    CannotAcquireLock,
    /// Around a connection that is refused or breaks.
    ResourceAccess,
    Conflict,
    TooManyRequests,
    InternalServerError,
    BadGateway,
    ServiceUnavailable,
    GatewayTimeout,
    /// Around Lettuce's `RedisCommandExecutionException`.
    RedisSystem,
    OptimisticLockingFailure,
    /// The service's own.
    Runtime,
}

impl Thrown {
    /// All of them, in order.
    pub(super) const ALL: [Thrown; 16] = [
        Thrown::Timeout,
        Thrown::RequestNotPermitted,
        Thrown::CallNotPermitted,
        Thrown::BulkheadFull,
        Thrown::CannotCreateTransaction,
        Thrown::CannotAcquireLock,
        Thrown::ResourceAccess,
        Thrown::Conflict,
        Thrown::TooManyRequests,
        Thrown::InternalServerError,
        Thrown::BadGateway,
        Thrown::ServiceUnavailable,
        Thrown::GatewayTimeout,
        Thrown::RedisSystem,
        Thrown::OptimisticLockingFailure,
        Thrown::Runtime,
    ];

    /// What a failure throws that comes up in the service itself.
    const fn of(cause: Cause) -> Thrown {
        match cause {
            Cause::Timeout | Cause::Abandoned => Thrown::Timeout,
            Cause::RateLimited => Thrown::RequestNotPermitted,
            Cause::CircuitOpen => Thrown::CallNotPermitted,
            Cause::BulkheadFull => Thrown::BulkheadFull,
            Cause::PoolTimeout | Cause::TooManyConnections => Thrown::CannotCreateTransaction,
            Cause::LockTimeout | Cause::Deadlock => Thrown::CannotAcquireLock,
            Cause::Unavailable | Cause::NetworkLoss | Cause::QueueFull => Thrown::ResourceAccess,
            Cause::ExternalError => Thrown::InternalServerError,
            Cause::OutOfMemory => Thrown::RedisSystem,
            Cause::Conflict => Thrown::OptimisticLockingFailure,
            Cause::Error | Cause::Declined | Cause::Paused | Cause::Limit => Thrown::Runtime,
        }
    }

    /// What the answer of a service throws that was asked.
    const fn for_answer(status: AccessStatus) -> Thrown {
        match status {
            AccessStatus::Conflict => Thrown::Conflict,
            AccessStatus::TooManyRequests => Thrown::TooManyRequests,
            AccessStatus::InternalError => Thrown::InternalServerError,
            AccessStatus::BadGateway => Thrown::BadGateway,
            AccessStatus::Unavailable => Thrown::ServiceUnavailable,
            AccessStatus::GatewayTimeout => Thrown::GatewayTimeout,
            // No answer of a service.
            AccessStatus::Ok | AccessStatus::ClientClosed => Thrown::Runtime,
        }
    }

    fn is_of_an_answer(self) -> bool {
        AccessStatus::ALL.iter().any(|status| Thrown::for_answer(*status) == self)
    }

    /// Its class.
    const fn name(self) -> &'static str {
        match self {
            Thrown::Timeout => "TimeoutException",
            Thrown::RequestNotPermitted => "RequestNotPermitted",
            Thrown::CallNotPermitted => "CallNotPermittedException",
            Thrown::BulkheadFull => "BulkheadFullException",
            Thrown::CannotCreateTransaction => "CannotCreateTransactionException",
            Thrown::CannotAcquireLock => "CannotAcquireLockException",
            Thrown::ResourceAccess => "ResourceAccessException",
            Thrown::Conflict => "Conflict",
            Thrown::TooManyRequests => "TooManyRequests",
            Thrown::InternalServerError => "InternalServerError",
            Thrown::BadGateway => "BadGateway",
            Thrown::ServiceUnavailable => "ServiceUnavailable",
            Thrown::GatewayTimeout => "GatewayTimeout",
            Thrown::RedisSystem => "RedisSystemException",
            Thrown::OptimisticLockingFailure => "OptimisticLockingFailureException",
            Thrown::Runtime => "RuntimeException",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_tallies_have_the_same_labels() {
        let all = (0..Answered::COUNT).map(Answered::from_number);
        // Nothing ends with 500 but for an exception.
        let all = all.filter(|answered| *answered != Answered::With(AccessStatus::InternalError));
        let mut labels: Vec<_> = all.map(|it| (it.status(), it.outcome(), it.exception())).collect();
        labels.sort();
        let count = labels.len();
        labels.dedup();
        assert_eq!(labels.len(), count, "{labels:?}");
    }

    #[test]
    fn an_attempt_is_told_by_its_answer_and_its_exception() {
        let usual = Cause::ALL.map(AccessStatus::of_work);
        let mut mapped = usual;
        mapped[Cause::Timeout as usize] = AccessStatus::GatewayTimeout;
        let check = |exit, answers: &_, inner, labels: (&str, &str, &str)| {
            let answered = Answered::of(exit, answers, inner);
            assert_eq!((answered.status().as_str(), answered.outcome(), answered.exception()), labels);
            assert!(answered.is_possible(answers), "{answered:?}");
        };
        let failed = Exit::Failed;
        check(Exit::Done, &usual, None, ("200", "SUCCESS", "none"));
        check(Exit::Cut(Cause::Timeout), &usual, None, ("UNKNOWN", "UNKNOWN", "none"));
        check(failed(Cause::Declined), &usual, None, ("409", "CLIENT_ERROR", "none"));
        check(failed(Cause::Timeout), &usual, None, ("500", "SERVER_ERROR", "TimeoutException"));
        check(failed(Cause::Timeout), &mapped, None, ("504", "SERVER_ERROR", "none"));
        let no_connection = ("500", "SERVER_ERROR", "CannotCreateTransactionException");
        check(failed(Cause::PoolTimeout), &usual, None, no_connection);
        // Whom it asked has no connection, and says 500 or 503.
        for (inner, exception) in [
            (AccessStatus::InternalError, "InternalServerError"),
            (AccessStatus::Unavailable, "ServiceUnavailable"),
        ] {
            let labels = ("500", "SERVER_ERROR", exception);
            check(failed(Cause::PoolTimeout), &usual, Some(inner), labels);
        }
        assert!(!Answered::With(AccessStatus::GatewayTimeout).is_possible(&usual));
        assert!(!Answered::With(AccessStatus::InternalError).is_possible(&usual));
        let handles_all = [AccessStatus::Unavailable; Cause::COUNT];
        assert!(!Answered::Threw(Thrown::InternalServerError).is_possible(&handles_all));
    }
}
