//! When what an interval shows began within it: with the fault or step that brought it.

use super::onsets::Names;
use crate::record::{Happening, HappeningKind};

/// When something is known from that an interval shows which begins at a time \[s]; with the part of the interval in which it
/// was so, where its values tell.
///
/// Nothing is told to precede what brought it: where faults or steps fall into the interval, it is dated to one of them. Of
/// several it is the one next to when it began by its part; where that is not known, a fault rather than a step, and the first.
pub(super) fn known_from(
    names: &Names<'_>,
    happenings: &[Happening],
    begins_s: f64,
    part: Option<f64>,
) -> f64 {
    let takes_away =
        |it: &&Happening| matches!(it.kind, HappeningKind::FaultBegan | HappeningKind::FailedOver);
    let brings = |it: &&Happening| {
        takes_away(it) || matches!(it.kind, HappeningKind::FaultEnded | HappeningKind::StepDone)
    };
    let ends_s = begins_s + names.interval_s;
    let within = |it: &&Happening| {
        let at_s = it.at.as_secs_f64();
        at_s >= begins_s - 1e-9 && at_s < ends_s - 1e-9
    };
    let all: Vec<&Happening> = happenings.iter().filter(brings).filter(within).collect();
    let nearest = |part: f64| {
        let began_s = ends_s - part.clamp(0.0, 1.0) * names.interval_s;
        let way = |it: &Happening| (it.at.as_secs_f64() - began_s).abs();
        all.iter().min_by(|a, b| way(a).total_cmp(&way(b)))
    };
    let found = match part {
        Some(part) => nearest(part),
        None => all.iter().find(|it| takes_away(it)).or(all.first()),
    };
    found.map_or(begins_s, |it| it.at.as_secs_f64()).max(names.from_s)
}

/// The part of an interval in which a value was no longer what it was before, by the next interval, all of which is different;
/// `None` where the values do not tell.
pub(super) fn part(before: f64, first: f64, next: f64) -> Option<f64> {
    let part = (first - before) / (next - before);
    part.is_finite().then_some(part.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{Instant, Span};

    fn happening(at_s: u64, kind: HappeningKind) -> Happening {
        Happening {
            at: Instant::START + Span::from_secs(at_s),
            kind,
            subject: String::new(),
            detail: String::new(),
            team: String::new(),
        }
    }

    fn names(interval_s: f64, from_s: f64) -> Names<'static> {
        Names {
            operations: &[],
            stations: &[],
            observables: &[],
            interval_s,
            calm: &(0..3),
            from_s,
            harms: &[],
        }
    }

    #[test]
    fn what_an_interval_shows_is_not_dated_before_what_brought_it() {
        // The incident begins within the interval from 30 s on.
        let names = names(10.0, 33.0);
        let all = [happening(33, HappeningKind::FaultBegan), happening(47, HappeningKind::StepDone)];
        assert_eq!(known_from(&names, &all, 30.0, None), 33.0);
        assert_eq!(known_from(&names, &all, 40.0, None), 47.0);
        assert_eq!(known_from(&names, &all, 50.0, None), 50.0);
        assert_eq!(known_from(&names, &[], 30.0, None), 33.0);
        // Alerts bring nothing about.
        assert_eq!(known_from(&names, &[happening(52, HappeningKind::AlertFiring)], 50.0, None), 50.0);
    }

    #[test]
    fn of_several_in_an_interval_the_values_tell_which_brought_it() {
        use HappeningKind::{FaultBegan, StepDone};
        let names = names(60.0, 60.0);
        let all = [happening(302, StepDone), happening(310, FaultBegan), happening(340, FaultBegan)];
        // A third of what the next interval shows: it was so for a third of the time.
        assert_eq!(part(0.0, 0.25, 0.75), Some(1.0 / 3.0));
        assert_eq!(known_from(&names, &all, 300.0, part(0.0, 0.25, 0.75)), 340.0);
        assert_eq!(known_from(&names, &all, 300.0, part(0.9, 0.0, 0.0)), 302.0);
        assert_eq!(known_from(&names, &all, 300.0, Some(0.8)), 310.0);
        // Nobody knows: a fault, and the first.
        assert_eq!(known_from(&names, &all, 300.0, part(0.5, 0.5, 0.5)), 310.0);
        assert_eq!(known_from(&names, &all[..1], 300.0, None), 302.0);
        assert_eq!(part(0.5, 0.5, 0.5), None);
        assert_eq!(part(0.0, 2.0, 1.0), Some(1.0));
    }
}
