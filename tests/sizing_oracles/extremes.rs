//! Absurd inputs must come back as errors or as numbers, never as a panic or a hang.

use brownout::sizing::*;
use brownout::units::{Rate, Ratio, Span};

/// Calls every formula with every combination of absurd values; returns how many calls were made.
pub(crate) fn call_everything() -> usize {
    let rates = [0.0, 1e-9, 1.0, 1e12, f64::MAX].map(Rate::per_second);
    let spans = [Span::ZERO, Span::from_nanos(1), Span::from_secs(1), Span::MAX];
    let ratios = [0.0, 0.5, 1.0, f64::MAX].map(Ratio::from_fraction);
    let counts = [0, 1, 3];
    let mut calls = 0;
    for a in rates {
        for b in rates {
            for n in counts {
                for span in spans {
                    for ratio in ratios {
                        stations(a, b, n, span, ratio);
                        systems(a, b, n, span, ratio);
                        calls += 1;
                    }
                }
            }
        }
    }
    calls
}

fn stations(a: Rate, b: Rate, n: u32, span: Span, ratio: Ratio) {
    if let Ok(queue) = Mmc::new(a, b, n) {
        let _ = (queue.performance(), queue.wait_quantile(ratio), queue.response_quantile(ratio));
        let _ = (queue.response_tail(span), queue.last_come_first_served_wait_deviation());
    }
    if let Ok(station) = Mmck::new(a, b, n, n + 2) {
        let _ = (station.performance(), station.accepted_wait_quantile(ratio));
    }
    let _ = erlang_a(a, b, n, Rate::per_second(1.0));
    if let Ok(queue) = DeterministicPatience::new(a, b, n, span) {
        let _ = (queue.performance(), queue.served_wait_quantile(ratio));
    }
    if let Ok(service) = Moments::exponential(span) {
        if let Ok(queue) = Mg1::new(a, service) {
            let _ = (queue.performance(), queue.wait_deviation());
        }
        let class = PriorityClass { arrivals: a, service };
        let _ = (head_of_line(&[class]), preemptive_resume(&[class, class]));
        let _ = wait_with_vacations(a, service, service);
        let _ = polling_wait(n, a, service, service, PollingDiscipline::OneLimited);
    }
    if let Ok(law) = PhaseType::erlang(n, span) {
        if let Ok(queue) = Mph1::new(a, &law) {
            let _ = queue.wait().moments();
        }
        let _ = phase_type_servers(a, &law, n);
    }
    if let Ok(queue) = Gm1::new(a, b, paced_transform(a)) {
        let _ = (queue.performance(), queue.wait_quantile(ratio), queue.response_quantile(ratio));
    }
    if let Ok(queue) = Mdc::new(a, span, n) {
        let _ = (queue.performance(), queue.wait_tail(span * 0.5));
    }
    let _ = (general_arrivals(a, b, n, uniform_transform(a)), allen_cunneen(a, b, n, 0.0, f64::NAN));
    let _ = (processor_sharing(a, span), shared_response(span, ratio), shortest_remaining_first(a, b));
    let _ = (batch_arrivals(a, BatchSize::Fixed(n), b), batch_service(a, b, n));
    let _ = (blocking_tandem(a, b, b, n), retrial_single(a, b, b));
    let _ = (availability(a, b), unlimited_servers_above(n, ratio.as_fraction()));
}

fn systems(a: Rate, b: Rate, n: u32, span: Span, ratio: Ratio) {
    let _ = (pool_size(a, span, 1.0), time_inside(f64::INFINITY, a), throughput(1.0, span));
    let _ = (interactive_response(n, a, span), interactive_throughput(n, span, span));
    let _ = closed_network(n, span, &[Station { demand: span, servers: n }]);
    let class = UserClass { users: n, think: span, demands: vec![span; n as usize] };
    let _ = closed_classes(&[class]);
    let _ = (geometric_bounds(n, span, &[span]), balanced_bounds(n, span, &[span, Span::from_secs(1)]));
    let station = OpenStation { arrivals: a, service: b, servers: n, next: vec![ratio] };
    let _ = (open_network(&[station]), open_demands(a, &[span]), tandem_quantile(a, b, n, ratio));
    if let Ok(keys) = Popularity::zipf(n, ratio.as_fraction()) {
        let _ = (keys.lru(1), keys.fifo(1), keys.lru_exact(1), keys.fifo_exact(1));
        let _ = (ttl_from_fill(a, &keys, span), ttl_from_last_use(a, &keys, span));
        let _ = (partitioned_topic(a, &keys, n, span), keyed_locks(a, &keys, span));
    }
    let _ = (stampede(a, span, span), token_bucket_refusals(a, b, n), fixed_window_refusals(a, span, n));
    let _ =
        (full_jitter_sleep(span, span, n), decorrelated_jitter_sleep(span, n), retry_budget(ratio, ratio));
    let _ = (refused_retries(a, b, n, n, 3), late_retries(a, b, span, n), mean_attempts(ratio, n));
    let breaker = CountBreaker { window: n, threshold: ratio, open_for: span, half_open_calls: n };
    let _ = (breaker.solve(Ratio::from_fraction(0.5), a), calls_to_consecutive_failures(ratio, n));
    let _ = (power_of_choices(ratio, span, n), pooling(a, b, n), fork_join(a, b, n), any_slow(ratio, n));
    let _ = (slowest_exponential_mean(span, n), slowest_exponential_quantile(span, n, ratio));
    let _ = (partitions_needed(a, b, ratio), rebalance_lag(a, b, n, span), surge_backlog(a, b, span, b));
    let _ =
        (replicas_down(n, span, span, n), in_series(&[ratio]), in_parallel(&[ratio]), failover(a, &[span]));
    let _ = (adaptive_throttling(a, b, 2.0), subsequent_overload(a, b, n), deadlock_free_pool(n, n));
    let pool = HotRow { connections: n, waiting_places: n, hot: ratio, lock_hold: span, other: span };
    let _ = pool.solve(a);
    let process = ThreadsAndConnections {
        threads: n,
        cores: n,
        computing: span,
        connections: n,
        database_servers: n,
        database: span,
    };
    let _ = (process.open(a, n), process.closed(n, span));
    if let Ok(mut queue) = Transient::empty(b, n, a, n) {
        let _ = (queue.settle(a), queue.advance(a, Span::from_nanos(10)), queue.advance(a, span));
        let _ = (queue.mean_in_system(), queue.deviation(), queue.mean_wait_now(), queue.abandonment_rate());
    }
}
