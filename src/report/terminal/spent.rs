//! What the response times went into of the operations that suffer.

use super::summary::Page;
use super::text::{INDENT, Tone, labelled};
use crate::record::TimePart;
use crate::report::spent::{of_index, operations};

/// An operation suffers whose mean response time is this many times as long as in the first window.
const LONGER: f64 = 1.5;
/// Operations at most.
const ROWS: usize = 3;

/// The block; nothing where there is one window only, or nobody suffers.
pub(super) fn blocks(page: &Page<'_>) -> Vec<Vec<String>> {
    let (Some(first), Some(main)) = (page.results.windows.first(), page.main_window()) else {
        return Vec::new();
    };
    if page.main == 0 {
        return Vec::new();
    }
    let mut suffer: Vec<(f64, String, String)> = Vec::new();
    for index in operations(page.results) {
        let (calm, now) = (of_index(first, index), of_index(main, index));
        let (Some(calm), Some(now)) =
            (calm.iter().find(|spent| spent.served), now.iter().find(|spent| spent.served))
        else {
            continue;
        };
        let factor = now.total_s() / calm.total_s();
        if factor >= LONGER {
            let words = format!("{} (before {})", now.words(TimePart::name), calm.words(TimePart::name));
            suffer.push((factor, main.operations[index].name.name.clone(), words));
        }
    }
    suffer.sort_by(|a, b| b.0.total_cmp(&a.0));
    suffer.truncate(ROWS);
    if suffer.is_empty() {
        return Vec::new();
    }
    let title = format!("{:INDENT$}what mean response times went into, {}", "", main.name);
    let mut lines = vec![page.paint.tone(&title, Tone::Faint)];
    for (_, name, words) in suffer {
        lines.extend(labelled("", &format!("{name} {words}"), page.width(), page.paint));
    }
    vec![lines]
}
