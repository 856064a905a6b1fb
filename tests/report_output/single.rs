//! Made-up results of a single run.

use brownout::experiment::{Results, Warning};
use brownout::stats::Estimate;

use crate::fixture::shop;

/// The shop in one run, whose intervals are missing and whose surge nobody asks for.
pub(crate) fn single_run() -> Results {
    let mut results = shop();
    let blind = |estimate: &mut Estimate| {
        (estimate.low, estimate.high, estimate.n) = (f64::NAN, f64::NAN, 1);
    };
    results.replications = 1;
    results.unbegun.clear();
    results.unfinished.clear();
    results.recovery = None;
    results.endings.truncate(1);
    results.warnings = vec![Warning::SingleRun];
    for window in &mut results.windows {
        for operation in &mut window.operations {
            blind(&mut operation.offered_per_s);
            blind(&mut operation.failed_share);
            if let Some(latency) = &mut operation.latency {
                blind(&mut latency.p95_s);
            }
        }
    }
    for operation in &mut results.windows[1].operations {
        (operation.count, operation.latency) = (0, None);
        operation.causes.clear();
    }
    for happening in &mut results.timeline {
        (happening.runs, happening.first_s, happening.last_s) = (1, happening.median_s, happening.median_s);
    }
    for link in &mut results.chain {
        (link.runs, link.first_s, link.last_s) = (1, link.at_s, link.at_s);
    }
    for event in &mut results.events {
        (event.runs, event.first_s, event.last_s) = (1, event.median_s, event.median_s);
    }
    for alert in &mut results.alerts {
        (alert.fired, alert.notified) = (alert.fired.min(1), alert.notified.min(1));
        alert.firing_s.iter_mut().chain(&mut alert.notified_s).for_each(blind);
    }
    for claim in &mut results.claims {
        (claim.opened, claim.valued, claim.runs) = (1, 1, 1);
        claim.measured.iter_mut().for_each(blind);
        claim.sweep.iter_mut().flat_map(|point| &mut point.measured).for_each(blind);
    }
    results.objectives.iter_mut().flat_map(|objective| &mut objective.measured).for_each(blind);
    results.effects.iter_mut().for_each(|effect| blind(&mut effect.count));
    if let Some(outcomes) = &mut results.outcomes {
        outcomes.runs.truncate(1);
        (outcomes.collapsed, outcomes.told_run) = (1, 0);
        (outcomes.collapse.mean, outcomes.by_itself.mean) = (1.0, 1.0);
        blind(&mut outcomes.collapse);
        blind(&mut outcomes.by_itself);
        for phase in outcomes.phases.iter_mut().chain([&mut outcomes.after_cause]) {
            phase.runs = 1;
            phase.time_s.iter_mut().for_each(blind);
        }
        if let Some(worst) = &mut outcomes.worst {
            worst.runs = 1;
            worst.p95_s.iter_mut().chain([&mut worst.failed_share, &mut worst.bad_share]).for_each(blind);
        }
        let blast = &mut outcomes.blast;
        for estimate in [&mut blast.operations, &mut blast.requests, &mut blast.share, &mut blast.operation_s]
        {
            blind(estimate);
        }
        outcomes.peak_p95_s.iter_mut().for_each(blind);
        for budget in &mut outcomes.budgets {
            blind(&mut budget.burnt_s);
            blind(&mut budget.burnt_by_pause_s);
            blind(&mut budget.left);
        }
    }
    results
}
