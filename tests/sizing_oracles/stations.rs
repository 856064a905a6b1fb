//! Single stations.

use brownout::sizing::*;
use brownout::units::{Rate, Ratio, Span};

use super::values::{Params, Sheet, Values};

/// The metrics of a case that is a single station; empty if it is not one.
pub(crate) fn compute(case: &str, p: &Params) -> Values {
    let mut sheet = Sheet::default();
    fill(case, p, &mut sheet).unwrap_or_else(|error| panic!("{case}: {error}"));
    sheet.0
}

fn fill(case: &str, p: &Params, sheet: &mut Sheet) -> Result<(), SizingError> {
    match case {
        "MM1-1" | "MM1-2" | "MMC-1" | "MMC-4" | "MMC-5" | "MMC-6" => {
            mmc(&Mmc::new(p.rate("lam"), p.rate("mu"), p.count("c"))?, sheet);
        }
        "REPLICA-1" => {
            let means = Mmc::new(p.rate("lam"), p.rate("mu"), 1)?.performance();
            sheet.span("Wq", means.mean_wait).number("Lq", means.mean_queue).ratio("util", means.utilisation);
            sheet.number("hit_fresh", 1.0 - means.utilisation.as_fraction());
        }
        "ROWLOCK-E2" => {
            let law = PhaseType::erlang(p.count("k"), p.span("mean"))?;
            let means = Mg1::new(p.rate("lam"), law.moments())?.performance();
            sheet.span("Wq", means.mean_wait).number("Lq", means.mean_queue);
            sheet.ratio("P_wait", means.utilisation).number("L_connections", means.mean_in_system);
        }
        "OMISSION-OPEN" => {
            let service = Rate::per_second(1.0 / p.number("S"));
            mmc(&Mmc::new(p.rate("lam"), service, 1)?, sheet);
        }
        "MM1-LCFS" => {
            let queue = Mmc::new(p.rate("lam"), p.rate("mu"), 1)?;
            let deviation = queue.last_come_first_served_wait_deviation()?;
            let mean = queue.performance().mean_wait;
            let second = deviation.as_secs_f64().powi(2) + mean.as_secs_f64().powi(2);
            sheet.span("Wq", mean).variance("var_Wq", deviation);
            sheet.variance("EWq2", Span::from_secs_f64(second.sqrt()));
        }
        "LATE-1" => {
            let queue = Mmc::new(p.rate("lam"), p.rate("mu"), 1)?;
            let late = queue.response_tail(p.span("tau"));
            sheet.ratio("P_late", late).number("goodput", p.number("lam") * (1.0 - late.as_fraction()));
        }
        "MMCK-2" | "MMCK-4" | "MMCK-6" => mmck(p, sheet)?,
        "ERLB-3" | "ERLB-4" => {
            let (c, load) = (p.count("c"), p.number("offered_erlangs"));
            let means = loss_system(Rate::per_second(load), Rate::per_second(1.0), c)?;
            sheet.ratio("P_block", erlang_b(c, load)?);
            sheet.number("L", means.mean_in_system).ratio("util", means.utilisation);
        }
        "MGINF-1" => {
            let load = in_flight(p.rate("lam"), Span::from_millis(250));
            sheet.number("L", load).number("var_N", load);
            sheet.ratio("P_N_gt_70", unlimited_servers_above(70, load)?);
        }
        "MD1-3" => {
            let service = Moments::deterministic(p.span("D"))?;
            let queue = Mdc::new(p.rate("lam"), p.span("D"), 1)?;
            let exact = Mg1::new(p.rate("lam"), service)?;
            sheet.performance(&exact.performance()).variance("var_Wq", exact.wait_deviation());
            sheet.quantiles("Wq_p", |q| queue.wait_quantile(q));
            sheet.quantiles("W_p", |q| Ok(queue.wait_quantile(q)? + p.span("D")));
            sheet.ratio("P_wait_gt_5D", queue.wait_tail(p.span("D") * 5.0));
        }
        "MG1-E4" => mph1(p, &PhaseType::erlang(p.count("k"), p.span("mean"))?, sheet)?,
        "MG1-H2-4" | "MG1-H2-20" => mph1(p, &two_exponentials(p)?, sheet)?,
        "MG1-BROOKER-BIMOD" => {
            let rate = |key| Rate::per_second(1.0 / p.number(key));
            let (fast, slow) = (p.number("p1"), 1.0 - p.number("p1"));
            let law = PhaseType::hyperexponential(&[
                (Ratio::from_fraction(fast), rate("m1")),
                (Ratio::from_fraction(slow), rate("m2")),
            ])?;
            mph1(p, &law, sheet)?;
        }
        "MG1-HANG" => {
            let hang = p.number("p");
            let service = Moments::mixture(&[
                (Ratio::from_fraction(1.0 - hang), Moments::exponential(p.span("fast_mean"))?),
                (Ratio::from_fraction(hang), Moments::deterministic(p.span("hang"))?),
            ])?;
            let queue = Mg1::new(p.rate("lam"), service)?;
            sheet.performance(&queue.performance()).variance("var_Wq", queue.wait_deviation());
        }
        "MM1-PS-3" => {
            let mean = Span::from_secs_f64(1.0 / p.number("mu"));
            let means = processor_sharing(p.rate("lam"), mean)?;
            let exact = SharedExponential::new(p.rate("lam"), p.rate("mu"))?;
            sheet.performance(&means).variance("var_W", exact.response_deviation());
            let slowdown = shared_response(Span::from_secs(1), means.utilisation)?;
            sheet.span("slowdown", slowdown);
            sheet.span("cond_W_of_10ms_job", shared_response(Span::from_millis(10), means.utilisation)?);
            sheet.span("cond_W_of_100ms_job", shared_response(Span::from_millis(100), means.utilisation)?);
            sheet.quantiles("W_p", |q| exact.response_quantile(q));
        }
        "MG1-PS-INSENS" => {
            let means = processor_sharing(p.rate("lam"), p.span("mean"))?;
            let busy = means.utilisation.as_fraction();
            sheet.performance(&means).number("P_empty", 1.0 - busy).number("P_N_ge_10", busy.powi(10));
        }
        "GM1-E3" => gm1(p, erlang_transform(3, p.rate("lam")), sheet)?,
        "GM1-U" => gm1(p, uniform_transform(p.rate("lam")), sheet)?,
        "DMC-1" => {
            let arrivals = p.rate("lam");
            let (waiting, means) =
                general_arrivals(arrivals, p.rate("mu"), p.count("c"), paced_transform(arrivals))?;
            sheet.ratio("P_wait", waiting).performance(&means);
        }
        "MDC-1" | "MDC-3" => {
            let queue = Mdc::new(p.rate("lam"), p.span("D"), p.count("c"))?;
            sheet.ratio("P_wait", queue.wait_probability()).performance(&queue.performance());
            sheet.quantiles("Wq_p", |q| queue.wait_quantile(q));
        }
        "MH2C-2" | "MH2C-3" => {
            let (waiting, means) = phase_type_servers(p.rate("lam"), &two_exponentials(p)?, p.count("c"))?;
            sheet.ratio("P_wait", waiting).performance(&means);
        }
        "MMPP-M-1" | "IPP-M-1" => {
            let bursts = Bursts {
                first: p.rate("l1"),
                second: p.rate("l2"),
                first_to_second: p.rate("r12"),
                second_to_first: p.rate("r21"),
            };
            let queue = bursty_arrivals(bursts, p.rate("mu"))?;
            sheet.performance(&queue.performance).ratio("P_wait_arrival", queue.wait_probability);
            sheet.rate("lam_mean", queue.performance.throughput);
            sheet.ratio("P_busy_time", queue.performance.utilisation);
            sheet.quantiles("Wq_p", |q| queue.wait_quantile(q));
        }
        "BRKDN-2" | "BRKDN-MMC-1" => {
            let c = if case == "BRKDN-2" { 1 } else { p.count("c") };
            let (xi, eta) = (p.rate("xi"), p.rate("eta"));
            let means = with_breakdowns(p.rate("lam"), p.rate("mu"), c, xi, eta)?;
            let up = availability(xi, eta)?;
            sheet.performance(&means).ratio("rho_eff", means.utilisation);
            sheet.ratio("availability", up).ratio("availability_per_server", up);
            sheet.number("L_closed_form", means.mean_in_system);
        }
        "BULK-1" => {
            let means = batch_service(p.rate("lam"), p.rate("mu"), p.count("B"))?;
            sheet.number("L", means.mean_in_system).span("W", means.mean_response).ratio("p0", means.empty);
        }
        "MXM1-2" => {
            let size = BatchSize::Geometric(p.number("batch_mean"));
            sheet.performance(&batch_arrivals(p.rate("batch_rate"), size, p.rate("mu"))?);
        }
        "MMCD-3" | "MMCD-5" | "MMCD-6" => {
            let queue = DeterministicPatience::new(p.rate("lam"), p.rate("mu"), p.count("c"), p.span("tau"))?;
            abandonment(&queue.performance(), sheet);
            sheet.quantiles("Wq_served_p", |q| queue.served_wait_quantile(q));
        }
        "ERLA-1" | "ERLA-4" => {
            abandonment(&erlang_a(p.rate("lam"), p.rate("mu"), p.count("c"), p.rate("theta"))?, sheet);
        }
        "SETUP-1" => {
            let (arrivals, service, k) = (p.rate("lam"), p.rate("mu"), p.count("k"));
            let means = cold_start(arrivals, service, k, p.rate("alpha"))?;
            sheet.number("L", means.mean_in_system).span("W", means.mean_response);
            sheet.number("E_servers_on", means.servers_on).number("E_in_setup", means.servers_starting);
            sheet.span("no_setup_W", Mmc::new(arrivals, service, k)?.performance().mean_response);
        }
        "PRIO-2" => priorities(p, sheet)?,
        "VAC-2" => {
            let service = Moments::deterministic(p.span("D"))?;
            let vacation = Moments::deterministic(Span::from_millis(20))?;
            sheet.span("Wq", wait_with_vacations(p.rate("lam"), service, vacation)?);
        }
        "POLL-2" => {
            let service = Moments::deterministic(p.span("mean_S"))?;
            let switch = Moments::deterministic(p.span("switch"))?;
            for (metric, discipline) in [
                ("Wq_exhaustive", PollingDiscipline::Exhaustive),
                ("Wq_gated", PollingDiscipline::Gated),
                ("Wq_limited1", PollingDiscipline::OneLimited),
            ] {
                let wait = polling_wait(p.count("N"), p.rate("lam_each"), service, switch, discipline)?;
                sheet.span(metric, wait);
            }
        }
        "SRPT-0.5" => {
            sheet.span("W", shortest_remaining_first(p.rate("lam"), p.rate("mu"))?);
            sheet.span("W_FCFS", Mmc::new(p.rate("lam"), p.rate("mu"), 1)?.performance().mean_response);
        }
        _ => {}
    }
    Ok(())
}

fn mmc(queue: &Mmc, sheet: &mut Sheet) {
    sheet.performance(&queue.performance()).ratio("P_wait", queue.wait_probability());
    sheet.quantiles("Wq_p", |q| queue.wait_quantile(q)).quantiles("W_p", |q| queue.response_quantile(q));
}

fn mmck(p: &Params, sheet: &mut Sheet) -> Result<(), SizingError> {
    let station = Mmck::new(p.rate("lam"), p.rate("mu"), p.count("c"), p.count("K"))?;
    let means = station.performance();
    sheet.ratio("P_block", station.refused()).ratio("p0", station.empty());
    sheet.rate("throughput", means.throughput).ratio("util", means.utilisation);
    sheet.number("L", means.mean_in_system).number("Lq", means.mean_queue);
    sheet.span("W_accepted", means.mean_response).span("Wq_accepted", means.mean_wait);
    sheet.ratio("P_wait_accepted", station.accepted_wait_probability());
    sheet.quantiles("Wq_acc_p", |q| station.accepted_wait_quantile(q));
    Ok(())
}

fn two_exponentials(p: &Params) -> Result<PhaseType, SizingError> {
    let first = p.number("p1");
    PhaseType::hyperexponential(&[
        (Ratio::from_fraction(first), p.rate("rate1")),
        (Ratio::from_fraction(1.0 - first), p.rate("rate2")),
    ])
}

fn mph1(p: &Params, law: &PhaseType, sheet: &mut Sheet) -> Result<(), SizingError> {
    let means = Mg1::new(p.rate("lam"), law.moments())?;
    let times = Mph1::new(p.rate("lam"), law)?;
    sheet.performance(&means.performance()).variance("var_Wq", means.wait_deviation());
    sheet.number("scv_S", law.moments().scv());
    sheet.quantiles("Wq_p", |q| times.wait().quantile(q));
    sheet.quantiles("W_p", |q| times.response().quantile(q));
    Ok(())
}

fn gm1(p: &Params, transform: impl Fn(f64) -> f64, sheet: &mut Sheet) -> Result<(), SizingError> {
    let queue = Gm1::new(p.rate("lam"), p.rate("mu"), transform)?;
    sheet.performance(&queue.performance());
    sheet.ratio("sigma", queue.wait_probability()).ratio("P_wait", queue.wait_probability());
    sheet.quantiles("Wq_p", |q| queue.wait_quantile(q)).quantiles("W_p", |q| queue.response_quantile(q));
    Ok(())
}

fn abandonment(means: &Abandonment, sheet: &mut Sheet) {
    sheet.ratio("P_abandon", means.abandoned).ratio("P_wait", means.waiting);
    sheet.span("Wq_all", means.mean_wait).span("Wq_served", means.mean_wait_served);
    sheet.number("Lq", means.mean_queue).rate("throughput", means.throughput);
    sheet.ratio("util", means.utilisation);
}

fn priorities(p: &Params, sheet: &mut Sheet) -> Result<(), SizingError> {
    let mut classes = vec![];
    for class in p.0["classes"].as_array().expect("a list of classes") {
        let class = Params(class);
        let mean = class.number("ES");
        let scv = class.number("ES2") / (mean * mean) - 1.0;
        // The means need no third moment: any possible one will do.
        let service = Moments::new(class.span("ES"), scv.max(0.0), 10.0 * (1.0 + scv).powi(2))?;
        classes.push(PriorityClass { arrivals: class.rate("lam"), service });
    }
    let load = |class: &PriorityClass| in_flight(class.arrivals, class.service.mean());
    let waiting = head_of_line(&classes)?;
    let resuming = preemptive_resume(&classes)?;
    for (i, (head, resume)) in waiting.iter().zip(&resuming).enumerate() {
        let k = i + 1;
        sheet.span(format!("Wq_nonpreempt_class{k}"), head.mean_wait);
        sheet.span(format!("W_nonpreempt_class{k}"), head.mean_response);
        sheet.span(format!("W_preempt_resume_class{k}"), resume.mean_response);
    }
    let conserved =
        classes.iter().zip(&waiting).map(|(class, times)| load(class) * times.mean_wait.as_secs_f64()).sum();
    sheet.number("rho", classes.iter().map(load).sum()).number("conservation_sum_rho_Wq", conserved);
    Ok(())
}
