//! Statuses of HTTP answers: what a failed request was answered with, if anybody answered it.

use super::cause::Cause;

/// A status in the access log of a gateway, or of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum AccessStatus {
    /// 200: the answer that was asked for.
    Ok,
    /// 409: a business rule turned it down.
    Conflict,
    /// 429: a limiter refused it.
    TooManyRequests,
    /// 499: the client left before the answer. Source: NGINX.
    ClientClosed,
    /// 500: the service behind answered with an error.
    InternalError,
    /// 502: the service behind crashed with the request in it, or the way to it was lost.
    BadGateway,
    /// 503: no replica to send it to, or no room in a queue.
    Unavailable,
    /// 504: a time-out.
    GatewayTimeout,
}

impl AccessStatus {
    /// All of them, ascending.
    pub const ALL: [AccessStatus; 8] = [
        AccessStatus::Ok,
        AccessStatus::Conflict,
        AccessStatus::TooManyRequests,
        AccessStatus::ClientClosed,
        AccessStatus::InternalError,
        AccessStatus::BadGateway,
        AccessStatus::Unavailable,
        AccessStatus::GatewayTimeout,
    ];

    /// The number.
    pub const fn code(self) -> u16 {
        match self {
            AccessStatus::Ok => 200,
            AccessStatus::Conflict => 409,
            AccessStatus::TooManyRequests => 429,
            AccessStatus::ClientClosed => 499,
            AccessStatus::InternalError => 500,
            AccessStatus::BadGateway => 502,
            AccessStatus::Unavailable => 503,
            AccessStatus::GatewayTimeout => 504,
        }
    }

    /// What a gateway answers when it fails a request itself for this cause, or loses it on the way to a replica: its
    /// own time-out, its own limits, a replica that refuses or crashes.
    ///
    /// Source: RFC 9110 (409, 429, 500, 502, 503, 504); NGINX (502 for a connection that is refused or reset).
    pub const fn of_hop(cause: Cause) -> Self {
        match cause {
            Cause::Timeout => AccessStatus::GatewayTimeout,
            Cause::RateLimited => AccessStatus::TooManyRequests,
            Cause::QueueFull | Cause::CircuitOpen | Cause::BulkheadFull | Cause::Limit => {
                AccessStatus::Unavailable
            }
            Cause::Unavailable | Cause::NetworkLoss => AccessStatus::BadGateway,
            Cause::Declined | Cause::Paused => AccessStatus::Conflict,
            Cause::Abandoned
            | Cause::PoolTimeout
            | Cause::TooManyConnections
            | Cause::LockTimeout
            | Cause::Deadlock
            | Cause::ExternalError
            | Cause::OutOfMemory
            | Cause::Conflict
            | Cause::Error => AccessStatus::InternalError,
        }
    }

    /// What a service answers when its work fails for this cause, unless it says otherwise: an error of its own, or what
    /// the business turned down.
    ///
    /// Source: Spring Boot answers an exception that nothing handles with 500.
    pub const fn of_work(cause: Cause) -> Self {
        match cause {
            Cause::Declined | Cause::Paused => AccessStatus::Conflict,
            Cause::Timeout
            | Cause::Abandoned
            | Cause::QueueFull
            | Cause::RateLimited
            | Cause::CircuitOpen
            | Cause::BulkheadFull
            | Cause::PoolTimeout
            | Cause::TooManyConnections
            | Cause::LockTimeout
            | Cause::Deadlock
            | Cause::Unavailable
            | Cause::NetworkLoss
            | Cause::ExternalError
            | Cause::OutOfMemory
            | Cause::Error
            | Cause::Limit
            | Cause::Conflict => AccessStatus::InternalError,
        }
    }

    /// Whether it is a server error (5xx).
    pub const fn is_server_error(self) -> bool {
        self.code() >= 500
    }
}

/// The statuses that failed requests were answered with, by cause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statuses([u8; Cause::COUNT]);

impl Statuses {
    /// Notes an answer.
    #[inline]
    pub fn add(&mut self, cause: Cause, status: AccessStatus) {
        self.0[cause as usize] |= 1 << status as u8;
    }

    /// Notes all that `other` has.
    pub fn merge(&mut self, other: &Statuses) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine |= theirs;
        }
    }

    /// What requests that failed for this cause were answered with, ascending; nothing if nobody answered them.
    pub fn of(&self, cause: Cause) -> impl Iterator<Item = AccessStatus> {
        let seen = self.0[cause as usize];
        AccessStatus::ALL.into_iter().filter(move |status| seen & (1 << *status as u8) != 0)
    }

    /// The same as text: `503`, `500/504`, or nothing.
    pub fn text(&self, cause: Cause) -> String {
        let codes: Vec<String> = self.of(cause).map(|status| status.code().to_string()).collect();
        codes.join("/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_business_refusal_of_a_service_is_not_its_error() {
        for cause in Cause::ALL {
            assert_eq!(
                AccessStatus::of_work(cause).is_server_error(),
                !cause.is_turned_down(),
                "{}",
                cause.name()
            );
        }
        assert_eq!(AccessStatus::of_hop(Cause::Timeout).code(), 504);
        assert!(!AccessStatus::of_hop(Cause::RateLimited).is_server_error());
    }

    #[test]
    fn statuses_are_kept_by_cause_and_told_in_order() {
        let mut statuses = Statuses::default();
        statuses.add(Cause::Timeout, AccessStatus::GatewayTimeout);
        let mut others = Statuses::default();
        others.add(Cause::Timeout, AccessStatus::InternalError);
        statuses.merge(&others);
        assert_eq!(statuses.text(Cause::Timeout), "500/504");
        assert_eq!(statuses.text(Cause::QueueFull), "");
    }
}
