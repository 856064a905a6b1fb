//! Made-up outcomes and claims of the shop's surge.

use brownout::component::HitPart;
use brownout::experiment::{
    AlertResult, Awaited, Blast, BlastResult, BudgetResult, BudgetState, CalmAlert, ClaimResult,
    ClaimVerdict, DeployGate, Link, LinkFact, Outcomes, PhaseResult, RunOutcomes, SweepPoint, TimelineResult,
    UnbegunSteps, WorstMinuteResult,
};
use brownout::record::{AccessStatus, Cause, HappeningKind, Statuses};
use brownout::scenario::{Claim, ClaimMeasure, ClaimSpan, Comparison, Phase, Prices};
use brownout::stats::Estimate;
use brownout::units::Span;

use crate::fixture::{estimate, probability};

/// An incident that is detected, taken on in most runs, and costs half of a budget.
pub(crate) fn outcomes() -> Outcomes {
    let phase = |phase: Phase, runs: u32, time_s: Option<f64>| PhaseResult {
        phase,
        runs,
        time_s: time_s.map(|time| estimate(time, time * 0.05)),
        is_modelled: true,
    };
    let run = |index: u32| RunOutcomes {
        phases_s: [Some(341.0), Some(480.0), Some(1130.0), (index < 6).then_some(1630.0)],
        after_cause_s: (index < 6).then_some(730.0),
        ended_s: Some(600.0),
        detected_by: Some("HighErrorRate".to_owned()),
        mitigated_after: Some(("limit".to_owned(), 2051.0)),
        is_affected: true,
        is_by_itself: index < 6,
        is_collapsed: index < 17,
        worst: None,
        blast: Blast {
            operations: 3,
            out_of_bounds: 0,
            failed: 7_000_000,
            late: 500_000,
            ended: 11_000_000,
            share: 0.68,
            operation_s: 1100.0,
        },
        peak_p95_s: 4.1,
        burnt_s: vec![648.0],
        burnt_by_pause_s: vec![0.0],
        paused: Vec::new(),
        is_missed: vec![false],
        calm_p95_s: vec![0.041],
        calm_late: vec![0.0],
        served: vec![70_000],
        back_s: vec![if index < 6 { 2830.0 } else { f64::NAN }],
        effects: vec![101_230, 0],
        effects_beyond: Vec::new(),
        changing_core_s: 0.0,
    };
    Outcomes {
        from_s: 1200.0,
        until_s: Some(2100.0),
        hit: HitPart::Load,
        phases: vec![
            phase(Phase::Detect, 18, Some(341.0)),
            phase(Phase::Acknowledge, 17, Some(480.0)),
            phase(Phase::Mitigate, 20, Some(1130.0)),
            phase(Phase::Recover, 6, Some(1630.0)),
        ],
        after_cause: phase(Phase::Recover, 6, Some(730.0)),
        collapse: probability(0.85, 0.62, 0.97),
        collapsed: 17,
        is_told: true,
        told_run: 3,
        detected_by: vec!["HighErrorRate".to_owned()],
        receivers: vec!["critical".to_owned()],
        teams: vec!["commerce".to_owned(), "platform".to_owned()],
        unaffected: 0,
        by_itself: probability(0.3, 0.12, 0.54),
        worst: Some(WorstMinuteResult {
            operation: "order.place".to_owned(),
            runs: 19,
            from_s: 1545.0,
            failed_share: estimate(0.81, 0.03),
            bad_share: estimate(0.97, 0.01),
            p95_s: Some(estimate(4.1, 0.2)),
        }),
        blast: BlastResult {
            operations: estimate(2.0, 0.0),
            out_of_bounds: estimate(0.0, 0.0),
            of: 5,
            requests: estimate(7_500_000.0, 80_000.0),
            share: estimate(0.68, 0.007),
            operation_s: estimate(1100.0, 12.0),
        },
        peak_p95_s: Some(estimate(4.1, 0.2)),
        paused: Vec::new(),
        budgets: vec![BudgetResult {
            operation: "order.place".to_owned(),
            promised: 0.9995,
            period: Span::from_secs(2_592_000),
            budget_s: 1296.0,
            burnt_s: estimate(648.0, 20.0),
            burnt_by_pause_s: estimate(0.0, 0.0),
            left: estimate(0.5, 0.016),
            state: BudgetState::Warning,
            gate: DeployGate::Open,
            availability: 0.99975,
            credit: 0.0,
        }],
        core_hours: 34.0,
        cost: 1.632,
        prices: Prices { core_hour: 0.048, currency: "USD".to_owned(), is_assumed: true },
        operations: vec!["order.place".to_owned()],
        runs: (0..20).map(run).collect(),
    }
}

/// Claims of all verdicts.
pub(crate) fn claims() -> Vec<ClaimResult> {
    let claim = |name: &str, says: &str, text: &str, measure: ClaimMeasure, bound: f64| Claim {
        name: name.to_owned(),
        says: says.to_owned(),
        source: "S1 2.2".to_owned(),
        text: text.to_owned(),
        measure,
        comparison: Comparison::AtMost,
        bound,
        span: ClaimSpan::Window(1),
        against: None,
        sweep: None,
    };
    let result = |claim: Claim, measured: Option<Estimate>, verdict: ClaimVerdict| ClaimResult {
        claim,
        measured,
        opened: 20,
        valued: 20,
        runs: 20,
        count: (100_000, 200),
        verdict,
        note: String::new(),
        sweep: Vec::new(),
    };
    let p95 = || ClaimMeasure::Quantile { operation: 0, p: 0.95 };
    let point = |value: &str, measured: f64, verdict: ClaimVerdict| SweepPoint {
        value: value.to_owned(),
        measured: Some(estimate(measured, 0.05)),
        verdict,
    };
    let failed = ClaimMeasure::Failed { operation: 0 };
    let unopened = result(
        claim(
            "B2-warm",
            "The hit ratio is back within 30 min",
            "hit-ratio(main) >= 90% after warm",
            failed.clone(),
            0.9,
        ),
        None,
        ClaimVerdict::Inconclusive,
    );
    let swept =
        claim("B5-pool", "A pool of 20 is enough", "failed(order.place) < 1% during surge", failed, 0.01);
    vec![
        result(
            claim(
                "B2-bypass",
                "API within 1 s with the cache bypassed",
                "p(95)(bestseller.top) <= 1s for 5m after bypass",
                p95(),
                1.0,
            ),
            Some(estimate(0.63, 0.05)),
            ClaimVerdict::Supported,
        ),
        result(
            claim(
                "B8-slow",
                "It stays below 1 s on average",
                "p(95)(order.place) <= 1s during surge",
                p95(),
                1.0,
            ),
            Some(estimate(2.91, 0.11)),
            ClaimVerdict::Refuted,
        ),
        ClaimResult {
            sweep: vec![
                point("10", 0.632, ClaimVerdict::Refuted),
                point("20", 0.002, ClaimVerdict::Supported),
            ],
            ..result(
                swept,
                Some(estimate(0.632, 0.04)),
                ClaimVerdict::Conditional("maximum-pool-size ≥ 20".to_owned()),
            )
        },
        ClaimResult {
            opened: 3,
            note: "measured in 3 of 20 runs: in the others it never began or ended".to_owned(),
            ..unopened
        },
    ]
}

/// How the surge spread.
pub(crate) fn chain() -> Vec<Link> {
    let link = |at_s: f64, fact| Link {
        told_s: Some(at_s),
        at_s,
        first_s: at_s - 5.0,
        last_s: at_s + 10.0,
        runs: 20,
        fact,
    };
    let happened = |at_s: f64, kind, subject: &str| {
        let detail = if kind == HappeningKind::StepDone { "rate-limit order.place to 100/s" } else { "" };
        link(at_s, LinkFact::Happened { kind, subject: subject.to_owned(), detail: detail.to_owned() })
    };
    let operation = || "order.place".to_owned();
    let short =
        LinkFact::Saturated { station: "order threads".to_owned(), before: 0.08, used: 1.0, waiting: 98.2 };
    let fails = LinkFact::Fails {
        operation: operation(),
        most: 0.81,
        cause: Some((Cause::QueueFull, "503".to_owned())),
    };
    vec![
        happened(1200.0, HappeningKind::FaultBegan, "surge of all"),
        link(1210.0, short),
        link(1215.0, fails),
        link(1215.0, LinkFact::Slow { operation: operation(), before_s: 0.041, most_s: 4.1 }),
        link(1230.0, LinkFact::Misses { cache: "main".to_owned(), before: 0.95, now: 0.89, is_asked: true }),
        link(
            1231.0,
            LinkFact::Misses { cache: "side".to_owned(), before: 0.9, now: f64::NAN, is_asked: true },
        ),
        link(
            1231.0,
            LinkFact::Misses { cache: "idle".to_owned(), before: 0.9, now: f64::NAN, is_asked: false },
        ),
        happened(1541.0, HappeningKind::Notified, "HighErrorRate"),
        happened(2050.0, HappeningKind::StepDone, "limit"),
        happened(2100.0, HappeningKind::FaultEnded, "surge of all"),
        Link { runs: 6, told_s: None, ..link(2835.0, LinkFact::Back { operation: operation() }) },
    ]
}

/// What people were told and did.
pub(crate) fn timeline() -> Vec<TimelineResult> {
    vec![
        happening(HappeningKind::FaultBegan, "surge of all", 20, 1200.0),
        happening(HappeningKind::AlertFiring, "HighErrorRate", 18, 1531.0),
        happening(HappeningKind::Notified, "HighErrorRate", 18, 1541.0),
        happening(HappeningKind::Acknowledged, "HighErrorRate", 18, 1600.0),
        happening(HappeningKind::Understood, "HighErrorRate", 18, 1700.0),
        TimelineResult {
            detail: "rate-limit order.place to 100/s".to_owned(),
            ..happening(HappeningKind::StepDone, "limit", 20, 2050.0)
        },
        happening(HappeningKind::FaultEnded, "surge of all", 20, 2100.0),
        TimelineResult { told: None, ..happening(HappeningKind::StepFailed, "restart", 2, 2400.0) },
    ]
}

fn happening(kind: HappeningKind, subject: &str, runs: u32, at_s: f64) -> TimelineResult {
    TimelineResult {
        kind,
        subject: subject.to_owned(),
        detail: String::new(),
        runs,
        median_s: at_s,
        first_s: at_s - 5.0,
        last_s: at_s + 5.0,
        told: Some((at_s + 1.0, at_s as u32)),
    }
}

/// An alert that tells of it, and one that looks at what nothing shows.
pub(crate) fn alerts() -> Vec<AlertResult> {
    let silent = AlertResult {
        name: "HighDisk".to_owned(),
        fired: 0,
        missed: None,
        firing_s: None,
        notified: 0,
        notified_s: None,
        before: 0,
        after: 0,
        is_shown: false,
        is_valueless: false,
        calm: None,
    };
    let told = AlertResult {
        name: "HighErrorRate".to_owned(),
        fired: 18,
        missed: Some(2),
        firing_s: Some(estimate(331.0, 4.0)),
        notified: 18,
        notified_s: Some(estimate(341.0, 4.0)),
        before: 1,
        after: 2,
        is_shown: true,
        is_valueless: false,
        calm: Some(CalmAlert {
            fired: 3,
            pages_per_day: Estimate { mean: 4.8, low: 0.8, high: 14.0, n: 5, confidence: 0.95 },
        }),
    };
    vec![told, silent]
}

pub(crate) fn unbegun() -> Vec<UnbegunSteps> {
    let of = |steps: &[&str], wait_for, runs| UnbegunSteps {
        steps: steps.iter().map(|step| (*step).to_owned()).collect(),
        wait_for,
        runs,
    };
    vec![
        of(&["limit"], Awaited::Told("HighErrorRate".to_owned()), 2),
        of(&["go", "warm"], Awaited::Recovered("main".to_owned()), 5),
        of(&["unlimit"], Awaited::Resolved("HighErrorRate".to_owned()), 5),
        of(&["scale"], Awaited::Condition, 1),
    ]
}

/// As a gateway answers, but for time-outs: some are its own, some of the service.
pub(crate) fn statuses(causes: &[(Cause, f64)]) -> Statuses {
    let mut statuses = Statuses::default();
    for (cause, _) in causes {
        statuses.add(*cause, AccessStatus::of_hop(*cause));
        if *cause == Cause::Timeout {
            statuses.add(*cause, AccessStatus::of_work(*cause));
        }
    }
    statuses
}
