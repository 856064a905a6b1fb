//! A span of a run that begins with something that happens in it.

use super::happening::{Happening, HappeningKind};
use crate::units::{Instant, Span};

/// A span that begins a while after something happened for the first time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// What has to happen.
    pub kind: HappeningKind,
    /// To whom: the fault, store, alert or step.
    pub subject: String,
    /// How long after it the span begins.
    pub delay: Span,
    /// How long the span is; without it, to the end of the run.
    pub lasts: Option<Span>,
}

impl Anchor {
    /// Whether this is what the anchor waits for.
    pub fn is_met_by(&self, kind: HappeningKind, subject: &str) -> bool {
        self.kind == kind && self.subject == subject
    }

    /// The span, where what it begins with happens at `at`; a span without a length ends where it begins.
    pub fn span_from(&self, at: Instant, end: Instant) -> (Instant, Instant) {
        let from = at + self.delay;
        (from, self.lasts.map_or(end, |lasts| from + lasts))
    }

    /// The span in a run with these happenings that ends at `end`; `None` if it never began, or had not ended when the
    /// run did.
    pub fn span_in(&self, happenings: &[Happening], end: Instant) -> Option<(Instant, Instant)> {
        let first = happenings.iter().find(|it| self.is_met_by(it.kind, &it.subject))?;
        let (from, to) = self.span_from(first.at, end);
        (from < to && to <= end).then_some((from, to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> Instant {
        Instant::START + Span::from_secs(secs)
    }

    #[test]
    fn a_span_begins_with_the_first_of_its_kind_and_has_to_fit_into_the_run() {
        let fires = |secs| Happening {
            at: at(secs),
            kind: HappeningKind::AlertFiring,
            subject: "CacheDown".to_owned(),
            detail: String::new(),
            team: String::new(),
        };
        let anchor = |lasts: Option<u64>| Anchor {
            kind: HappeningKind::AlertFiring,
            subject: "CacheDown".to_owned(),
            delay: Span::from_secs(10),
            lasts: lasts.map(Span::from_secs),
        };
        let happenings = [fires(60), fires(90)];
        assert_eq!(anchor(Some(30)).span_in(&happenings, at(100)), Some((at(70), at(100))));
        assert_eq!(anchor(None).span_in(&happenings, at(200)), Some((at(70), at(200))));
        assert_eq!(anchor(Some(31)).span_in(&happenings, at(100)), None, "it does not fit");
        assert_eq!(anchor(None).span_in(&happenings, at(70)), None, "nothing is left");
        assert_eq!(anchor(None).span_in(&[], at(200)), None, "it never happened");
        let other = Anchor { kind: HappeningKind::Notified, ..anchor(None) };
        assert_eq!(other.span_in(&happenings, at(200)), None);
    }
}
