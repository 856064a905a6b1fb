//! The summary as a whole.

use super::text::{Paint, Tone, shortened, width};
use super::{busiest, claims, headline, judgement, operations, outcomes, plain, spent, story};
use crate::component::StationKind;
use crate::experiment::{Results, WindowResults};
use crate::units::Span;

/// What the summary cannot know from results.
#[derive(Clone, Debug)]
pub struct SummaryOptions {
    /// Columns to use at most. Range: 60 and more.
    pub width: usize,
    /// Whether to colour.
    pub colour: bool,
    /// How long the runs took, if that is to be shown.
    pub elapsed: Option<Span>,
    /// The folder that was written, if one was.
    pub output_folder: Option<String>,
    /// What it holds, such as `6 csv`, the most useful first.
    pub outputs: Vec<String>,
    /// How many parameters have no source, of how many.
    pub assumed: Option<(u32, u32)>,
    /// The command to look at next.
    pub next: Option<String>,
}

impl Default for SummaryOptions {
    fn default() -> Self {
        Self {
            width: 100,
            colour: false,
            elapsed: None,
            output_folder: None,
            outputs: Vec::new(),
            assumed: None,
            next: None,
        }
    }
}

/// The summary of a run: what happened, the evidence, and where to look next.
pub fn summary(results: &Results, options: &SummaryOptions) -> String {
    let page = Page { results, options, paint: Paint { colour: options.colour }, main: main_window(results) };
    let evidence = match plain::stations(results) {
        Some(window) => plain::blocks(&page, window),
        None => {
            [story::blocks(&page), operations::blocks(&page), spent::blocks(&page), busiest::blocks(&page)]
                .concat()
        }
    };
    let mut blocks = vec![headline::title(&page), headline::answer(&page)];
    blocks.extend(evidence);
    blocks.extend(outcomes::blocks(&page));
    blocks.extend(claims::blocks(&page));
    blocks.push(judgement::judgement(&page));
    blocks.push(judgement::next(&page));
    blocks.retain(|block| !block.is_empty());
    let mut text = blocks.iter().map(|block| block.join("\n")).collect::<Vec<_>>().join("\n\n");
    text.push('\n');
    text
}

/// Everything the parts of the summary need.
pub(super) struct Page<'a> {
    /// The results.
    pub(super) results: &'a Results,
    /// What the caller added.
    pub(super) options: &'a SummaryOptions,
    /// The colours.
    pub(super) paint: Paint,
    /// Index of the window where it matters.
    pub(super) main: usize,
}

impl Page<'_> {
    /// Columns to use.
    pub(super) fn width(&self) -> usize {
        self.options.width.max(60)
    }

    /// The window where it matters.
    pub(super) fn main_window(&self) -> Option<&WindowResults> {
        self.results.windows.get(self.main)
    }

    /// A text on the left and one on the right end of the line, or below where both do not fit.
    pub(super) fn spread(&self, left: &str, right: &str) -> Vec<String> {
        let used = width(left) + width(right);
        let left_painted = self.paint.tone(left, Tone::Strong);
        let right_painted = self.paint.tone(right, Tone::Faint);
        if used + 2 <= self.width() {
            vec![format!("{left_painted}{:1$}{right_painted}", "", self.width() - used)]
        } else {
            vec![self.paint.tone(&shortened(left, self.width()), Tone::Strong), right_painted]
        }
    }
}

/// The window of the bottleneck; without one, that in which some operation fails most, or a station is busiest.
fn main_window(results: &Results) -> usize {
    if let Some(bottleneck) = &results.bottleneck {
        return bottleneck.window;
    }
    let score = |window: &WindowResults| {
        let failed = window.operations.iter().map(|operation| operation.failed_share.mean);
        let used = window
            .stations
            .iter()
            .filter(|station| station.name.kind != StationKind::Locks)
            .map(|station| station.utilisation.mean);
        let most = |values: &mut dyn Iterator<Item = f64>| {
            values.filter(|value| value.is_finite()).fold(0.0, f64::max)
        };
        most(&mut failed.into_iter()) + most(&mut used.into_iter())
    };
    let mut best = (0, f64::NEG_INFINITY);
    for (index, window) in results.windows.iter().enumerate() {
        let score = score(window);
        if score > best.1 {
            best = (index, score);
        }
    }
    best.0
}
