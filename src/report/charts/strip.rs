//! Windows over a plot: their shades, and their names in a strip above it.

use super::canvas::text_width;
use crate::experiment::Results;

/// A window as charts show it.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    /// Its name.
    pub(super) name: String,
    /// Its ends \[s].
    pub(super) span_s: (f64, f64),
}

/// A name above a plot.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tag {
    /// What it says: the name, or a letter.
    pub(super) text: String,
    /// Its middle, from the left end of the plot \[px].
    pub(super) middle_px: f64,
    /// Its row, from the plot upwards.
    pub(super) row: usize,
}

/// Windows of a run as they appear over each plot of a given width.
#[derive(Clone, Debug)]
pub(super) struct Strip {
    /// All windows, and the warm-up.
    pub(super) marks: Vec<Mark>,
    /// Their tags; a window without room has none.
    pub(super) tags: Vec<Tag>,
    /// What letters stand for; empty where names are written out.
    pub(super) key: String,
    /// Rows that tags take.
    pub(super) rows: usize,
}

/// Size of tags \[px].
pub(super) const TAG: f64 = 11.0;
/// Rows of tags at most, for windows that overlap.
const ROWS: usize = 2;

impl Strip {
    /// Lays out the windows over plots of this width \[px].
    pub(super) fn new(results: &Results, plot_px: f64) -> Self {
        let end_s = results.duration.as_secs_f64().max(1e-9);
        let mut marks = Vec::new();
        let warm_up_s = results.warm_up.as_secs_f64();
        let plain = results.windows.len() == 1;
        if warm_up_s > 0.01 * end_s {
            marks.push(Mark { name: "warm-up".to_owned(), span_s: (0.0, warm_up_s) });
        }
        if !plain {
            marks.extend(results.windows.iter().map(|window| Mark {
                name: window.name.clone(),
                span_s: (window.from.as_secs_f64(), window.to.as_secs_f64()),
            }));
        }
        let scale = plot_px / end_s;
        let names: Vec<String> = marks.iter().map(|mark| mark.name.clone()).collect();
        let (tags, key) = match tags(&marks, &names, scale, true) {
            Some(tags) => (tags, String::new()),
            None => {
                let letters: Vec<String> = (0..marks.len()).map(letter).collect();
                let key = letters.iter().zip(&names).map(|(letter, name)| format!("{letter} {name}"));
                let key = key.collect::<Vec<_>>().join("   ");
                (tags(&marks, &letters, scale, false).unwrap_or_default(), key)
            }
        };
        let rows = tags.iter().map(|tag| tag.row + 1).max().unwrap_or(0);
        Self { marks, tags, key, rows }
    }
}

fn letter(index: usize) -> String {
    match u8::try_from(index) {
        Ok(index) if index < 26 => char::from(b'A' + index).to_string(),
        Ok(_) | Err(_) => (index + 1).to_string(),
    }
}

/// Tags that lie over their windows and do not touch; `None` where one has no room and `all` are needed.
fn tags(marks: &[Mark], texts: &[String], scale: f64, all: bool) -> Option<Vec<Tag>> {
    const APART: f64 = 6.0;
    let mut tags: Vec<Tag> = Vec::new();
    for (mark, text) in marks.iter().zip(texts) {
        let width = text_width(text, TAG);
        let middle_px = (mark.span_s.0 + mark.span_s.1) / 2.0 * scale;
        let span_px = (mark.span_s.1 - mark.span_s.0) * scale;
        let free = |row: usize| {
            tags.iter().filter(|tag| tag.row == row).all(|tag| {
                let half = (text_width(&tag.text, TAG) + width) / 2.0 + APART;
                (tag.middle_px - middle_px).abs() >= half
            })
        };
        let row = (0..ROWS).find(|row| free(*row));
        match row {
            Some(row) if !all || width + 2.0 <= span_px => {
                tags.push(Tag { text: text.clone(), middle_px, row });
            }
            Some(_) | None if all => return None,
            Some(_) | None => {}
        }
    }
    Some(tags)
}
