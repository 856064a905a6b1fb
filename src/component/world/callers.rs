//! Breakers, limiters, bulkheads and retry budgets of calls while they run.

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::World;
use crate::component::parts::{BreakerPart, Parts};
use crate::engine::{Core, Exit, Flow, Held, TaskId};
use crate::policy::{
    AdaptiveThrottle, AwsAttempt, CircuitBreaker, CircuitBreakerMetrics, CircuitBreakerState,
    ConcurrencyLimit, ConcurrencyLimitConfig, Cost, Hystrix, HystrixEvent, Leak, LimitOutcome, NginxLimitReq,
    Outcome, RateLimiter, RateLimiterConfig, Reservation, RetryBudget, RetryBudgetConfig, Submission,
    ThreadPoolBulkhead, ThreadPoolBulkheadConfig,
};
use crate::record::{AccessStatus, Cause};
use crate::units::{Instant, Span};

/// Tag of a breaker's scope.
pub(super) const BREAKER: u8 = 1;

/// Tag of the scope of a bulkhead's thread, or of the wait for one.
pub(super) const THREAD: u8 = 9;

/// Tag of the scope of a call that a throttle has let through.
pub(super) const THROTTLE: u8 = 12;

/// Tag of the scope of a call that a concurrency limit has let through; its data are the limit, and above that how many
/// were under way.
pub(super) const CONCURRENCY: u8 = 13;

/// Draws of concurrency limits.
const CONCURRENCY_SITE: u64 = 0x636f_6e63_7572_7265;

/// Draws of throttles.
const THROTTLE_SITE: u64 = 0x7468_726f_7474_6c65;

/// Draws of retry pauses.
const RETRY_SITE: u64 = 0x7265_7472_795f_7061;

/// Where in its range Vegas' first probe is; every later one is drawn.
const FIRST_JITTER: f64 = 0.5;

const CHECKED: &str = "checked when assembled";

/// Everything that callers keep about their calls.
#[derive(Debug)]
pub(super) struct Callers {
    breakers: Vec<Breaker>,
    /// What breakers have counted, by breaker.
    counted: Vec<BreakerCounts>,
    concurrency_limits: Vec<ConcurrencyLimit>,
    /// Each with the number of questions it was asked.
    throttles: Vec<(AdaptiveThrottle, u64)>,
    limiters: Vec<RateLimiter>,
    threads: Vec<ThreadPoolBulkhead<TaskId>>,
    budgets: Vec<RetryBudget>,
    /// Of external parties.
    turns: Vec<NginxLimitReq>,
    /// What the latest retry of a task's policy has cost its budget.
    costs: IndexMap<(TaskId, u16), Cost, FxBuildHasher>,
}

/// What a breaker has counted since its process started.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct BreakerCounts {
    /// Calls by what they were to the breaker, and how long they took \[s].
    pub(super) served: (u64, f64),
    pub(super) failed: (u64, f64),
    pub(super) ignored: (u64, f64),
    /// Calls that it did not admit.
    pub(super) not_permitted: u64,
}

impl BreakerCounts {
    fn add(&mut self, outcome: Outcome, took: Span) {
        let (count, seconds) = match outcome {
            Outcome::Success => &mut self.served,
            Outcome::Failure => &mut self.failed,
            Outcome::Ignored => &mut self.ignored,
        };
        *count += 1;
        *seconds += took.as_secs_f64();
    }
}

#[derive(Debug)]
enum Breaker {
    Resilience4j(CircuitBreaker),
    Hystrix(Hystrix),
}

impl Callers {
    /// # Panics
    /// Never for parts of an assembly: its policies have been checked.
    pub(super) fn new(parts: &Parts) -> Self {
        let concurrency = |(config, _): &(ConcurrencyLimitConfig, _)| new_limit(config);
        let throttle = |config: &_| (AdaptiveThrottle::new(Clone::clone(config)).expect(CHECKED), 0);
        let limiter = |(config, _): &(_, _)| new_limiter(config, Instant::START);
        let pool = |(config, _): &(_, _)| new_pool(config);
        let turn = |config: &_| NginxLimitReq::new(Clone::clone(config)).expect(CHECKED);
        let budget = |(config, _): &(_, _)| new_budget(config);
        Callers {
            breakers: parts.breakers.iter().map(|part| Breaker::new(part, Instant::START)).collect(),
            counted: vec![BreakerCounts::default(); parts.breakers.len()],
            concurrency_limits: parts.concurrency_limits.iter().map(concurrency).collect(),
            throttles: parts.throttles.iter().map(throttle).collect(),
            limiters: parts.limiters.iter().map(limiter).collect(),
            threads: parts.thread_pools.iter().map(pool).collect(),
            budgets: parts.budgets.iter().map(budget).collect(),
            turns: parts.turns.iter().map(turn).collect(),
            costs: IndexMap::default(),
        }
    }
}

impl Breaker {
    /// # Panics
    /// Never for a part of an assembly: its policies have been checked.
    fn new(part: &BreakerPart, now: Instant) -> Self {
        match part {
            BreakerPart::Resilience4j { config, .. } => {
                Breaker::Resilience4j(CircuitBreaker::new(config.clone()).expect(CHECKED))
            }
            BreakerPart::Hystrix { config, .. } => {
                Breaker::Hystrix(Hystrix::new(config.clone(), now).expect(CHECKED))
            }
        }
    }

    fn admits(&mut self, now: Instant) -> bool {
        match self {
            Breaker::Resilience4j(breaker) => {
                catch_up(breaker, now);
                breaker.try_acquire(now).is_ok()
            }
            Breaker::Hystrix(breaker) => breaker.try_acquire(now),
        }
    }
}

/// Does what a breaker's timers would have done by now: nobody has looked at it since.
fn catch_up(breaker: &mut CircuitBreaker, now: Instant) {
    while let Some(due) = breaker.next_timer().filter(|due| *due <= now) {
        breaker.on_timer(due);
    }
}

impl World<'_> {
    /// Has a replica that goes down lose its permits and threads for calls: what it gave up waiting for goes on elsewhere
    /// without them, and what waits for one ends. To be called before its work is broken.
    pub(super) fn lose_bulkheads(&mut self, core: &mut Core<'_>, process: u16, replica: u16) {
        let bulkheads = self.parts.bulkheads.iter().filter(|(_, of)| *of == process);
        let permits: Vec<u32> = bulkheads.map(|(first, _)| first + u32::from(replica)).collect();
        let mut pools = Vec::new();
        let threads = self.callers.threads.iter_mut().zip(&self.parts.thread_pools);
        for (index, (pool, (config, owner))) in threads.enumerate() {
            if *owner == (process, replica) {
                *pool = new_pool(config);
                pools.push(index as u32);
            }
        }
        if permits.is_empty() {
            return;
        }
        core.take_away(Cause::Unavailable, |held| match held {
            Held::Slot(slots) => permits.contains(&slots),
            Held::Scope { tag, data } => tag == THREAD && pools.contains(&data),
            Held::Replica { .. } => false,
        });
    }

    /// Makes the breakers, throttles, limits and budgets of a replica anew that has started again.
    pub(super) fn renew_policies(&mut self, now: Instant, process: u16, replica: u16) {
        let limiters = self.callers.limiters.iter_mut().zip(&self.parts.limiters);
        for (limiter, (config, owner)) in limiters {
            if *owner == (process, replica) {
                *limiter = new_limiter(config, now);
            }
        }
        let budgets = self.callers.budgets.iter_mut().zip(&self.parts.budgets);
        for (budget, (config, owner)) in budgets {
            if *owner == Some((process, replica)) {
                *budget = new_budget(config);
            }
        }
        let owners = self.parts.breaker_owners.iter().zip(&self.parts.breakers);
        for (breaker, (owner, part)) in self.callers.breakers.iter_mut().zip(owners) {
            if *owner == (process, replica) {
                *breaker = Breaker::new(part, now);
            }
        }
        let limits = self.callers.concurrency_limits.iter_mut().zip(&self.parts.concurrency_limits);
        for (limit, (config, owner)) in limits {
            if *owner == (process, replica) {
                *limit = new_limit(config);
            }
        }
        let owners = self.parts.throttle_owners.iter().zip(&self.parts.throttles);
        for ((throttle, _), (owner, config)) in self.callers.throttles.iter_mut().zip(owners) {
            if *owner == (process, replica) {
                *throttle = AdaptiveThrottle::new(config.clone()).expect(CHECKED);
            }
        }
    }

    /// What a breaker of Resilience4j shows of itself.
    pub(super) fn look_at_breaker(
        &mut self,
        now: Instant,
        breaker: u32,
    ) -> Option<(CircuitBreakerState, CircuitBreakerMetrics, BreakerCounts)> {
        let counted = self.callers.counted[breaker as usize];
        match &mut self.callers.breakers[breaker as usize] {
            Breaker::Resilience4j(breaker) => {
                catch_up(breaker, now);
                Some((breaker.state(), breaker.metrics(now), counted))
            }
            Breaker::Hystrix(_) => None,
        }
    }

    /// A replica begins anew, and the counts of its breakers with it.
    pub(super) fn breakers_count_anew(&mut self, process: u16, replica: u16) {
        for (counted, owner) in self.callers.counted.iter_mut().zip(&self.parts.breaker_owners) {
            if *owner == (process, replica) {
                *counted = BreakerCounts::default();
            }
        }
    }

    /// Asks a concurrency limit for leave to make a call.
    pub(super) fn ask_concurrency(&mut self, core: &mut Core<'_>, task: TaskId, first: u16) -> Flow {
        let index = first + core.replica(task);
        match self.callers.concurrency_limits[usize::from(index)].try_acquire() {
            Some(in_flight) => {
                let data = in_flight.min(u32::from(u16::MAX)) << 16 | u32::from(index);
                core.open_scope(task, CONCURRENCY, data);
                Flow::Next
            }
            None => Flow::Fail(Cause::BulkheadFull),
        }
    }

    /// Tells a concurrency limit how a call ended.
    pub(super) fn end_concurrency(
        &mut self,
        core: &Core<'_>,
        task: TaskId,
        data: u32,
        since: Instant,
        exit: Exit,
    ) {
        let outcome = match exit {
            Exit::Done => LimitOutcome::Served,
            Exit::Cancelled => LimitOutcome::Ignored,
            Exit::Failed(_) | Exit::Cut(_) if was_accepted(exit, core.answer(task)) => LimitOutcome::Ignored,
            Exit::Failed(_) | Exit::Cut(_) => LimitOutcome::Dropped,
        };
        let u = core.draw(task, CONCURRENCY_SITE).unit();
        let limit = &mut self.callers.concurrency_limits[(data & 0xffff) as usize];
        limit.release(outcome, data >> 16, core.now().since(since), u);
    }

    /// Asks a throttle for leave to make a call.
    pub(super) fn ask_throttle(&mut self, core: &mut Core<'_>, task: TaskId, first: u16) -> Flow {
        let index = first + core.replica(task);
        let (throttle, asked) = &mut self.callers.throttles[usize::from(index)];
        // Attempts of one request are decided by draws of their own.
        *asked += 1;
        let u = core.draw(task, THROTTLE_SITE.wrapping_add(*asked)).unit();
        if throttle.try_acquire(core.now(), u) {
            core.open_scope(task, THROTTLE, u32::from(index));
            Flow::Next
        } else {
            Flow::Fail(Cause::RateLimited)
        }
    }

    /// Tells a throttle how a call ended.
    pub(super) fn tell_throttle(&mut self, core: &Core<'_>, task: TaskId, throttle: u32, exit: Exit) {
        if was_accepted(exit, core.answer(task)) {
            self.callers.throttles[throttle as usize].0.on_accept(core.now());
        }
    }

    /// Asks the breaker for leave to make a call.
    pub(super) fn ask_breaker(&mut self, core: &mut Core<'_>, task: TaskId, first: u32) -> Flow {
        let breaker = first + u32::from(core.replica(task));
        if self.callers.breakers[breaker as usize].admits(core.now()) {
            core.open_scope(task, BREAKER, breaker);
            Flow::Next
        } else {
            self.callers.counted[breaker as usize].not_permitted += 1;
            Flow::Fail(Cause::CircuitOpen)
        }
    }

    /// Tells a breaker how a call ended.
    pub(super) fn tell_breaker(&mut self, now: Instant, breaker: u32, since: Instant, exit: Exit) {
        let counted = &mut self.callers.counted[breaker as usize];
        match (&mut self.callers.breakers[breaker as usize], &self.parts.breakers[breaker as usize]) {
            (Breaker::Resilience4j(breaker), BreakerPart::Resilience4j { outcomes, .. }) => {
                catch_up(breaker, now);
                let outcome = match exit {
                    Exit::Cancelled => return breaker.release(),
                    Exit::Done => Outcome::Success,
                    Exit::Failed(cause) | Exit::Cut(cause) => outcomes[cause as usize],
                };
                let took = now.since(since);
                breaker.on_result(now, took, outcome);
                counted.add(outcome, took);
            }
            (Breaker::Hystrix(breaker), BreakerPart::Hystrix { events, .. }) => {
                let event = match exit {
                    Exit::Cancelled => HystrixEvent::Cancelled,
                    Exit::Done => HystrixEvent::Success,
                    Exit::Failed(cause) | Exit::Cut(cause) => events[cause as usize],
                };
                breaker.on_event(now, event);
            }
            (Breaker::Resilience4j(_), BreakerPart::Hystrix { .. })
            | (Breaker::Hystrix(_), BreakerPart::Resilience4j { .. }) => {
                unreachable!("a breaker is made from its part")
            }
        }
    }

    /// Asks a rate limiter for a permit.
    pub(super) fn ask_limiter(&mut self, core: &Core<'_>, task: TaskId, first: u16, refused: u32) -> Flow {
        let limiter = usize::from(first + core.replica(task));
        match self.callers.limiters[limiter].reserve(core.now(), 1) {
            Reservation::Granted { wait: Span::ZERO } => Flow::Next,
            Reservation::Granted { wait } => Flow::Delay(wait),
            Reservation::Refused { .. } => Flow::Jump(refused),
        }
    }

    /// Asks a leaky bucket for a turn.
    pub(super) fn take_turn(&mut self, now: Instant, bucket: u16) -> Flow {
        match self.callers.turns[usize::from(bucket)].try_acquire(now) {
            Leak::Admitted { delay: Span::ZERO } => Flow::Next,
            Leak::Admitted { delay } => Flow::Delay(delay),
            Leak::Rejected => Flow::Fail(Cause::RateLimited),
        }
    }

    /// Hands a task to a pool of threads.
    pub(super) fn submit(&mut self, core: &mut Core<'_>, task: TaskId, first: u16) -> Flow {
        let pool = first + core.replica(task);
        let flow = match self.callers.threads[usize::from(pool)].submit(core.now(), task) {
            Submission::Runs => Flow::Next,
            Submission::Queued => Flow::Sleep,
            Submission::Full => return Flow::Fail(Cause::BulkheadFull),
        };
        core.open_scope(task, THREAD, u32::from(pool));
        flow
    }

    /// Takes a task off its thread, or out of the line for one.
    pub(super) fn leave_thread(&mut self, core: &mut Core<'_>, task: TaskId, pool: u32, exit: Exit) {
        let pool = &mut self.callers.threads[pool as usize];
        if exit != Exit::Done && pool.cancel(&task) {
            return;
        }
        if let Some(next) = pool.finish(core.now()) {
            core.wake(next, core.token(next), false);
        }
    }

    /// Tells a retry budget of a request's first try.
    pub(super) fn first_try(&mut self, core: &Core<'_>, task: TaskId, first: u16) {
        self.callers.budgets[usize::from(first + core.replica(task))].first_try(core.now());
    }

    /// The pause before another attempt, if there is to be one.
    pub(super) fn pause_before_retry(
        &mut self,
        core: &Core<'_>,
        task: TaskId,
        policy: u16,
        attempt: u8,
        cause: Cause,
        previous: Span,
    ) -> Option<Span> {
        let part = &self.parts.retries[usize::from(policy)];
        let heeds = self.heeds(core.key_salt(task), policy);
        let listed = match (&part.answers, core.answer(task)) {
            (Some(conditions), Some(status)) => conditions.iter().any(|it| it.meets_answer(status)),
            _ => part.causes & (1 << cause as u32) != 0,
        };
        let pause = if heeds || !listed || self.had_nowhere_to_go(core, task) {
            None
        } else {
            let u = core.draw(task, RETRY_SITE).unit();
            part.retry.next_delay(u32::from(attempt), previous, u)
        };
        let Some(first) = part.budget else { return pause };
        let budget = &mut self.callers.budgets[usize::from(first + core.replica(task))];
        if attempt > 1 {
            budget.retry_ended();
        }
        self.callers.costs.swap_remove(&(task, policy));
        let retried = pause.and_then(|pause| {
            let cost = budget.try_retry(core.now(), attempt_of(cause, core.answer(task))).ok()?;
            if let Some(cost) = cost {
                self.callers.costs.insert((task, policy), cost);
            }
            Some(pause)
        });
        if retried.is_none() {
            budget.request_ended(false, None);
        }
        retried
    }

    /// Tells a retry budget of the end of a request.
    pub(super) fn request_ended(
        &mut self,
        core: &Core<'_>,
        task: TaskId,
        policy: u16,
        attempt: u8,
        served: bool,
    ) {
        let Some(first) = self.parts.retries[usize::from(policy)].budget else { return };
        let budget = &mut self.callers.budgets[usize::from(first + core.replica(task))];
        if attempt > 1 {
            budget.retry_ended();
        }
        budget.request_ended(served, self.callers.costs.swap_remove(&(task, policy)));
    }
}

/// # Panics
/// Never for a part of an assembly: its policies have been checked.
fn new_limit(config: &ConcurrencyLimitConfig) -> ConcurrencyLimit {
    ConcurrencyLimit::new(config.clone(), FIRST_JITTER).expect(CHECKED)
}

/// # Panics
/// Never for a part of an assembly: its policies have been checked.
fn new_limiter(config: &RateLimiterConfig, now: Instant) -> RateLimiter {
    RateLimiter::new(config.clone(), now).expect(CHECKED)
}

/// # Panics
/// Never for a part of an assembly: its policies have been checked.
fn new_pool(config: &ThreadPoolBulkheadConfig) -> ThreadPoolBulkhead<TaskId> {
    ThreadPoolBulkhead::new(config.clone()).expect(CHECKED)
}

/// # Panics
/// Never for a part of an assembly: its policies have been checked.
fn new_budget(config: &RetryBudgetConfig) -> RetryBudget {
    RetryBudget::new(config.clone()).expect(CHECKED)
}

/// Whether who was called has taken a call on, as far as its caller can see: it answered, be it with an error of its own,
/// and not with 429 or 503, which ask for less. What `answer` says counts for failures only: a call that is cut short has
/// none.
///
/// Sources: Google SRE book, "Handling Overload" (accepts, and rejections for load); Netflix concurrency-limits
/// `ConcurrencyLimitClientInterceptor` (dropped is UNAVAILABLE, other errors are ignored) and `Limiter.Listener` (rejected by
/// an external limit, or a time-out).
const fn was_accepted(exit: Exit, answer: Option<AccessStatus>) -> bool {
    match (exit, answer) {
        (Exit::Done, _) => true,
        (Exit::Cancelled, _) => false,
        (Exit::Failed(_), Some(status)) => {
            !matches!(status, AccessStatus::TooManyRequests | AccessStatus::Unavailable)
        }
        (Exit::Failed(cause), None) | (Exit::Cut(cause), _) => is_an_error_of(cause),
    }
}

/// Whether a failure that no replica has answered is an error of who was asked, and not a way that failed or a refusal.
const fn is_an_error_of(cause: Cause) -> bool {
    match cause {
        Cause::PoolTimeout
        | Cause::TooManyConnections
        | Cause::LockTimeout
        | Cause::Deadlock
        | Cause::Conflict
        | Cause::ExternalError
        | Cause::OutOfMemory
        | Cause::Error
        | Cause::Declined
        | Cause::Paused => true,
        Cause::Timeout
        | Cause::Abandoned
        | Cause::QueueFull
        | Cause::RateLimited
        | Cause::CircuitOpen
        | Cause::BulkheadFull
        | Cause::Unavailable
        | Cause::NetworkLoss
        | Cause::Limit => false,
    }
}

/// What a failed attempt is to the AWS SDKs: an answer asks for less only with 429, and is else an error like another; who
/// gets none in time has waited for it. An external party that limits its callers says 429 too.
///
/// Sources: aws-sdk-js-v3 `service-error-classification` (429, and 500, 502, 503, 504 as transient); botocore
/// `retries/standard.py` (a time-out is one of the connection or of the read).
const fn attempt_of(cause: Cause, answer: Option<AccessStatus>) -> AwsAttempt {
    match answer {
        Some(AccessStatus::TooManyRequests) => return AwsAttempt::Throttled,
        Some(_) => return AwsAttempt::Failed,
        None => {}
    }
    match cause {
        Cause::Timeout => AwsAttempt::TimedOut,
        Cause::RateLimited => AwsAttempt::Throttled,
        Cause::Abandoned
        | Cause::QueueFull
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
        | Cause::Declined
        | Cause::Paused
        | Cause::Conflict
        | Cause::Limit => AwsAttempt::Failed,
    }
}
