//! The report for a ticket.

use super::facts::{About, Block, Section, sections, title};
use crate::experiment::Results;

/// The report as Markdown.
pub fn incident_md(results: &Results, about: &About<'_>) -> String {
    text(&title(results, about), &sections(results, about))
}

/// Sections as Markdown.
pub(super) fn text(title: &str, sections: &[Section]) -> String {
    let mut text = format!("# {}\n", escaped(title));
    for section in sections {
        // The picture is in the page and among the charts.
        let blocks: Vec<String> = section.blocks.iter().filter_map(block).collect();
        let blocks = match (blocks.is_empty(), has_timeline(&section.blocks)) {
            (true, true) => vec!["![](charts/timeline.svg)\n".to_owned()],
            _ => blocks,
        };
        text.push_str(&format!("\n## {}\n\n{}", escaped(&section.title), blocks.join("\n")));
    }
    text
}

fn has_timeline(blocks: &[Block]) -> bool {
    blocks.iter().any(|block| matches!(block, Block::Picture(_)))
}

fn block(block: &Block) -> Option<String> {
    Some(match block {
        Block::Text(text) => format!("{}\n", escaped(text)),
        Block::Facts(facts) => facts
            .iter()
            .map(|(label, value)| format!("- **{}**: {}\n", escaped(label), escaped(value)))
            .collect(),
        Block::List(items) => items.iter().map(|item| format!("- {}\n", escaped(item))).collect(),
        Block::Table(heads, rows) | Block::Spent(heads, rows) => {
            let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
            let mut table = line(heads.iter().map(|head| escaped(head)).collect());
            table.push_str(&format!("|{}\n", "---|".repeat(heads.len())));
            rows.iter().for_each(|row| table.push_str(&line(row.iter().map(|cell| escaped(cell)).collect())));
            table
        }
        Block::Picture(_) => return None,
        Block::Command(command) => format!("```sh\n{}\n```\n", command.replace("```", "")),
    })
}

/// What Markdown would take for markup.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '|' | '*' | '<' | '>' | '`' | '[' | ']' | '\\' => out.extend(['\\', c]),
            '_' if !text.starts_with("__") && !text.ends_with("__") => out.extend(['\\', c]),
            '\n' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
