//! Windows over a plot: their shades, and their names in a strip above it.

use super::canvas::text_width;
use crate::experiment::Results;
use crate::report::numbers::setting;

/// A window as charts show it.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    /// Its name.
    pub(super) name: String,
    /// Its ends \[s].
    pub(super) span_s: (f64, f64),
    /// Whether it is shaded: every other window is.
    pub(super) shaded: bool,
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
/// What the left-out start is called.
const WARM_UP: &str = "warm-up";
/// Rows of tags at most, for windows that overlap.
const ROWS: usize = 2;

impl Strip {
    /// Lays out the windows over plots of this width \[px].
    pub(super) fn new(results: &Results, plot_px: f64) -> Self {
        let end_s = results.duration.as_secs_f64().max(1e-9);
        let warm_up_s = results.warm_up.as_secs_f64();
        let has_warm_up = warm_up_s > 0.01 * end_s;
        let mut marks = Vec::new();
        if results.windows.len() > 1 {
            marks.extend(results.windows.iter().enumerate().map(|(index, window)| Mark {
                name: window.name.clone(),
                span_s: (window.from.as_secs_f64(), window.to.as_secs_f64()),
                shaded: index % 2 == 1,
            }));
        }
        if has_warm_up {
            marks.push(Mark { name: WARM_UP.to_owned(), span_s: (0.0, warm_up_s), shaded: false });
        }
        let windows = marks.len() - usize::from(has_warm_up);
        let names: Vec<String> = marks.iter().map(|mark| mark.name.clone()).collect();
        let letters: Vec<String> =
            (0..windows).map(letter).chain(has_warm_up.then(|| WARM_UP.to_owned())).collect();
        let all = tags(&marks, &names, (plot_px, end_s), true);
        let without_warm_up = || tags(&marks[..windows], &names, (plot_px, end_s), true);
        let (tags, lettered) = match all.or_else(without_warm_up) {
            Some(tags) => (tags, false),
            None => (tags(&marks[..windows], &letters, (plot_px, end_s), false).unwrap_or_default(), true),
        };
        let mut key: Vec<String> = Vec::new();
        if lettered {
            key.extend(
                letters.iter().zip(&names).take(windows).map(|(letter, name)| format!("{letter}: {name}")),
            );
        }
        if has_warm_up && tags.iter().all(|tag| tag.text != WARM_UP) {
            key.push(format!("warm-up: the first {}", setting(warm_up_s)));
        }
        let rows = tags.iter().map(|tag| tag.row + 1).max().unwrap_or(0);
        Self { marks, tags, key: key.join(" · "), rows }
    }
}

fn letter(index: usize) -> String {
    match u8::try_from(index) {
        Ok(index) if index < 26 => char::from(b'A' + index).to_string(),
        Ok(_) | Err(_) => (index + 1).to_string(),
    }
}

/// Tags over their windows that do not touch; `None` where one has no room and `all` are needed. A tag may be
/// somewhat wider than its window, but stays over the plot.
fn tags(marks: &[Mark], texts: &[String], (plot_px, end_s): (f64, f64), all: bool) -> Option<Vec<Tag>> {
    const APART: f64 = 8.0;
    const WIDER: f64 = 1.4;
    let scale = plot_px / end_s;
    let mut tags: Vec<Tag> = Vec::new();
    for (mark, text) in marks.iter().zip(texts) {
        let width = text_width(text, TAG);
        let span_px = (mark.span_s.1 - mark.span_s.0) * scale;
        let half = (width / 2.0 + 2.0).min(plot_px / 2.0);
        let middle_px = ((mark.span_s.0 + mark.span_s.1) / 2.0 * scale).clamp(half, plot_px - half);
        let free = |row: usize| {
            tags.iter().filter(|tag| tag.row == row).all(|tag| {
                let apart = (text_width(&tag.text, TAG) + width) / 2.0 + APART;
                (tag.middle_px - middle_px).abs() >= apart
            })
        };
        match (0..ROWS).find(|row| free(*row)) {
            Some(row) if !all || width <= span_px * WIDER => {
                tags.push(Tag { text: text.clone(), middle_px, row });
            }
            Some(_) | None if all => return None,
            Some(_) | None => {}
        }
    }
    Some(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(name: &str, from_s: f64, to_s: f64) -> Mark {
        Mark { name: name.to_owned(), span_s: (from_s, to_s), shaded: false }
    }

    #[test]
    fn windows_that_overlap_are_named_in_two_rows() {
        let marks = [mark("whole", 0.0, 100.0), mark("surge", 40.0, 60.0)];
        let names = marks.clone().map(|mark| mark.name);
        let tags = tags(&marks, &names, (500.0, 100.0), true).expect("room for both");
        assert_eq!(tags.iter().map(|tag| tag.row).collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn a_name_much_wider_than_its_window_has_no_room() {
        let marks = [mark("a long name for a short window", 0.0, 1.0)];
        let names = marks.clone().map(|mark| mark.name);
        assert!(tags(&marks, &names, (500.0, 100.0), true).is_none());
    }
}
