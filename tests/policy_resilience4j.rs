//! Replays traces of the real Resilience4j against the policies, call by call; the time limiter and the bulkhead with
//! permits, which the engine is, are played through models (`policy_resilience4j/models.rs`).
//!
//! The recorded traces are replayed always; a fresh one as well when `BROWNOUT_R4J_TRACE` names its folder,
//! which is what `cargo xtask` does after it has run the Java harness (see
//! `tests/conformance/resilience4j/README.md`).

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use brownout::policy::{
    Backoff, CircuitBreaker, CircuitBreakerConfig, CircuitBreakerState, Outcome, RateLimiter,
    RateLimiterConfig, Reservation, Retry, RetryConfig, SlidingWindowType, StateAfterHalfOpen, Submission,
    ThreadPoolBulkhead, ThreadPoolBulkheadConfig,
};
use brownout::units::{Instant, Ratio, Span};

#[path = "policy_resilience4j/models.rs"]
mod models;

/// Fewest steps that a recorded trace may have, so that an empty file cannot pass.
const RECORDED_STEPS_MIN: usize = 1_000;
/// Fewest steps that a fresh trace may have.
const FRESH_STEPS_MIN: usize = 10_000;

/// The cells of one row, read from left to right.
struct Cells<'a>(std::str::Split<'a, char>);

impl<'a> Cells<'a> {
    fn text(&mut self) -> &'a str {
        self.0.next().expect("the row has a cell for this")
    }

    fn read<T: FromStr>(&mut self) -> T {
        let text = self.text();
        text.parse().unwrap_or_else(|_| panic!("`{text}` is not what belongs here"))
    }

    fn span(&mut self) -> Span {
        Span::from_nanos(self.read())
    }

    fn instant(&mut self) -> Instant {
        Instant::from_nanos(self.read())
    }

    fn rest(self) -> String {
        self.0.collect::<Vec<_>>().join(",")
    }
}

/// Something that a trace can be replayed on.
trait Replayed: Sized {
    const FILE: &'static str;
    /// Makes the instance that a `config` row describes.
    fn make(cells: Cells) -> Self;
    /// Makes the call of a `step` row; returns what was seen and what the row says, in the same form.
    fn step(&mut self, cells: Cells) -> (String, String);
}

/// Replays one trace; returns its number of steps.
fn check<R: Replayed>(folder: &Path) -> usize {
    let path = folder.join(R::FILE);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut replayed: Option<R> = None;
    let mut config = "";
    let mut steps = 0;
    for (number, row) in text.lines().enumerate().filter(|(_, row)| !row.starts_with('#')) {
        let mut cells = Cells(row.split(','));
        match cells.text() {
            "config" => {
                replayed = Some(R::make(cells));
                config = row;
            }
            "step" => {
                let instance = replayed.as_mut().expect("a config row comes first");
                let (ours, theirs) = instance.step(cells);
                assert_eq!(ours, theirs, "{}:{}: {row}\nunder {config}", path.display(), number + 1);
                steps += 1;
            }
            other => panic!("{}:{}: unknown row `{other}`", path.display(), number + 1),
        }
    }
    steps
}

struct Breaker(CircuitBreaker);

fn percent(cells: &mut Cells) -> Ratio {
    Ratio::from_fraction(cells.read::<f64>() / 100.0)
}

fn named(state: CircuitBreakerState) -> &'static str {
    match state {
        CircuitBreakerState::Closed => "CLOSED",
        CircuitBreakerState::Open => "OPEN",
        CircuitBreakerState::HalfOpen => "HALF_OPEN",
        CircuitBreakerState::Disabled => "DISABLED",
        CircuitBreakerState::MetricsOnly => "METRICS_ONLY",
        CircuitBreakerState::ForcedOpen => "FORCED_OPEN",
    }
}

fn state_named(name: &str) -> CircuitBreakerState {
    use CircuitBreakerState::{Closed, Disabled, ForcedOpen, HalfOpen, MetricsOnly, Open};
    [Closed, Open, HalfOpen, Disabled, MetricsOnly, ForcedOpen]
        .into_iter()
        .find(|state| named(*state) == name)
        .unwrap_or_else(|| panic!("`{name}` is no state"))
}

impl Breaker {
    fn call(&mut self, now: Instant, call: &str, duration: Span) -> &'static str {
        match call {
            "acquire" if self.0.try_acquire(now).is_ok() => return "yes",
            "acquire" => return "no",
            "success" => self.0.on_result(now, duration, Outcome::Success),
            "failure" => self.0.on_result(now, duration, Outcome::Failure),
            "ignored" => self.0.on_result(now, duration, Outcome::Ignored),
            "release" => self.0.release(),
            other => {
                let target = other.strip_prefix("to-").expect("a call that the harness makes");
                if self.0.transition_to(now, state_named(target)).is_err() {
                    return "illegal";
                }
            }
        }
        "done"
    }
}

impl Replayed for Breaker {
    const FILE: &'static str = "circuit_breaker.csv";

    fn make(mut cells: Cells) -> Self {
        let failure_rate_threshold = percent(&mut cells);
        let slow_call_rate_threshold = percent(&mut cells);
        let slow_call_duration_threshold = cells.span();
        let sliding_window_type = match cells.text() {
            "time" => SlidingWindowType::TimeBased,
            "count" => SlidingWindowType::CountBased,
            other => panic!("`{other}` is no window"),
        };
        let config = CircuitBreakerConfig {
            failure_rate_threshold,
            slow_call_rate_threshold,
            slow_call_duration_threshold,
            sliding_window_type,
            sliding_window_size: cells.read(),
            minimum_number_of_calls: cells.read(),
            permitted_number_of_calls_in_half_open_state: cells.read(),
            wait_duration_in_open_state: cells.span(),
            exponential_backoff_multiplier: Some(cells.read()).filter(|factor| *factor != 0.0),
            exponential_max_wait_duration_in_open_state: Some(cells.span()).filter(|max| !max.is_zero()),
            automatic_transition_from_open_to_half_open_enabled: cells.read(),
            max_wait_duration_in_half_open_state: cells.span(),
            transition_to_state_after_wait_duration: match cells.text() {
                "OPEN" => StateAfterHalfOpen::Open,
                "CLOSED" => StateAfterHalfOpen::Closed,
                other => panic!("`{other}` does not follow half-open"),
            },
            ..CircuitBreakerConfig::default()
        };
        Breaker(CircuitBreaker::with_origin(config, cells.span()).expect("the settings are good"))
    }

    fn step(&mut self, mut cells: Cells) -> (String, String) {
        let now = cells.instant();
        let call = cells.text();
        let duration = cells.span();
        while let Some(due) = self.0.next_timer().filter(|due| *due <= now) {
            self.0.on_timer(due);
        }
        let answer = self.call(now, call, duration);
        let metrics = self.0.metrics(now);
        let counts = metrics.buffered;
        let rate = |rate: Option<Ratio>| rate.map_or(-1.0, |rate| (rate.as_fraction() * 100.0) as f32);
        let ours = (
            answer,
            named(self.0.state()),
            [counts.total, counts.failed, counts.slow, counts.slow_failed].map(u64::from),
            metrics.not_permitted,
            [rate(metrics.failure_rate), rate(metrics.slow_call_rate)],
        );
        let theirs = (
            cells.text(),
            cells.text(),
            [0; 4].map(|_: u64| cells.read::<u64>()),
            cells.read::<u64>(),
            [cells.read::<f32>(), cells.read::<f32>()],
        );
        (format!("{ours:?}"), format!("{theirs:?}"))
    }
}

struct Limiter(RateLimiter);

impl Replayed for Limiter {
    const FILE: &'static str = "rate_limiter.csv";

    fn make(mut cells: Cells) -> Self {
        let config = RateLimiterConfig {
            limit_for_period: cells.read(),
            limit_refresh_period: cells.span(),
            timeout_duration: cells.span(),
        };
        Limiter(RateLimiter::new(config, cells.instant()).expect("the settings are good"))
    }

    fn step(&mut self, mut cells: Cells) -> (String, String) {
        let now = cells.instant();
        let call = cells.text();
        let argument: u64 = cells.read();
        let count = u32::try_from(argument).unwrap_or(u32::MAX);
        let (answer, waited) = match call {
            "reserve" | "acquire" => match self.0.reserve(now, count) {
                Reservation::Granted { wait } => ("yes", wait),
                Reservation::Refused { parks } if call == "acquire" => ("no", parks),
                Reservation::Refused { .. } => ("no", Span::ZERO),
            },
            "drain" => {
                self.0.drain(now);
                ("done", Span::ZERO)
            }
            "limit" => {
                self.0.set_limit_for_period(count);
                ("done", Span::ZERO)
            }
            "timeout" => {
                self.0.set_timeout_duration(Span::from_nanos(argument));
                ("done", Span::ZERO)
            }
            other => panic!("the harness makes no call `{other}`"),
        };
        let (available, next) = (self.0.available_permits(now), self.0.wait_for_next(now));
        let ours = format!("{answer},{},{available},{}", waited.as_nanos(), next.as_nanos());
        (ours, cells.rest())
    }
}

struct Retries(Retry);

impl Replayed for Retries {
    const FILE: &'static str = "retry.csv";

    fn make(mut cells: Cells) -> Self {
        let max_attempts = cells.read();
        let kind = cells.text();
        let wait_duration = cells.span();
        let multiplier = cells.read();
        let factor = Ratio::from_fraction(cells.read());
        let max = Some(cells.span()).filter(|max| !max.is_zero());
        let backoff = match kind {
            "fixed" => Backoff::Fixed,
            "randomized" => Backoff::Randomized { factor },
            "exponential" => Backoff::Exponential { multiplier, max },
            "exponential-random" => Backoff::ExponentialRandom { multiplier, factor, max },
            other => panic!("`{other}` is no backoff"),
        };
        let config = RetryConfig { max_attempts, wait_duration, backoff, ..RetryConfig::default() };
        Retries(Retry::new(config).expect("the settings are good"))
    }

    fn step(&mut self, mut cells: Cells) -> (String, String) {
        let failed = cells.read();
        let u = cells.read();
        let wait = self.0.next_delay(failed, Span::ZERO, u);
        (wait.map_or("-1".to_owned(), |wait| format!("{}", wait.as_nanos() / 1_000_000)), cells.rest())
    }
}

struct Pool(ThreadPoolBulkhead<i64>);

impl Replayed for Pool {
    const FILE: &'static str = "thread_pool_bulkhead.csv";

    fn make(mut cells: Cells) -> Self {
        let config = ThreadPoolBulkheadConfig {
            core_thread_pool_size: cells.read(),
            max_thread_pool_size: cells.read(),
            queue_capacity: cells.read(),
            keep_alive_duration: Span::from_millis(cells.read()),
        };
        Pool(ThreadPoolBulkhead::new(config).expect("the settings are good"))
    }

    fn step(&mut self, mut cells: Cells) -> (String, String) {
        let now = Instant::START;
        let call = cells.text();
        let task: i64 = cells.read();
        let (answer, started) = match call {
            "submit" => match self.0.submit(now, task) {
                Submission::Runs => ("runs", task),
                Submission::Queued => ("queued", -1),
                Submission::Full => ("full", -1),
            },
            "finish" => ("done", self.0.finish(now).unwrap_or(-1)),
            other => panic!("the harness makes no call `{other}`"),
        };
        self.0.on_timer(now);
        let pool = &self.0;
        let (threads, active, depth) = (pool.threads(), pool.active(), pool.queue_depth());
        (format!("{answer},{started},{threads},{active},{depth}"), cells.rest())
    }
}

/// Replays all traces of a folder; returns the steps of each.
fn check_all(folder: &Path) -> [(&'static str, usize); 6] {
    [
        (Breaker::FILE, check::<Breaker>(folder)),
        (Limiter::FILE, check::<Limiter>(folder)),
        (Retries::FILE, check::<Retries>(folder)),
        ("bulkhead.csv", models::permits(folder)),
        (Pool::FILE, check::<Pool>(folder)),
        ("time_limiter.csv", models::time_outs(folder)),
    ]
}

/// The folder of a fresh trace, if the task runner has made one.
fn fresh() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "the task runner passes the folder of its fresh trace")]
    let folder = std::env::var("BROWNOUT_R4J_TRACE");
    folder.ok().map(PathBuf::from)
}

#[test]
fn the_recorded_traces_and_a_fresh_one_if_given_are_reproduced_call_by_call() {
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/resilience4j/recorded");
    for (file, steps) in check_all(&recorded) {
        assert!(steps >= RECORDED_STEPS_MIN, "the recorded {file} has only {steps} steps");
    }
    let Some(folder) = fresh() else { return };
    let compared = check_all(&folder).map(|(file, steps)| {
        assert!(steps >= FRESH_STEPS_MIN, "the fresh {file} has only {steps} steps");
        format!("{file} {steps}\n")
    });
    // The task runner reads from here what was compared; without the file nothing was.
    fs::write(folder.join("compared.txt"), compared.concat()).expect("the folder can be written");
}

#[test]
fn a_changed_answer_in_a_trace_is_noticed() {
    let mut limiter = Limiter::make(Cells("1,100,0,0".split(',')));
    let (ours, theirs) = limiter.step(Cells("0,reserve,1,no,0,1,0".split(',')));
    assert_eq!(ours, "yes,0,0,100");
    assert_ne!(ours, theirs);
}
