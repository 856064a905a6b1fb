//! A scenario with less load and all else as it is, so that a test can see the whole of an incident.

/// The text of a scenario with every rate of its load divided by `by`.
pub(crate) fn thinned(scenario: &str, by: f64) -> String {
    let mut is_load = false;
    let line = |line: &str| {
        let is_key = line.starts_with(|first: char| first.is_ascii_alphabetic());
        is_load = if is_key { line.starts_with("load:") } else { is_load };
        if is_load { with_less(line, by) } else { line.to_owned() }
    };
    scenario.lines().map(line).collect::<Vec<_>>().join("\n") + "\n"
}

/// A line with every rate a second divided.
fn with_less(line: &str, by: f64) -> String {
    let mut pieces = line.split("/s").peekable();
    let mut text = String::new();
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            text += piece;
            break;
        }
        let number = piece.trim_end_matches(|last: char| last.is_ascii_digit() || last == '.').len();
        let rate = piece[number..].parse::<f64>().expect("a rate a second");
        text += &format!("{}{}/s", &piece[..number], rate / by);
    }
    text
}

#[test]
fn only_the_load_is_thinned() {
    let text = "warm: {rate: 100/s}\nload:\n  a: {rate: 160/s}\n  b: {stages: [{hold: 1m, rate: 5/s}, {ramp-to: 20/s, over: 2m}]}\nnext: 7/s\n";
    let expected = "warm: {rate: 100/s}\nload:\n  a: {rate: 16/s}\n  b: {stages: [{hold: 1m, rate: 0.5/s}, {ramp-to: 2/s, over: 2m}]}\nnext: 7/s\n";
    assert_eq!(thinned(text, 10.0), expected);
}
