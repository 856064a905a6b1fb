//! What is told of a file before it is read as YAML is not told of a text that was read before, and explains what is told of the
//! same place.

use crate::scenario::code::Code;
use crate::scenario::diagnostic::Diagnostic;

/// What is told when a file is opened.
const OF_OPENING: [Code; 3] = [Code::NotUtf8, Code::Stray, Code::Leftover];

/// The mistakes of files as they are written, of which some were told when they were opened.
pub(super) fn heeded(first: &[Diagnostic], mut left: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let is = |it: &Diagnostic, code: Code| it.code == code.number();
    let opened: Vec<&Diagnostic> =
        first.iter().filter(|it| OF_OPENING.iter().any(|code| is(it, *code))).collect();
    if opened.is_empty() {
        return left;
    }
    left.retain(|it| {
        let explains = |told: &&Diagnostic| {
            told.file == it.file
                // Whatever stands in the place of a template is no mistake, and what is no character no name.
                && (is(told, Code::Leftover) && told.line == it.line
                    || is(told, Code::NotUtf8) && it.cause.contains(['\u{FFFD}']))
        };
        OF_OPENING.iter().any(|code| is(it, *code)) || !opened.iter().any(explains)
    });
    for told in opened {
        if !left.contains(told) {
            left.push(told.clone());
        }
    }
    left
}
