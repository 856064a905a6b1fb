//! Networks, caches, limiters, retries, pools, and everything else.

use brownout::sizing::*;
use brownout::units::{Rate, Ratio, Span};

use super::values::{Params, Sheet, Values};

/// The metrics of a case that is more than one station; empty if there is no closed form.
pub(crate) fn compute(case: &str, p: &Params) -> Values {
    let mut sheet = Sheet::default();
    fill(case, p, &mut sheet).unwrap_or_else(|error| panic!("{case}: {error}"));
    sheet.0
}

fn fill(case: &str, p: &Params, sheet: &mut Sheet) -> Result<(), SizingError> {
    let family = case.split('-').next().unwrap_or(case);
    match (family, case) {
        ("REPAIR", _) => {
            let means = machine_repair(p.count("N"), p.span("Z"), p.span("S"), p.count("c"))?;
            let station = means.stations[0];
            sheet.rate("X", means.throughput).span("R", means.response);
            sheet.number("L", station.mean_in_system).ratio("util", station.utilisation);
            sheet.span("Wq", means.response - p.span("S"));
            sheet.number("P_all_idle", 1.0 - station.utilisation.as_fraction());
        }
        (_, "OMISSION-CLOSED-1") => {
            let means = machine_repair(p.count("mpl"), p.span("Z"), p.span("S"), 1)?;
            sheet.rate("X", means.throughput).span("R", means.response);
            sheet.ratio("util", means.stations[0].utilisation);
        }
        ("TOKEN", _) => {
            let refused = token_bucket_refusals(p.rate("lam"), p.rate("fill_rate"), p.count("depth"))?;
            sheet.ratio("P_reject", refused);
            sheet.number("accepted_rate", p.number("lam") * (1.0 - refused.as_fraction()));
        }
        ("WINDOW", _) => {
            let refused = fixed_window_refusals(p.rate("lam"), p.span("window"), p.count("limit"))?;
            sheet.ratio("P_reject", refused);
            sheet.number("accepted_rate", p.number("lam") * (1.0 - refused.as_fraction()));
        }
        (_, "JACK-PASSPORT") => {
            let arrivals = Rate::per_second(p.number("lam_per_hour") / 3600.0);
            let (busy, response) = open_demands(arrivals, &p.spans("demands"))?;
            sheet.span("R_total", response);
            for (i, share) in busy.into_iter().enumerate() {
                sheet.ratio(format!("rho_w{}", i + 1), share);
            }
        }
        (_, "JACK-FEEDBACK") => {
            let station = OpenStation {
                arrivals: p.rate("lam"),
                service: p.rate("mu"),
                servers: 1,
                next: vec![p.share("p_fail")],
            };
            let means = open_network(&[station])?;
            sheet.ratio("rho", means.stations[0].utilisation).number("L", means.stations[0].mean_in_system);
            sheet.span("W_total", means.response).number("visits", means.stations[0].visits);
        }
        (_, "MVA-DBCLUSTER") => cluster(p, sheet)?,
        ("MVA", _) => closed(case, p, sheet)?,
        ("MVA2", _) => classes(p, sheet)?,
        ("GB", _) => {
            let demands = p.spans("D");
            let stations: Vec<Station> =
                demands.iter().map(|demand| Station { demand: *demand, servers: 1 }).collect();
            let bounds = geometric_bounds(p.count("N"), Span::ZERO, &demands)?;
            sheet.rate("X", closed_network(p.count("N"), Span::ZERO, &stations)?.throughput);
            sheet.rate("X_lower", bounds.lower).rate("X_upper", bounds.upper);
        }
        ("TANDEM", _) => {
            let means = blocking_tandem(p.rate("lam"), p.rate("mu1"), p.rate("mu2"), p.count("B"))?;
            sheet.number("L1", means.first_in_system).number("L2", means.second_in_system);
            sheet.span("W", means.mean_response).ratio("P_server1_blocked", means.blocked);
            sheet.number("util1_working", means.throughput.as_per_second() / p.number("mu1"));
        }
        (_, "TR-MM1-80") => {
            let mut queue = Transient::empty(p.rate("mu"), 1, Rate::default(), 400)?;
            follow(&mut queue, &[0.1, 0.5, 1.0, 2.0, 5.0], |_| p.rate("lam"), sheet)?;
        }
        ("SURGE", _) => surge(case, p, sheet)?,
        (_, "RETRIAL-2") => retrial(&retrial_single(p.rate("lam"), p.rate("mu"), p.rate("nu"))?, p, sheet),
        ("RETRIAL", _) => {
            let (arrivals, service) = (p.rate("lam"), p.rate("mu"));
            let means = retrial_servers(arrivals, service, p.count("c"), p.rate("nu"), p.share("H"))?;
            retrial(&means, p, sheet);
        }
        ("AMP", _) => {
            sheet.number("amplification_bottom", amplification(p.count("layers"), p.count("attempts")));
        }
        (_, "BACKOFF-FULLJ") => {
            let (mean, deviation) = full_jitter_sleep(p.span("base"), p.span("cap"), p.count("retries"))?;
            sheet.span("mean_total", mean).span("sd_total", deviation);
        }
        (_, "BACKOFF-DECORR") => {
            for n in 1..=6 {
                sheet.span(format!("E_sleep_{n}"), decorrelated_jitter_sleep(p.span("base"), n)?);
            }
        }
        ("ADAPT", _) => {
            let (calls, success) = retry_budget(p.share("fail"), p.share("fill"))?;
            sheet.number("calls_per_request", calls).ratio("success_prob", success);
        }
        ("RETRYFP", _) => {
            let (c, k, m) = (p.count("c"), p.count("K"), p.count("max_attempts"));
            let loads = refused_retries(p.rate("lam"), p.rate("mu"), c, k, m)?;
            sheet.number("n_roots", loads.len() as f64);
            if let Some(load) = loads.first() {
                sheet.rate("lam_eff", load.attempts).ratio("P_block_attempt", load.failing);
                sheet.number("amplification", load.amplification).ratio("P_final_fail", load.failed);
            }
        }
        ("METAFP", _) => metastable(p, sheet)?,
        ("SRP", _) => possession(case, p, sheet)?,
        ("POOLLOCK", _) => {
            let pool = deadlock_free_pool(p.count("threads"), p.count("conns_per_thread"))?;
            sheet.number("min_pool", pool as f64);
        }
        ("HOTLOCK", _) => hot_row(p, sheet)?,
        ("ZIPFLOCK", _) => {
            let keys = Popularity::zipf(p.count("n"), p.number("alpha"))?;
            let locks = keyed_locks(p.rate("lam"), &keys, p.span("S"))?;
            sheet.ratio("rho_hottest", locks.busiest).ratio("P_wait", locks.wait_probability);
            sheet.span("Wq_mean", locks.mean_wait).span("Wq_hottest", locks.mean_wait_busiest);
            sheet.number("E_waiters_total", locks.mean_queue).number("P_hot", keys.shares()[0]);
        }
        ("KAFKA", "KAFKA-REBAL-3") => {
            let remaining = p.count("C") - p.count("lost");
            let stopped = p.span("T_stop");
            let lag = rebalance_lag(p.rate("lam"), p.rate("mu_per_consumer"), remaining, stopped)?;
            sheet.number("lag_at_resume", lag.lag).span("max_age_at_resume", stopped);
            sheet.rate("capacity_after", lag.capacity);
            sheet.span("catch_up_time", lag.catch_up.unwrap_or(Span::MAX));
        }
        ("KAFKA", _) => {
            let shares = Popularity::zipf(p.count("P"), p.number("alpha"))?;
            let topic = partitioned_topic(p.rate("lam"), &shares, p.count("C"), p.span("S"))?;
            sheet.ratio("rho_max", topic.busiest).number("lag_total", topic.mean_queue);
            sheet.span("Wq_mean", topic.mean_wait).span("Wq_hottest", topic.mean_wait_busiest);
        }
        ("FAILOVER", _) => {
            let steps = ["down_after", "election", "promotion", "client_refresh"].map(|key| p.span(key));
            let outage = failover(p.rate("lam"), &steps)?;
            sheet.span("outage", outage.length).number("failed_requests", outage.failed);
            sheet.number("sd_failed", outage.failed_deviation);
        }
        ("LRU", _) => cache(case, p, sheet)?,
        ("TTL", _) => {
            let keys = Popularity::zipf(p.count("n"), p.number("alpha"))?;
            let fixed = ttl_from_fill(p.rate("lam"), &keys, p.span("TTL"))?;
            let sliding = ttl_from_last_use(p.rate("lam"), &keys, p.span("TTL"))?;
            sheet.ratio("hit_fixed_TTL", fixed.hit_ratio).ratio("hit_sliding_TTL", sliding.hit_ratio);
            sheet.rate("miss_rate_fixed", fixed.misses);
            sheet.number("size_fixed", fixed.mean_size).number("size_sliding", sliding.mean_size);
        }
        ("STAMPEDE", _) => {
            let means = stampede(p.rate("lam"), p.span("TTL"), p.span("S"))?;
            sheet.number("db_queries_per_expiry_no_coalescing", means.queries_per_expiry);
            sheet.number("peak_concurrent_fetches", means.queries_per_expiry);
            sheet.rate("db_rate_no_coalescing", means.query_rate);
            sheet.ratio("hit_ratio_no_coalescing", means.hit_ratio);
            sheet.rate("db_rate_single_flight", means.query_rate_coalesced);
            sheet.span("mean_wait_single_flight_joiner", means.mean_joiner_wait);
        }
        (_, "BREAKER-3") => {
            let breaker = CountBreaker {
                window: p.count("N"),
                threshold: p.share("threshold"),
                open_for: p.span("open_s"),
                half_open_calls: p.count("half_open_calls"),
            };
            let means = breaker.solve(p.share("p"), p.rate("lam"))?;
            sheet.number("mean_calls_to_open", means.calls_to_open);
            sheet.ratio("P_halfopen_closes", means.trial_closes).ratio("frac_time_open", means.open);
            sheet.number("permitted_fraction", 1.0 - means.open.as_fraction());
            sheet.ratio("failure_rate_seen_by_users", means.seen_failing);
        }
        ("BREAKER", _) => {
            sheet.number("mean_calls_to_open", calls_to_consecutive_failures(p.share("p"), p.count("k"))?);
        }
        ("ADTHR", _) => {
            let means = adaptive_throttling(p.rate("demand"), p.rate("backend_cap"), p.number("K"))?;
            let (sent, accepted) = (means.sent.as_per_second(), means.accepted.as_per_second());
            sheet.number("sent_to_backend", sent).number("accepted", accepted);
            sheet
                .number("backend_rejects", sent - accepted)
                .ratio("local_reject_prob", means.refused_locally);
        }
        ("POD", _) => {
            for d in [1, 2, 3, 5] {
                let response = power_of_choices(p.share("lam"), Span::from_secs(1), d)?;
                sheet.span(format!("W_d{d}"), response);
            }
        }
        ("POD100", _) => {
            sheet.span("W", power_of_choices(p.share("rho"), Span::from_secs(1), p.count("d"))?);
        }
        ("JSQ2", _) => {
            let (arrivals, service) = (Rate::per_second(2.0 * p.number("rho")), p.rate("mu"));
            let shorter = shorter_of_two(arrivals, service)?;
            let others = pooling(arrivals, service, 2)?;
            sheet.span("L", shorter * arrivals.as_per_second()).span("W", shorter);
            sheet.span("W_random_split", others.random).span("W_central_queue_MM2", others.one_queue);
            sheet.span("W_round_robin_E2M1", others.in_turn);
        }
        ("POOLING", _) => {
            let arrivals = Rate::per_second(p.number("n") * p.number("rho") * p.number("mu"));
            let means = pooling(arrivals, p.rate("mu"), p.count("n"))?;
            sheet.span("W_separate", means.random).span("W_pooled_MMn", means.one_queue);
            sheet.span("W_single_fast", means.one_fast_server);
        }
        ("FJ", _) => {
            let arrivals = p.rate("rho");
            sheet.span("R_K2", fork_join(arrivals, p.rate("mu"), 2)?.mean_response);
            for k in [4, 8, 16, 32] {
                let means = fork_join(arrivals, p.rate("mu"), k)?;
                sheet.span(format!("R_K{k}_NelsonTantawi"), means.mean_response);
                sheet.span(format!("R_K{k}_upper_indep"), means.upper);
            }
        }
        ("FJMC", _) => {
            sheet.span("R", fork_join(p.rate("rho"), p.rate("mu"), p.count("K"))?.mean_response);
        }
        (_, "FANOUT-TAS") => {
            sheet.ratio("P_slow_n100_p01", any_slow(Ratio::from_fraction(0.01), 100)?);
            sheet.ratio("P_slow_n2000_p0001", any_slow(Ratio::from_fraction(0.0001), 2000)?);
            sheet.ratio("P_slow_n1", any_slow(Ratio::from_fraction(0.01), 1)?);
        }
        ("FANOUT", _) => {
            let (mean, n) = (Span::from_secs(1), p.count("n"));
            sheet.span("mean", slowest_exponential_mean(mean, n)?);
            for (metric, q) in [("p50", 0.5), ("p99", 0.99), ("p999", 0.999)] {
                sheet.span(metric, slowest_exponential_quantile(mean, n, Ratio::from_fraction(q))?);
            }
        }
        ("HEDGE", _) => {
            let rate = |key| Rate::per_second(1.0 / p.number(key));
            let slow = p.number("eps");
            let law = PhaseType::hyperexponential(&[
                (Ratio::from_fraction(1.0 - slow), rate("m1")),
                (Ratio::from_fraction(slow), rate("m2")),
            ])?;
            let hedge = Hedge::new(law.clone(), p.span("d"));
            for (name, q) in [("50", 0.5), ("95", 0.95), ("99", 0.99), ("99.9", 0.999)] {
                sheet.span(format!("p{name}_hedged"), hedge.quantile(Ratio::from_fraction(q))?);
                sheet.span(format!("p{name}_plain"), law.quantile(Ratio::from_fraction(q))?);
            }
            sheet.ratio("extra_load", hedge.extra_load());
        }
        ("AVAIL", _) => {
            let hours = |key| Span::from_secs_f64(3600.0 * p.number(key));
            let down = replicas_down(2, hours("mtbf_h"), hours("mttr_h"), 1)?;
            sheet.ratio("P_both_down", down[2]).number("P_at_least_one", 1.0 - down[2].as_fraction());
        }
        ("MONOMICRO", _) => monolith(p, sheet)?,
        ("SUBOVER", _) => {
            let means = subsequent_overload(p.rate("lam"), p.rate("C"), p.count("k"))?;
            sheet.ratio("success_random_abort", means.random_with_abort);
            sheet.ratio("success_random_no_abort", means.random_without_abort);
            sheet.ratio("success_task_consistent", means.consistent);
            sheet.ratio("accept_prob_random", means.call_accepted);
        }
        ("ORWP", _) => {
            let response = p.span("pool_wait") + p.span("sql");
            let x = interactive_throughput(p.count("N"), response, p.span("Z"))?;
            let busy = in_flight(x, p.span("sql"));
            sheet.rate("X_implied", x).number("mean_busy_connections", busy);
            sheet.number("pool_util", busy / p.number("pool"));
        }
        ("USL", _) => scalability(case, p, sheet)?,
        _ => {}
    }
    Ok(())
}

fn closed(case: &str, p: &Params, sheet: &mut Sheet) -> Result<(), SizingError> {
    let (visits, times, servers) = (p.numbers("V"), p.numbers("S"), p.numbers("m"));
    let stations: Vec<Station> = (0..visits.len())
        .map(|k| Station { demand: Span::from_secs_f64(visits[k] * times[k]), servers: servers[k] as u32 })
        .collect();
    let means = closed_network(p.count("N"), p.span("Z"), &stations)?;
    sheet.rate("X", means.throughput).span("R", means.response);
    let names = ["web", "app", "db", "dummy"];
    for (k, station) in means.stations.iter().enumerate() {
        let name = if case.starts_with("MVA-EBIZ") { names[k].to_string() } else { format!("k{}", k + 1) };
        sheet.number(format!("Q_{name}"), station.mean_in_system);
        sheet.ratio(format!("U_{name}"), station.utilisation);
        let visits_per_second = means.throughput.as_per_second() * visits[k];
        sheet.number(format!("R_per_visit_{name}"), station.mean_in_system / visits_per_second);
    }
    Ok(())
}

fn cluster(p: &Params, sheet: &mut Sheet) -> Result<(), SizingError> {
    let sizes = p.numbers("n");
    let times = ["Sfep", "Sbep", "Sdsu"].map(|key| p.number(key));
    let mut stations = vec![];
    for (size, time) in sizes.iter().zip(times) {
        let station = Station { demand: Span::from_secs_f64(time / size), servers: 1 };
        stations.extend(std::iter::repeat_n(station, *size as usize));
    }
    let means = closed_network(p.count("N"), p.span("Z"), &stations)?;
    sheet.rate("X", means.throughput).span("R", means.response);
    for (name, k) in [("fep", 0), ("bep", 15), ("dsu", 65)] {
        sheet.ratio(format!("U_{name}"), means.stations[k].utilisation);
    }
    Ok(())
}

fn classes(p: &Params, sheet: &mut Sheet) -> Result<(), SizingError> {
    let think = p.spans("Z");
    let classes: Vec<UserClass> = p.0["D"]
        .as_array()
        .expect("a matrix of demands")
        .iter()
        .zip(p.numbers("N"))
        .zip(think)
        .map(|((demands, users), think)| UserClass {
            users: users as u32,
            think,
            demands: demands
                .as_array()
                .expect("a row")
                .iter()
                .map(|d| Span::from_secs_f64(d.as_f64().expect("a number")))
                .collect(),
        })
        .collect();
    let means = closed_classes(&classes)?;
    for (i, (x, response)) in means.classes.iter().enumerate() {
        sheet.rate(format!("X_class{}", i + 1), *x).span(format!("R_class{}", i + 1), *response);
    }
    for (k, (inside, busy)) in means.mean_in_system.iter().zip(&means.utilisation).enumerate() {
        sheet.number(format!("Q_station{}", k + 1), *inside);
        sheet.ratio(format!("U_station{}", k + 1), *busy);
    }
    Ok(())
}

fn follow(
    queue: &mut Transient,
    times: &[f64],
    arrivals: impl Fn(f64) -> Rate,
    sheet: &mut Sheet,
) -> Result<(), SizingError> {
    let mut now = Span::ZERO;
    for time in times {
        let until = Span::from_secs_f64(*time);
        queue.advance(arrivals(now.as_secs_f64()), until - now)?;
        now = until;
        sheet.number(format!("L_t{time}"), queue.mean_in_system());
        sheet.number(format!("sdL_t{time}"), queue.deviation());
        sheet.ratio(format!("p0_t{time}"), queue.empty_probability());
        sheet.ratio(format!("P_wait_t{time}"), queue.wait_probability());
        sheet.span(format!("Ewait_arrival_t{time}"), queue.mean_wait_now());
        sheet.rate(format!("abandon_rate_t{time}"), queue.abandonment_rate());
        assert!(queue.full_probability().as_fraction() < 1e-12, "too few places");
    }
    Ok(())
}

fn surge(case: &str, p: &Params, sheet: &mut Sheet) -> Result<(), SizingError> {
    let calm = p.rate("lam0");
    let high = Rate::per_second(p.number("lam0") * p.number("factor"));
    let length = p.number("T_surge");
    let (times, patience, places): (&[f64], Rate, u32) = match case {
        "SURGE-3X" => (&[5.0, 15.0, 30.0, 60.0, 90.0, 110.0, 130.0, 160.0], Rate::default(), 5000),
        "SURGE-1.5X" => (&[15.0, 30.0, 60.0, 75.0, 100.0, 130.0, 180.0], Rate::default(), 4000),
        _ => (&[1.0, 5.0, 10.0, 60.0, 61.0, 65.0, 70.0, 80.0], p.rate("theta"), 1500),
    };
    let mut queue = Transient::empty(p.rate("mu"), p.count("c"), patience, places)?;
    queue.settle(calm)?;
    follow(&mut queue, times, |now| if now < length { high } else { calm }, sheet)?;
    let capacity = Rate::per_second(p.number("mu") * p.number("c"));
    let (backlog, drain) = surge_backlog(calm, high, p.span("T_surge"), capacity)?;
    sheet.number("fluid_peak", backlog).span("fluid_drain_time_after_surge", drain);
    Ok(())
}

fn retrial(means: &Retrial, p: &Params, sheet: &mut Sheet) {
    sheet.number("E_orbit", means.orbit).number("L", means.orbit + means.busy);
    sheet.span("W", means.mean_response).ratio("util", means.all_busy).number("E_busy", means.busy);
    sheet.number("attempt_rate", means.attempts * p.number("lam"));
    sheet.number("attempts_per_request", means.attempts);
    sheet.ratio("P_all_busy_time", means.all_busy).rate("throughput", means.throughput);
    sheet.ratio("P_giveup", means.given_up);
}

fn metastable(p: &Params, sheet: &mut Sheet) -> Result<(), SizingError> {
    let found = late_retries(p.rate("lam"), p.rate("mu"), p.span("tau"), p.count("max_attempts"))?;
    let flag = |state: bool| if state { 1.0 } else { 0.0 };
    sheet.number("healthy_state_exists", flag(found.healthy.is_some()));
    sheet.number("congested_state_exists", flag(found.congested.is_some()));
    sheet.rate("hidden_capacity_mu_over_m", found.hidden_capacity);
    if let Some((attempts, late)) = found.healthy {
        sheet.rate("healthy_attempt_rate", attempts).ratio("late_prob_healthy", late);
    }
    if let Some(tipping) = found.tipping {
        sheet.rate("tipping_attempt_rate", tipping);
    }
    if let Some(congested) = found.congested {
        sheet.rate("congested_attempt_rate", congested);
    }
    Ok(())
}

fn possession(case: &str, p: &Params, sheet: &mut Sheet) -> Result<(), SizingError> {
    let process = ThreadsAndConnections {
        threads: p.count("T"),
        cores: p.count("c1"),
        computing: p.span("S1"),
        connections: p.count("P"),
        database_servers: p.count("c2"),
        database: p.span("S2"),
    };
    let means = if case.starts_with("SRP-OPEN") {
        process.open(p.rate("lam"), p.count("B"))?
    } else {
        process.closed(p.count("N"), p.span("Z"))?
    };
    let x = means.throughput.as_per_second();
    sheet.rate("X", means.throughput).rate("throughput", means.throughput);
    sheet.span("R", means.mean_response).span("R_accepted", means.mean_response);
    sheet.ratio("P_reject", means.refused);
    sheet.number("Lq_thread", means.waiting_for_thread).number("Lq_accept", means.waiting_for_thread);
    sheet.number("Wq_accept", means.waiting_for_thread / x);
    sheet.number("L_cpu", means.computing).number("L_db", means.in_database);
    sheet.number("Lq_conn", means.waiting_for_connection);
    sheet.number("Wq_conn", means.waiting_for_connection / x);
    sheet.ratio("util_threads", means.threads_held).ratio("util_pool", means.connections_held);
    sheet.number("util_cpu", x * p.number("S1") / p.number("c1"));
    sheet.number("util_db", x * p.number("S2") / p.number("c2"));
    Ok(())
}

fn hot_row(p: &Params, sheet: &mut Sheet) -> Result<(), SizingError> {
    let pool = HotRow {
        connections: p.count("P"),
        waiting_places: p.count("Qmax"),
        hot: p.share("h"),
        lock_hold: p.span("S_lock"),
        other: p.span("S_cold"),
    };
    let means = pool.solve(p.rate("lam"))?;
    sheet.rate("throughput", means.throughput).ratio("P_reject", means.refused);
    sheet.number("Lq_pool", means.waiting_for_connection).span("Wq_pool", means.mean_wait);
    sheet.number("E_pool_busy", means.connections_held);
    sheet.number("E_conn_blocked_on_lock", means.blocked_on_lock);
    sheet.ratio("lock_util", means.lock_utilisation).ratio("P_pool_exhausted", means.exhausted);
    Ok(())
}

fn cache(case: &str, p: &Params, sheet: &mut Sheet) -> Result<(), SizingError> {
    let keys = Popularity::zipf(p.count("n"), p.number("alpha"))?;
    let capacity = p.count("C");
    let (lru, time) = keys.lru(capacity)?;
    if case == "LRU-EXACT-4" {
        sheet.ratio("hit_LRU", keys.lru_exact(capacity)?).ratio("hit_LRU_Che", lru);
        sheet.ratio("hit_FIFO_or_RANDOM", keys.fifo_exact(capacity)?);
    } else {
        sheet.ratio("hit_LRU", lru).ratio("hit_FIFO", keys.fifo(capacity)?.0);
        sheet.number("T_C_in_requests", time);
    }
    sheet.ratio("static_best", keys.best_static_hit_ratio(capacity));
    Ok(())
}

fn monolith(p: &Params, sheet: &mut Sheet) -> Result<(), SizingError> {
    let (stages, stage) = (p.count("stages"), p.span("stage_mean"));
    let law = PhaseType::erlang(stages, stage * f64::from(stages))?;
    let (_, shared) = phase_type_servers(p.rate("lam"), &law, p.count("cores"))?;
    let service = Rate::per_second(1.0 / p.number("stage_mean"));
    let one = Mmc::new(p.rate("lam"), service, 1)?.performance().mean_response;
    let row = one * f64::from(stages);
    sheet.span("W_monolith", shared.mean_response).span("Wq_monolith", shared.mean_wait);
    sheet.span("W_micro_no_net", row).span("W_micro_with_1ms_hops", row + p.span("hop") * f64::from(stages));
    sheet.number("ratio_mean", row.as_secs_f64() / shared.mean_response.as_secs_f64());
    for (metric, q) in [("W_micro_p50", 0.5), ("W_micro_p99", 0.99)] {
        let quantile = tandem_quantile(p.rate("lam"), service, stages, Ratio::from_fraction(q))?;
        sheet.span(metric, quantile);
    }
    Ok(())
}

fn scalability(case: &str, p: &Params, sheet: &mut Sheet) -> Result<(), SizingError> {
    let (x, y) = if case == "USL-SPECSDM91" { ("load", "throughput") } else { ("p", "x") };
    let data: Vec<(f64, f64)> = p.numbers(x).into_iter().zip(p.numbers(y)).collect();
    let fit = ScalabilityLaw::fit(&data)?;
    let law = fit.law;
    sheet.number("alpha", law.contention).number("beta", law.coherency).number("gamma", law.single);
    sheet.number("limit", law.limit().unwrap_or(f64::INFINITY));
    sheet.number("opt_N", law.knee().unwrap_or(f64::INFINITY));
    sheet.number("sigma_resid", fit.residual_error.unwrap_or(f64::NAN));
    if let Some(peak) = law.peak() {
        sheet.number("peak_N", peak).number("peak_X", law.throughput(peak));
    }
    Ok(())
}
