//! Two results on common random numbers, run by run.

use super::incident::RunOutcomes;
use super::outcomes::Outcomes;
use super::results::Results;
use crate::component::effects::GoodEnd;
use crate::scenario::Phase;
use crate::stats::{Estimate, PairedDifference, paired_difference, t_interval};

/// Two results beside each other.
#[derive(Clone, Debug)]
pub struct ComparisonResult {
    /// What the sides are called.
    pub sides: [String; 2],
    /// Runs that were paired.
    pub pairs: u32,
    /// The share of the larger side from which a difference matters.
    pub least: f64,
    /// Measure by measure.
    pub rows: Vec<ComparedMeasure>,
}

/// One measure on both sides.
#[derive(Clone, Debug)]
pub struct ComparedMeasure {
    /// The stable name of the measure.
    pub measure: &'static str,
    /// The operation or effect; empty for the whole.
    pub subject: String,
    /// What it is in.
    pub unit: MeasureUnit,
    /// Its value on each side; `None` where no run has one.
    pub values: [Option<Estimate>; 2],
    /// Runs that have a value, on each side.
    pub runs: [u32; 2],
    /// The second side less the first, over the runs in which both have a value.
    pub difference: PairedDifference,
    /// What it says of the second side.
    pub verdict: Advantage,
}

/// What a measure of a comparison is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeasureUnit {
    /// Seconds.
    Seconds,
    /// A share of runs or requests.
    Share,
    /// A number of things.
    Number,
}

/// What a difference says of the second side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advantage {
    /// It is better.
    Better,
    /// It is worse.
    Worse,
    /// Both are the same in every run.
    Same,
    /// There is a difference that the data can tell, and it is too small to matter.
    Slight,
    /// None that the data could tell.
    None,
    /// It is another number, and nobody said which is better: an effect without a good end.
    Differs,
    /// It is quicker where fewer are served, or slower where more are: who fails is not late, and has no response time. Or it
    /// does fewer things that must not be, and serves so many fewer that it does not do less of them for each.
    Incomparable,
    /// Fewer than two runs have a value on both sides.
    Unknown,
}

impl Advantage {
    /// The stable name used in files.
    pub const fn name(self) -> &'static str {
        match self {
            Advantage::Better => "better",
            Advantage::Worse => "worse",
            Advantage::Same => "same",
            Advantage::Slight => "slight",
            Advantage::None => "no-difference",
            Advantage::Differs => "differs",
            Advantage::Incomparable => "not-comparable",
            Advantage::Unknown => "unknown",
        }
    }

    /// What an interval says, where less is better and a smaller difference than `matters` is none.
    fn of(difference: &Estimate, matters: f64) -> Self {
        let Estimate { mean, low, high, n, .. } = *difference;
        match (low, high) {
            _ if n < 2 => Advantage::Unknown,
            (0.0, 0.0) => Advantage::Same,
            (low, high) if (high < 0.0 || low > 0.0) && mean.abs() < matters => Advantage::Slight,
            (_, high) if high < 0.0 => Advantage::Better,
            (low, _) if low > 0.0 => Advantage::Worse,
            _ => Advantage::None,
        }
    }

    fn turned(self) -> Self {
        match self {
            Advantage::Better => Advantage::Worse,
            Advantage::Worse => Advantage::Better,
            Advantage::Same
            | Advantage::Slight
            | Advantage::None
            | Advantage::Differs
            | Advantage::Incomparable
            | Advantage::Unknown => self,
        }
    }
}

/// The share of the larger side from which a difference matters, where nobody says another.
pub const LEAST_DIFFERENCE: f64 = 0.01;

/// The difference that matters at least, whatever the sides are: a second of a phase or a budget, a millisecond of a response
/// time, a tenth of a percentage point, one request, effect or operation second; nothing of what is paid for.
fn floor(measure: &str, unit: MeasureUnit) -> f64 {
    match (measure, unit) {
        ("peak-p95" | "calm-p95", _) => 0.001,
        ("core-hours" | "cost", _) => 0.0,
        (_, MeasureUnit::Seconds | MeasureUnit::Number) => 1.0,
        (_, MeasureUnit::Share) => 0.001,
    }
}

/// Which end of a measure is good.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Good {
    Less,
    More,
    /// Nobody said.
    Neither,
}

/// What is compared: a name, of what, its unit, which end is good, and the value of each run on each side.
struct Measured {
    measure: &'static str,
    subject: String,
    unit: MeasureUnit,
    good: Good,
    values: [Vec<Option<f64>>; 2],
}

/// Compares the outcomes of two results that were made with the same seeds; `None` if one of them has no incident.
///
/// A difference is better or worse where its whole interval is on one side of zero, and it is at least `least` of the larger
/// side and more than a trifle in its unit. Range of `least`: 0 to 1.
pub fn compare(sides: [(&str, &Results); 2], least: f64) -> Option<ComparisonResult> {
    let [(a_name, a), (b_name, b)] = sides;
    let both = [a.outcomes.as_ref()?, b.outcomes.as_ref()?];
    let mut rows = Vec::new();
    let served = served(&both);
    let mut add = |measured: Measured| {
        let is_harm = measured.measure == "effect" && measured.good == Good::Less;
        let counts = measured.values.clone();
        let mut row = compared(measured, a.confidence, least);
        if is_harm && is_for_fewer(&counts, row.verdict, &served, (a.confidence, least)) {
            row.verdict = Advantage::Incomparable;
        }
        rows.push(row);
    };
    phases(&both).into_iter().for_each(&mut add);
    impact(&both).into_iter().for_each(&mut add);
    budgets(&both).into_iter().for_each(&mut add);
    effects([a, b], &both).into_iter().for_each(&mut add);
    calm(&both).into_iter().for_each(&mut add);
    cost(&both).into_iter().for_each(&mut add);
    only_of_those_served(&mut rows);
    Some(ComparisonResult {
        sides: [a_name.to_owned(), b_name.to_owned()],
        pairs: both[0].runs.len().min(both[1].runs.len()) as u32,
        least,
        rows,
    })
}

/// A side that fails more is not to be praised for how quick the rest is.
fn only_of_those_served(rows: &mut [ComparedMeasure]) {
    let failed = rows.iter().find(|row| row.measure == "requests-failed").map(|row| row.verdict);
    let Some(failed) = failed.filter(|it| matches!(it, Advantage::Better | Advantage::Worse)) else { return };
    for row in rows.iter_mut().filter(|row| matches!(row.measure, "requests-late" | "peak-p95")) {
        if row.verdict == failed.turned() {
            row.verdict = Advantage::Incomparable;
        }
    }
}

/// How many were served of each operation that both sides have, run by run.
fn served(both: &[&Outcomes; 2]) -> Vec<[Vec<Option<f64>>; 2]> {
    let of = |side: usize, operation: usize| -> Vec<Option<f64>> {
        let of = |run: &RunOutcomes| run.served.get(operation).map(|served| *served as f64);
        both[side].runs.iter().map(of).collect()
    };
    let shared = both[0].operations.iter().enumerate().filter_map(|(first, name)| {
        let second = both[1].operations.iter().position(|other| other == name)?;
        Some([of(0, first), of(1, second)])
    });
    shared.collect()
}

/// Whether a side is praised for fewer of an effect that must not be, and serves fewer of an operation by as much: it does not
/// come about less often for each of those served.
fn is_for_fewer(
    counts: &[Vec<Option<f64>>; 2],
    verdict: Advantage,
    served: &[[Vec<Option<f64>>; 2]],
    (confidence, least): (f64, f64),
) -> bool {
    let (praised, other) = match verdict {
        Advantage::Better => (1, 0),
        Advantage::Worse => (0, 1),
        _ => return false,
    };
    let sum = |values: &[Option<f64>]| values.iter().flatten().sum::<f64>();
    let each = |side: usize, served: &[Option<f64>]| -> Vec<Option<f64>> {
        let each = |(count, served): (&Option<f64>, &Option<f64>)| {
            count.zip(served.filter(|served| *served > 0.0)).map(|(count, served)| count / served)
        };
        counts[side].iter().zip(served).map(each).collect()
    };
    let mut fewer = served.iter().filter(|served| sum(&served[praised]) < sum(&served[other]));
    fewer.any(|[first, second]| {
        difference(&[each(0, first), each(1, second)], (confidence, least), 0.0).1 != verdict
    })
}

fn compared(measured: Measured, confidence: f64, least: f64) -> ComparedMeasure {
    let [a, b] = &measured.values;
    let estimate = |values: &[Option<f64>]| {
        let known: Vec<f64> = values.iter().flatten().copied().collect();
        (!known.is_empty()).then(|| t_interval(&known, confidence))
    };
    let floor = floor(measured.measure, measured.unit);
    let (difference, verdict) = difference(&measured.values, (confidence, least), floor);
    let verdict = match (measured.good, verdict) {
        (Good::Less, verdict) => verdict,
        (Good::More, verdict) => verdict.turned(),
        (Good::Neither, Advantage::Better | Advantage::Worse) => Advantage::Differs,
        (Good::Neither, verdict) => verdict,
    };
    ComparedMeasure {
        measure: measured.measure,
        subject: measured.subject,
        unit: measured.unit,
        values: [estimate(a), estimate(b)],
        runs: [a, b].map(|values| values.iter().flatten().count() as u32),
        difference,
        verdict,
    }
}

/// The difference of two sides, and what it says where less is better and less than a floor matters not.
fn difference(
    [a, b]: &[Vec<Option<f64>>; 2],
    (confidence, least): (f64, f64),
    floor: f64,
) -> (PairedDifference, Advantage) {
    let pairs: Vec<(f64, f64)> = a.iter().zip(b).filter_map(|(a, b)| a.zip(*b)).collect();
    let (first, second): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
    let mean = |values: &[f64]| (values.iter().sum::<f64>() / values.len().max(1) as f64).abs();
    let matters = (least * mean(&first).max(mean(&second))).max(floor);
    let difference = paired_difference(&second, &first, confidence);
    let verdict = Advantage::of(&difference.difference, matters);
    (difference, verdict)
}

fn measured(
    both: &[&Outcomes; 2],
    measure: &'static str,
    unit: MeasureUnit,
    good: Good,
    value: impl Fn(&RunOutcomes) -> Option<f64>,
) -> Measured {
    let finite = |run: &RunOutcomes| value(run).filter(|value| value.is_finite());
    let values = both.map(|outcomes| outcomes.runs.iter().map(finite).collect());
    Measured { measure, subject: String::new(), unit, good, values }
}

fn phases(both: &[&Outcomes; 2]) -> Vec<Measured> {
    let chance = |is: bool| Some(f64::from(u8::from(is)));
    let mut all = Vec::new();
    for (phase, name) in Phase::ALL.into_iter().zip([
        "time-to-detect",
        "time-to-acknowledge",
        "time-to-mitigate",
        "time-to-recover",
    ]) {
        let of = measured(both, name, MeasureUnit::Seconds, Good::Less, |run| run.phase_s(phase));
        if of.values.iter().flatten().any(Option::is_some) {
            all.push(of);
        }
    }
    let after =
        measured(both, "recover-after-cause", MeasureUnit::Seconds, Good::Less, |run| run.after_cause_s);
    if after.values.iter().flatten().any(Option::is_some) {
        all.push(after);
    }
    all.push(measured(both, "collapses", MeasureUnit::Share, Good::Less, |run| chance(run.is_collapsed)));
    let recovers = |run: &RunOutcomes| chance(run.phase_s(Phase::Recover).is_some());
    all.push(measured(both, "recovers", MeasureUnit::Share, Good::More, recovers));
    all
}

fn impact(both: &[&Outcomes; 2]) -> Vec<Measured> {
    let number = |name, value: fn(&RunOutcomes) -> f64| {
        measured(both, name, MeasureUnit::Number, Good::Less, move |run| Some(value(run)))
    };
    vec![
        number("operations-hit", |run| run.blast.operations.into()),
        number("blast-radius", |run| run.blast.operation_s),
        number("requests-failed", |run| run.blast.failed as f64),
        number("requests-late", |run| run.blast.late as f64),
        measured(both, "worst-minute-failed", MeasureUnit::Share, Good::Less, |run| {
            run.worst.map(|worst| worst.failed_share)
        }),
        measured(both, "peak-p95", MeasureUnit::Seconds, Good::Less, |run| Some(run.peak_p95_s)),
    ]
}

/// Service levels that both sides promise.
fn budgets(both: &[&Outcomes; 2]) -> Vec<Measured> {
    let [a, b] = both;
    let of = |outcomes: &Outcomes, index: usize| -> Vec<Option<f64>> {
        outcomes.runs.iter().map(|run| run.burnt_s.get(index).copied()).collect()
    };
    let shared = a.budgets.iter().enumerate().filter_map(|(first, budget)| {
        let second = b.budgets.iter().position(|other| other.operation == budget.operation)?;
        Some(Measured {
            measure: "budget-burnt",
            subject: budget.operation.clone(),
            unit: MeasureUnit::Seconds,
            good: Good::Less,
            values: [of(a, first), of(b, second)],
        })
    });
    shared.collect()
}

/// Business effects that both sides count.
fn effects(results: [&Results; 2], both: &[&Outcomes; 2]) -> Vec<Measured> {
    let of = |outcomes: &Outcomes, index: usize| -> Vec<Option<f64>> {
        outcomes.runs.iter().map(|run| run.effects.get(index).map(|count| *count as f64)).collect()
    };
    let [a, b] = results;
    let shared = a.effects.iter().enumerate().filter_map(|(first, effect)| {
        let second = b.effects.iter().position(|other| other.name == effect.name)?;
        Some(Measured {
            measure: "effect",
            subject: effect.name.clone(),
            unit: MeasureUnit::Number,
            good: match effect.good {
                Some(GoodEnd::Less) => Good::Less,
                Some(GoodEnd::More) => Good::More,
                None => Good::Neither,
            },
            values: [of(both[0], first), of(both[1], second)],
        })
    });
    shared.collect()
}

/// The 95th percentile before the incident, of operations that both sides have.
fn calm(both: &[&Outcomes; 2]) -> Vec<Measured> {
    let [a, b] = both;
    let of = |outcomes: &Outcomes, index: usize| -> Vec<Option<f64>> {
        let value = |run: &RunOutcomes| run.calm_p95_s.get(index).copied().filter(|value| value.is_finite());
        outcomes.runs.iter().map(value).collect()
    };
    let shared = a.operations.iter().enumerate().filter_map(|(first, name)| {
        let second = b.operations.iter().position(|other| other == name)?;
        Some(Measured {
            measure: "calm-p95",
            subject: name.clone(),
            unit: MeasureUnit::Seconds,
            good: Good::Less,
            values: [of(a, first), of(b, second)],
        })
    });
    shared.collect()
}

fn cost(both: &[&Outcomes; 2]) -> Vec<Measured> {
    let each =
        |value: fn(&Outcomes) -> f64| both.map(|outcomes| vec![Some(value(outcomes)); outcomes.runs.len()]);
    let row = |measure, subject: &str, values| Measured {
        measure,
        subject: subject.to_owned(),
        unit: MeasureUnit::Number,
        good: Good::Less,
        values,
    };
    let mut rows = vec![row("core-hours", "", each(|it| it.core_hours))];
    if both[0].prices.currency == both[1].prices.currency {
        rows.push(row("cost", &both[0].prices.currency, each(|it| it.cost)));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(good: Good, a: &[Option<f64>], b: &[Option<f64>]) -> ComparedMeasure {
        let values = [a.to_vec(), b.to_vec()];
        compared(
            Measured { measure: "m", subject: String::new(), unit: MeasureUnit::Number, good, values },
            0.95,
            LEAST_DIFFERENCE,
        )
    }

    #[test]
    fn a_difference_that_is_too_small_to_matter_is_slight() {
        let both = |first: &[f64], by: f64| {
            let first: Vec<Option<f64>> = first.iter().copied().map(Some).collect();
            let second: Vec<Option<f64>> = first.iter().map(|value| value.map(|value| value + by)).collect();
            of(Good::Less, &first, &second).verdict
        };
        // One in a hundred of what there is, and one of it at least.
        let many = [1000.0, 1100.0, 900.0];
        assert_eq!((both(&many, -9.0), both(&many, -11.0)), (Advantage::Slight, Advantage::Better));
        assert_eq!((both(&many, 9.0), both(&many, 11.0)), (Advantage::Slight, Advantage::Worse));
        let few = [2.0, 3.0, 4.0];
        assert_eq!((both(&few, -0.5), both(&few, -1.5)), (Advantage::Slight, Advantage::Better));
        assert_eq!(floor("peak-p95", MeasureUnit::Seconds), 0.001);
        assert_eq!(floor("time-to-detect", MeasureUnit::Seconds), 1.0);
    }

    #[test]
    fn differences_are_those_of_the_pairs() {
        // Differences −2, −3, −4: mean −3, standard error 1/√3, t(2) at 97.5 % is 4.3027.
        let found =
            of(Good::Less, &[Some(10.0), Some(20.0), Some(30.0)], &[Some(8.0), Some(17.0), Some(26.0)]);
        let half = 4.302_652_73 / 3.0_f64.sqrt();
        let difference = found.difference.difference;
        assert!((difference.mean + 3.0).abs() < 1e-12);
        assert!((difference.low + 3.0 + half).abs() < 1e-6 && (difference.high + 3.0 - half).abs() < 1e-6);
        assert_eq!(found.verdict, Advantage::Better);
        // Variances 100, 81 and, of the difference, 1.
        assert!((found.difference.variance_reduction - (1.0 - 1.0 / 181.0)).abs() < 1e-12);
        let values = found.values.map(|value| value.expect("a value").mean);
        assert_eq!(values, [20.0, 17.0]);
    }

    #[test]
    fn only_runs_with_both_values_are_paired() {
        let found = of(Good::Less, &[Some(1.0), None, Some(3.0)], &[Some(2.0), Some(9.0), None]);
        assert_eq!((found.runs, found.difference.difference.n), ([2, 2], 1));
        assert_eq!(found.verdict, Advantage::Unknown);
    }

    #[test]
    fn who_serves_nobody_is_not_quick() {
        let row = |measure, verdict| {
            let same = of(Good::Less, &[Some(1.0), Some(1.0)], &[Some(1.0), Some(1.0)]);
            ComparedMeasure { measure, verdict, ..same }
        };
        let verdicts = |failed, peak, radius| {
            let mut rows =
                [row("requests-failed", failed), row("peak-p95", peak), row("blast-radius", radius)];
            only_of_those_served(&mut rows);
            rows.map(|row| row.verdict)
        };
        use Advantage::{Better, Incomparable, None, Worse};
        assert_eq!(verdicts(Better, Worse, Worse), [Better, Incomparable, Worse]);
        assert_eq!(verdicts(Worse, Better, Worse), [Worse, Incomparable, Worse]);
        assert_eq!(verdicts(Better, Better, Better), [Better, Better, Better]);
        assert_eq!(verdicts(None, Worse, Worse), [None, Worse, Worse]);
    }

    #[test]
    fn fewer_charged_twice_of_fewer_served_is_no_advantage() {
        let counts = |values: [f64; 3]| values.map(Some).to_vec();
        let (many, few) = (counts([100.0, 110.0, 90.0]), counts([50.0, 56.0, 44.0]));
        let served = |values: [f64; 3]| counts(values);
        let (all, half) = (served([1_000.0, 1_010.0, 990.0]), served([500.0, 505.0, 495.0]));
        let is = |counts: [&Vec<Option<f64>>; 2], served: [&Vec<Option<f64>>; 2], verdict| {
            let [counts, served] = [counts, served].map(|both| both.map(Clone::clone));
            is_for_fewer(&counts, verdict, &[served], (0.95, LEAST_DIFFERENCE))
        };
        use Advantage::{Better, None, Same, Worse};
        // Half as many of half as many, on either side.
        assert!(is([&many, &few], [&all, &half], Better));
        assert!(is([&few, &many], [&half, &all], Worse));
        // Of as many, or of more, it is an advantage; and a tenth as many of half as many is one.
        assert!(!is([&many, &few], [&all, &all], Better));
        assert!(!is([&many, &few], [&half, &all], Better));
        assert!(!is([&many, &counts([10.0, 11.0, 9.0])], [&all, &half], Better));
        // Where nobody is served, there is none for each.
        assert!(is([&many, &few], [&all, &counts([0.0; 3])], Better));
        assert!(!is([&many, &many], [&all, &half], Same) && !is([&many, &few], [&all, &half], None));
    }

    #[test]
    fn verdicts_know_which_end_is_good() {
        let up = [Some(1.0), Some(2.0), Some(3.0)];
        let more = [Some(2.0), Some(3.0), Some(4.0)];
        assert_eq!(of(Good::Less, &up, &more).verdict, Advantage::Worse);
        assert_eq!(of(Good::More, &up, &more).verdict, Advantage::Better);
        assert_eq!(of(Good::Neither, &up, &more).verdict, Advantage::Differs);
        assert_eq!(of(Good::Less, &up, &up).verdict, Advantage::Same);
        let mixed = [Some(2.0), Some(1.0), Some(3.5)];
        assert_eq!(of(Good::Less, &up, &mixed).verdict, Advantage::None);
    }
}
