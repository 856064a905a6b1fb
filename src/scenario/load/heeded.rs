//! What is told of a file before it is read as YAML is not told of a text that was read before.

use crate::scenario::code::Code;
use crate::scenario::diagnostic::Diagnostic;

/// The mistakes of files as they are written, of which some are not text in UTF-8: that is told of them as it was `first`, and
/// what stands in the place of such a byte is no name.
pub(super) fn heeded(first: &[Diagnostic], mut left: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let is_told = |it: &Diagnostic| it.code == Code::NotUtf8.number();
    let told: Vec<&Diagnostic> = first.iter().filter(|it| is_told(it)).collect();
    let follows =
        |it: &Diagnostic| it.cause.contains('\u{FFFD}') && told.iter().any(|told| told.file == it.file);
    left.retain(|it| is_told(it) || !follows(it));
    for told in told {
        if !left.contains(told) {
            left.push(told.clone());
        }
    }
    left
}
