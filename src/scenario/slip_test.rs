//! What may have been meant by single lines.

use super::slip::Lines;

/// That a text is among those that a line may have been meant by, what is said of it, and that it is as long.
#[track_caller]
fn check(text: &str, line: usize, meant: &str, said: &str) {
    let slips = Lines::of(text).slips(line);
    let found: Vec<String> = slips.iter().map(|slip| slip.mended(text)).collect();
    let at = found.iter().position(|it| it == meant);
    let slip = &slips[at.unwrap_or_else(|| panic!("{found:#?}"))];
    assert_eq!(format!("{}; {}", slip.cause, slip.remedy), said);
    assert_eq!(meant.lines().count(), text.lines().count());
    assert!(slip.at <= text.lines().nth(slip.line).unwrap().len());
}

#[test]
fn signs_that_are_missing() {
    check("a 1\n", 0, "a: 1\n", "there is no `:` behind `a`; write `a: 1`");
    check("a\n  b: 1\n", 0, "a:\n  b: 1\n", "there is no `:` behind `a`; write `a:`");
    check("a {b: 1}", 0, "a: {b: 1}", "there is no `:` behind `a`; write `a: {b: 1}`");
    check("a:1 # so\n", 0, "a: 1 # so\n", "there is no space behind `a:`; write `a: 1 # so`");
    check("a: {b 1, c: 2}", 0, "a: {b: 1, c: 2}", "there is no `:` behind `b`; write `a: {b: 1, c: 2}`");
    check(
        "a: {b: 1 c: 2}",
        0,
        "a: {b: 1, c: 2}",
        "there is no comma between two entries; write `a: {b: 1, c: 2}`",
    );
    check("-a: 1\n", 0, "- a: 1\n", "there is no space behind `-`; write `- a: 1`");
}

#[test]
fn brackets_and_quotes() {
    check("a: [{b: 1]", 0, "a: [{b: 1}]", "`{` is never closed; write `a: [{b: 1}]`");
    check("a: [b, c # [", 0, "a: [b, c] # [", "`[` is never closed; write `a: [b, c] # [`");
    check("a: b: 1}", 0, "a: {b: 1}", "`}` closes what was never opened; write `a: {b: 1}`");
    check("a: 1}", 0, "a: 1", "`}` closes what was never opened; write `a: 1`");
    check(
        "a: {b: \"1, c: 2}",
        0,
        "a: {b: \"1\", c: 2}",
        "this quote is never closed; write `a: {b: \"1\", c: 2}`",
    );
    check(
        "a: {b: 1\", c: 2}",
        0,
        "a: {b: \"1\", c: 2}",
        "this quote opens nothing; write `a: {b: \"1\", c: 2}`",
    );
    check(
        "a: >= 3\n",
        0,
        "a: \">= 3\"\n",
        "this value needs quotes: it has signs that mean something in YAML; write `a: \">= 3\"`",
    );
}

#[test]
fn lines_that_stand_elsewhere() {
    check(
        "a:\n  b: 1\n   c: 2\n",
        2,
        "a:\n  b: 1\n  c: 2\n",
        "`c` stands 1 column too far right; begin it in column 3",
    );
    check(
        "a:\n  b: 1\nc: 2\n",
        2,
        "a:\n  b: 1\n  c: 2\n",
        "`c` stands 2 columns too far left; begin it in column 3",
    );
    check(
        "a:\n  b:\n    c: 2\n  d: 1\n",
        1,
        "a:\nb:\n  c: 2\n  d: 1\n",
        "`b` stands 2 columns too far right; begin it in column 1, with what is below it",
    );
    check(
        "a:\n  - b: 1\n    c: 2\n",
        2,
        "a:\n  - b: 1\n  - c: 2\n",
        "there is no `- ` in front of this item; write `- c: 2`",
    );
    check(
        "a:\n  b: 1\n---\nc: 2\n",
        2,
        "a:\n  b: 1\n\nc: 2\n",
        "a second document starts in this file; remove the `---`, or put what is behind it in a file of its own",
    );
}

#[test]
fn a_place_is_given_as_it_is_written() {
    let text = "a:\n    b 1x\n";
    let slips = Lines::of(text).slips(1);
    let colon = slips.iter().find(|it| it.mended(text) == "a:\n    b: 1x\n").unwrap();
    // The value is in column 8 of what was meant, and in column 7 of what is written.
    assert_eq!(colon.column_as_written(text, 1, 8), 7);
    assert_eq!((colon.column_as_written(text, 1, 3), colon.column_as_written(text, 0, 3)), (3, 3));
}

#[test]
fn nothing_is_too_odd_to_be_looked_at() {
    for text in [
        "",
        "\n",
        "-",
        "- ",
        ":",
        "\"",
        "{",
        "}",
        "é: \"é",
        "- - {é",
        "   ",
        "#",
        "a: é}",
        "\u{1F600} {: }, \" # é",
    ] {
        for line in 0..3 {
            for slip in Lines::of(text).slips(line) {
                slip.mended(text);
                slip.column_as_written(text, line, 3);
            }
        }
    }
}

#[test]
fn tabs_are_blanks() {
    let text = "a:\n  - b: 1\n\t  c: 2\n  d:\n\te: 3\n";
    let slips = Lines::of(text).without_tabs();
    let found: Vec<String> = slips.iter().map(|slip| slip.mended(text)).collect();
    assert_eq!(found[0], "a:\n  - b: 1\n    c: 2\n  d:\n  e: 3\n");
    assert!(found.contains(&"a:\n  - b: 1\n      c: 2\n  d:\n    e: 3\n".to_owned()));
    assert_eq!((slips[0].line, slips[0].at), (2, 0));
    assert!(Lines::of("a: 1\n# \t\n\t\n").without_tabs().is_empty());
}
