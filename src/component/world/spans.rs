//! Spans of the record that begin with something that happens in the run.

use super::World;
use crate::engine::Core;
use crate::record::{Anchor, HappeningKind};
use crate::units::{Instant, Span};

/// Anchors whose happening has not come, and where to cut for those whose has.
#[derive(Debug, Default)]
pub(super) struct Spans {
    waiting: Vec<Anchor>,
    cuts: Vec<Instant>,
}

impl Spans {
    /// Takes note of something that happened.
    pub(super) fn note(&mut self, at: Instant, kind: HappeningKind, subject: &str) {
        let Spans { waiting, cuts } = self;
        waiting.retain(|anchor| {
            let met = anchor.is_met_by(kind, subject);
            if met {
                let (from, to) = anchor.span_from(at, Instant::START + Span::MAX);
                cuts.extend([from, to]);
            }
            !met
        });
    }
}

impl World<'_> {
    /// Has the record cut where these spans begin and end.
    pub fn cut_at(&mut self, anchors: impl IntoIterator<Item = Anchor>) {
        self.spans.waiting.extend(anchors);
    }

    pub(super) fn cut_record(&mut self, core: &mut Core<'_>) {
        for at in self.spans.cuts.drain(..) {
            core.cut(at);
        }
    }
}
