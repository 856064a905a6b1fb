//! From stages as typed to a curve.

use super::curve::{Curve, Piece, Shape};
use super::error::{StageProblem, WorkloadError};
use super::spec::{DiurnalSpec, StageSpec};
use crate::units::{Rate, Span};

const STAGES_MAX: usize = 10_000;

/// What one stage does, checked by itself.
#[derive(Clone, Copy, Debug)]
enum Stage {
    Hold { length: Span, rate: Option<Rate> },
    Ramp { length: Span, to: Rate },
    Spike { length: Span, to: Rate },
    Diurnal { length: Span, wave: DiurnalSpec },
}

/// Checks the stages and joins them to a curve.
pub(super) fn curve(stages: &[StageSpec]) -> Result<Curve, WorkloadError> {
    if stages.is_empty() || stages.len() > STAGES_MAX {
        return Err(WorkloadError::Stages { stages: stages.len(), limit: STAGES_MAX });
    }
    let mut pieces = Vec::with_capacity(stages.len());
    let mut before = None;
    let mut start = Span::ZERO;
    for (index, spec) in stages.iter().enumerate() {
        let wrong = |problem| WorkloadError::Stage { stage: index + 1, problem };
        let stage = Stage::check(spec).map_err(wrong)?;
        let (length, shape, after) = stage.shape(before).map_err(wrong)?;
        before = Some(after);
        pieces.push(Piece { start: start.as_nanos(), length: length.as_nanos() as f64, shape });
        start += length;
    }
    Ok(Curve::new(pieces, before.unwrap_or_default()))
}

/// What is wrong with each stage, the length of the list apart.
pub(super) fn problems(stages: &[StageSpec]) -> Vec<WorkloadError> {
    let mut found = Vec::new();
    // Behind a stage that is wrong there is some rate, which nobody knows.
    let mut before = None;
    for (index, spec) in stages.iter().enumerate() {
        let problem = match Stage::check(spec).and_then(|stage| stage.shape(before)) {
            Ok((.., after)) => {
                before = Some(after);
                continue;
            }
            Err(problem) => problem,
        };
        before = before.or(Some(0.0));
        found.push(WorkloadError::Stage { stage: index + 1, problem });
    }
    found
}

/// Events per nanosecond.
pub(super) fn per_nano(rate: Rate) -> f64 {
    rate.as_per_second() / 1e9
}

impl Stage {
    fn check(spec: &StageSpec) -> Result<Stage, StageProblem> {
        let kinds = [
            ("hold", spec.hold.is_some()),
            ("ramp-to", spec.ramp_to.is_some()),
            ("spike-to", spec.spike_to.is_some()),
            ("diurnal", spec.diurnal.is_some()),
        ];
        let mut given = kinds.into_iter().filter(|(_, is)| *is).map(|(key, _)| key);
        let key = given.next().ok_or(StageProblem::Nothing)?;
        if let Some(other) = given.next() {
            return Err(StageProblem::Both { one: key, other });
        }
        let goes_with = |wanted: &[&str]| {
            let others =
                [("rate", spec.rate.is_some()), ("over", spec.over.is_some()), ("for", spec.r#for.is_some())];
            match others.into_iter().find(|(extra, is)| *is && !wanted.contains(extra)) {
                Some((extra, _)) => Err(StageProblem::Extra { key, extra }),
                None => Ok(()),
            }
        };
        let missing = |missing| StageProblem::Missing { key, missing };
        let lasting = |key, length: Span| {
            if length.is_zero() { Err(StageProblem::NoLength { key }) } else { Ok(length) }
        };
        if let Some(length) = spec.hold {
            goes_with(&["rate"])?;
            return Ok(Stage::Hold { length: lasting("hold", length)?, rate: spec.rate });
        }
        if let Some(to) = spec.ramp_to {
            goes_with(&["over"])?;
            return Ok(Stage::Ramp { length: spec.over.ok_or(missing("over"))?, to });
        }
        goes_with(&["for"])?;
        let length = lasting("for", spec.r#for.ok_or(missing("for"))?)?;
        match (spec.spike_to, spec.diurnal) {
            (Some(to), _) => Ok(Stage::Spike { length, to }),
            (None, Some(wave)) if wave.low > wave.high => {
                Err(StageProblem::LowAboveHigh { low: wave.low, high: wave.high })
            }
            (None, Some(wave)) => {
                lasting("period", wave.period)?;
                Ok(Stage::Diurnal { length, wave })
            }
            (None, None) => Err(StageProblem::Nothing),
        }
    }

    /// How long it lasts, what the rate does meanwhile, and the rate after it.
    fn shape(self, before: Option<f64>) -> Result<(Span, Shape, f64), StageProblem> {
        let flat = |rate| Shape::line(rate, rate, 0.0);
        match self {
            Stage::Hold { length, rate } => {
                let remedy = "add `rate`, as in `{hold: 5m, rate: 100/s}`";
                let missing = StageProblem::NoRateBefore { key: "hold", remedy };
                let rate = rate.map(per_nano).or(before).ok_or(missing)?;
                Ok((length, flat(rate), rate))
            }
            Stage::Ramp { length, to } => {
                let (from, to) = (before.unwrap_or_default(), per_nano(to));
                Ok((length, Shape::line(from, to, length.as_nanos() as f64), to))
            }
            Stage::Spike { length, to } => {
                let remedy = "put `{hold: 5m, rate: 100/s}` or a ramp before it";
                let after = before.ok_or(StageProblem::NoRateBefore { key: "spike-to", remedy })?;
                Ok((length, flat(per_nano(to)), after))
            }
            Stage::Diurnal { length, wave } => {
                let period = wave.period.as_nanos() as f64;
                let shape = Shape::Wave { low: per_nano(wave.low), high: per_nano(wave.high), period };
                let nanos = length.as_nanos() as f64;
                Ok((length, shape, shape.rate(nanos)))
            }
        }
    }
}
