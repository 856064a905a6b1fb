//! Closed forms: what queueing theory says before anything is simulated.
//!
//! Each function documents its equation, its inputs with their units and ranges, its errors and its source.
//! Times and rates come and go as [`Span`](crate::units::Span) and [`Rate`](crate::units::Rate), which makes
//! every time a whole number of nanoseconds; mean numbers of requests and other pure numbers are `f64`.
//! "Exact" means exact for the stated model; what is an approximation, a bound or a fluid limit says so.

mod abandonment;
mod availability;
mod balance;
mod batch;
mod bounds;
mod breaker;
mod cache;
mod closed;
mod coupled;
mod erlang;
mod error;
mod fan;
mod finite;
mod guard;
mod interrupted;
mod levels;
mod limiter;
mod little;
mod matrix;
mod moments;
mod multiserver;
mod network;
mod overload;
mod partition;
mod performance;
mod phase;
mod phased;
mod pool;
mod priority;
mod retrial;
mod retry;
mod root;
mod sharing;
mod single;
mod transient;
mod ttl;
mod usl;

pub use abandonment::{Abandonment, DeterministicPatience, erlang_a};
pub use availability::{Outage, failover, in_parallel, in_series, replicas_down};
pub use balance::{Pooling, pooling, power_of_choices, shorter_of_two};
pub use batch::{BatchService, BatchSize, batch_arrivals, batch_service};
pub use bounds::{ThroughputBounds, asymptotic_bounds, balanced_bounds, geometric_bounds};
pub use breaker::{BreakerMeans, CountBreaker, calls_to_consecutive_failures};
pub use cache::Popularity;
pub use closed::{
    ClosedClasses, ClosedNetwork, Station, StationMeans, UserClass, closed_classes, closed_network,
    machine_repair,
};
pub use coupled::{BlockingTandem, ColdStart, blocking_tandem, cold_start};
pub use erlang::{
    Mmc, erlang_b, erlang_c, loss_system, servers_for_loss, servers_for_mean_wait, servers_for_wait_tail,
    unlimited_servers_above,
};
pub use error::SizingError;
pub use fan::{ForkJoin, Hedge, any_slow, fork_join, slowest_exponential_mean, slowest_exponential_quantile};
pub use finite::Mmck;
pub use interrupted::{PollingDiscipline, availability, polling_wait, wait_with_vacations, with_breakdowns};
pub use limiter::{fixed_window_refusals, token_bucket_refusals};
pub use little::{
    in_flight, interactive_response, interactive_throughput, pool_size, throughput, time_inside,
};
pub use moments::Moments;
pub use multiserver::{Mdc, allen_cunneen, general_arrivals};
pub use network::{OpenNetwork, OpenStation, OpenStationMeans, open_demands, open_network, tandem_quantile};
pub use overload::{SubsequentOverload, Throttled, adaptive_throttling, subsequent_overload};
pub use partition::{RebalanceLag, Skewed, keyed_locks, partitioned_topic, partitions_needed, rebalance_lag};
pub use performance::Performance;
pub use phase::PhaseType;
pub use phased::{BurstQueue, Bursts, bursty_arrivals, phase_type_servers};
pub use pool::{
    HotRow, HotRowMeans, Possession, ThreadsAndConnections, database_pool_rule, deadlock_free_pool,
};
pub use priority::{PriorityClass, PriorityTimes, head_of_line, preemptive_resume};
pub use retrial::{Retrial, retrial_servers, retrial_single};
pub use retry::{
    Metastability, RetryLoad, amplification, decorrelated_jitter_sleep, full_jitter_sleep, late_retries,
    mean_attempts, refused_retries, retry_budget,
};
pub use sharing::{SharedExponential, processor_sharing, shared_response, shortest_remaining_first};
pub use single::{Gm1, Mg1, Mph1, erlang_transform, paced_transform, uniform_transform};
pub use transient::{Transient, surge_backlog};
pub use ttl::{Stampede, TtlCache, stampede, ttl_from_fill, ttl_from_last_use};
pub use usl::{ScalabilityFit, ScalabilityLaw};
