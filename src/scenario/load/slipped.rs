//! Looks at files again without slips of the hand.
//!
//! One line that is indented otherwise than it should be, or lacks a sign, leads to many mistakes, or to one that says
//! little: nobody knows what belongs where any more. Where a file does not have its shape, what may have been meant by the lines
//! that mistakes are told of is tried; what makes most of them go away, and brings none, was meant. It is told, and the rest is
//! looked at as if it were written.

use std::collections::BTreeSet;
use std::path::Path;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::mended::load_and_mend;
use super::{Assemble, Loaded, Look, Overrides, heeded, load_with, open, twice};
use crate::component::Part;
use crate::component::deployment::DeploymentSpec;
use crate::component::operations::OperationsSpec;
use crate::scenario::code::Code;
use crate::scenario::decode::decode;
use crate::scenario::diagnostic::{Diagnostic, Diagnostics};
use crate::scenario::files::{Files, Reread};
use crate::scenario::parse::{parse, parse_all};
use crate::scenario::salvage::tabs;
use crate::scenario::slip::{Lines, Slip};
use crate::scenario::source::{Mark, Source};
use crate::scenario::spec::ScenarioSpec;
use crate::scenario::strays::{PLACE, strays};
use crate::scenario::watching::{alertmanager, rules};

/// So many slips are looked for.
const MOST_SLIPS: usize = 4;
/// So many lines of a file are looked at for one.
const MOST_LINES: usize = 24;
/// So many bytes are read for one, over all that may have been meant.
const MOST_BYTES: usize = 2_000_000;
/// The longest text \[bytes] that is looked at.
const LONGEST: usize = MOST_BYTES / 20;
/// So many texts are read for one.
const MOST_READ: usize = 200;
/// So often the whole system is looked at for one.
const MOST_TRIED: usize = 6;

/// So many mistakes may be found in a text that becomes YAML which were not told before: more would be due to a wrong guess.
const MOST_NEW: usize = 2;

/// Mistakes that a slip may have led to.
const OF_SHAPE: [Code; 10] = [
    Code::Syntax,
    Code::SeveralDocuments,
    Code::DuplicateKey,
    Code::KeyShape,
    Code::MissingKey,
    Code::Shape,
    Code::UnknownTag,
    Code::SingleTag,
    Code::UnknownKey,
    Code::NoValue,
];

/// A slip that was found: what is told of it, the file that it is in, and what it is.
type Found = (Vec<Diagnostic>, usize, Slip);

/// Loads a scenario; where its files have slips, with what is left without them.
pub(super) fn load_and_repair(
    scenario: &Path,
    overrides: &Overrides,
    files: &dyn Files,
    assemble: Assemble<'_>,
) -> Loaded {
    let first = load_and_mend(scenario, overrides, files, assemble);
    let mut texts: Vec<Source> = Vec::new();
    let mut slips: Vec<Found> = Vec::new();
    let mut diagnostics = first.diagnostics.clone();
    let mut strays = Vec::new();
    if let Some(found) = Cleared::of(&first) {
        let again = Reread { sources: &found.texts, files };
        let left = load_and_mend(scenario, overrides, &again, assemble).diagnostics;
        let left = found.unexplained(heeded(&first.diagnostics, left));
        if wrong(&left) < wrong(&first.diagnostics) {
            (texts, slips, strays, diagnostics) = (found.texts, found.lines, found.told, left);
        }
    }
    let lines = slips.len();
    while slips.len() < lines + MOST_SLIPS {
        let sources = if texts.is_empty() { &first.sources } else { &texts };
        let trial =
            Trial { scenario, overrides, files, assemble, sources, diagnostics: &diagnostics, slips: &slips };
        let Some((source, slip)) = (0..sources.len()).find_map(|at| Some((at, trial.slip(&first, at)?)))
        else {
            break;
        };
        let told = told(&sources[source], &slip, &diagnostics);
        texts = with(sources, source, &slip);
        slips.push((told, source, slip));
        let again = Reread { sources: &texts, files };
        let left = load_and_mend(scenario, overrides, &again, assemble).diagnostics;
        diagnostics = heeded(&first.diagnostics, left);
    }
    if slips.is_empty() && strays.is_empty() {
        return first;
    }
    let mut all = Diagnostics::default();
    for diagnostic in diagnostics {
        let is_as_written = first.diagnostics.contains(&diagnostic);
        all.push(if is_as_written { diagnostic } else { as_written(diagnostic, &slips, &first.sources) });
    }
    slips.into_iter().flat_map(|(told, ..)| told).chain(strays).for_each(|told| all.push(told));
    Loaded { plan: None, system: None, scenario: None, diagnostics: all.into_sorted(&first.sources), ..first }
}

/// The texts without what does not belong in them.
struct Cleared {
    texts: Vec<Source>,
    told: Vec<Diagnostic>,
    /// The lines that were written otherwise.
    lines: Vec<Found>,
    /// Where a word stands in the place of a template: file, line and column.
    places: Vec<(String, u32, u32)>,
}

impl Cleared {
    /// `None` where nothing is wrong, or nothing is strange.
    fn of(loaded: &Loaded) -> Option<Cleared> {
        if errors(&loaded.diagnostics) == 0 {
            return None;
        }
        let mut cleared =
            Cleared { texts: Vec::new(), told: Vec::new(), lines: Vec::new(), places: Vec::new() };
        for (at, source) in loaded.sources.iter().enumerate() {
            let has_templates = !is_of_others(source);
            let found = if source.text().len() > LONGEST { None } else { strays(source, has_templates) };
            let Some(found) = found else {
                cleared.texts.push(source.clone());
                continue;
            };
            let path = source.path().to_owned();
            let places = found.places.into_iter().map(|(line, column)| (path.clone(), line, column));
            cleared.places.extend(places);
            cleared.lines.extend(found.lines.into_iter().map(|slip| (Vec::new(), at, slip)));
            cleared.told.extend(found.told);
            cleared.texts.push(Source::new(path, found.text));
        }
        (!cleared.told.is_empty()).then_some(cleared)
    }

    /// What is told but of words that stand in the places of templates.
    fn unexplained(&self, mut left: Vec<Diagnostic>) -> Vec<Diagnostic> {
        left.retain(|it| {
            let is_there = |(file, line, column): &(String, u32, u32)| {
                *file == it.file
                    && *line == it.line
                    && (*column == it.column || it.cause.contains(&format!("`{PLACE}`")))
            };
            !self.places.iter().any(is_there)
        });
        left
    }
}

fn errors(diagnostics: &[Diagnostic]) -> usize {
    diagnostics.iter().filter(|it| it.is_error()).count()
}

/// How much is wrong: what cannot be read hides the rest.
fn wrong(diagnostics: &[Diagnostic]) -> (usize, usize) {
    (diagnostics.iter().filter(|it| it.is_error() && is_broken(it)).count(), errors(diagnostics))
}

/// Whether a text is a rule file or an Alertmanager configuration, which have templates of their own.
fn is_of_others(source: &Source) -> bool {
    let is = |line: &str| ["groups:", "route:", "receivers:"].iter().any(|key| line.starts_with(key));
    source.text().lines().any(is)
}

/// The texts, one of them without a slip.
fn with(sources: &[Source], at: usize, slip: &Slip) -> Vec<Source> {
    let mut texts = sources.to_vec();
    texts[at] = Source::new(sources[at].path().to_owned(), slip.mended(sources[at].text()));
    texts
}

fn told(source: &Source, slip: &Slip, diagnostics: &[Diagnostic]) -> Vec<Diagnostic> {
    if slip.is_told_by_line {
        return tabs(source);
    }
    let broken = diagnostics.iter().find(|it| is_in(it, source) && is_broken(it));
    let offset = source.offset(slip.line as u64 + 1, 1) + slip.at;
    let (code, cause) = match broken.map(|it| it.code) {
        None => (Code::Slip, slip.cause.clone()),
        Some(code) if code == Code::SeveralDocuments.number() => (Code::SeveralDocuments, slip.cause.clone()),
        Some(_) => (Code::Syntax, format!("this is not YAML: {}", slip.cause)),
    };
    vec![Diagnostic::at(source, Mark { offset, length: slip.length }, code, &cause, &slip.remedy)]
}

/// What is told of a text without slips, at its place in the text with them.
fn as_written(diagnostic: Diagnostic, slips: &[Found], sources: &[Source]) -> Diagnostic {
    let Some(source) = sources.iter().find(|source| is_in(&diagnostic, source) && diagnostic.line > 0) else {
        return diagnostic;
    };
    let line = diagnostic.line as usize - 1;
    let of_file =
        slips.iter().filter(|(_, at, _)| sources.get(*at).is_some_and(|it| it.path() == diagnostic.file));
    let column = of_file
        .fold(diagnostic.column, |column, (.., slip)| slip.column_as_written(source.text(), line, column));
    let offset = source.offset(u64::from(diagnostic.line), u64::from(column));
    let spot = source.spot(Mark { offset, length: diagnostic.length as usize });
    Diagnostic {
        column: spot.column,
        source_line: spot.line_text,
        source_line_column: spot.line_text_column,
        ..diagnostic
    }
}

fn is_in(diagnostic: &Diagnostic, source: &Source) -> bool {
    diagnostic.is_error() && diagnostic.file == source.path()
}

fn is_of_shape(diagnostic: &Diagnostic) -> bool {
    OF_SHAPE.iter().any(|code| code.number() == diagnostic.code)
}

/// Whether a text cannot be read as a whole.
fn is_broken(diagnostic: &Diagnostic) -> bool {
    [Code::Syntax, Code::SeveralDocuments].iter().any(|code| code.number() == diagnostic.code)
}

/// What a file is.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Ours(Part),
    Rules,
    Alertmanager,
}

impl Kind {
    /// Files of others are those that are none of ours.
    fn of(loaded: &Loaded, at: usize) -> Kind {
        match loaded.documents.iter().find(|(_, document)| document.source == at) {
            Some((part, _)) => Kind::Ours(*part),
            None if at == 0 => Kind::Ours(Part::Scenario),
            None if loaded.sources[at].text().lines().any(|line| line.starts_with("groups")) => Kind::Rules,
            None => Kind::Alertmanager,
        }
    }

    /// Mistakes of a text by itself.
    fn shape(self, source: &Source) -> Vec<Diagnostic> {
        let mut all = Diagnostics::default();
        match self {
            Kind::Ours(Part::Scenario) => shape_of::<ScenarioSpec>(Part::Scenario, source, &mut all),
            Kind::Ours(Part::Deployment) => shape_of::<DeploymentSpec>(Part::Deployment, source, &mut all),
            Kind::Ours(Part::Operations) => shape_of::<OperationsSpec>(Part::Operations, source, &mut all),
            Kind::Rules => drop(rules(source, &mut all)),
            Kind::Alertmanager => drop(alertmanager(source, &mut all)),
        }
        all.into_sorted(&[])
    }
}

fn shape_of<T: DeserializeOwned + JsonSchema>(part: Part, source: &Source, all: &mut Diagnostics) {
    if let Some(mut parsed) = parse_all(source, all) {
        let dropped = twice::merge(&mut parsed.node, parsed.dropped);
        decode::<T>(&parsed.node, source, parsed.lost, open::stand_ins(part), all);
        for mistake in twice::mistakes::<T>(&parsed.node, &dropped, source) {
            all.push(mistake);
        }
    }
}

/// What is known when a slip is looked for.
struct Trial<'a> {
    scenario: &'a Path,
    overrides: &'a Overrides,
    files: &'a dyn Files,
    assemble: Assemble<'a>,
    sources: &'a [Source],
    diagnostics: &'a [Diagnostic],
    /// Those that were found before: what is told, the file, and the slip.
    slips: &'a [Found],
}

/// A file whose shape is wrong.
struct Wrong<'a> {
    kind: Kind,
    source: &'a Source,
    lines: Lines<'a>,
    /// What is told of its shape, by place.
    told: Vec<&'a Diagnostic>,
    /// How many of them say that it cannot be read as a whole.
    broken: usize,
}

impl Trial<'_> {
    /// The slip of a file, if it has one.
    fn slip(&self, first: &Loaded, at: usize) -> Option<Slip> {
        let source = &self.sources[at];
        let is_told = |it: &&Diagnostic| is_in(it, source) && is_of_shape(it) && it.line > 0;
        let told: Vec<&Diagnostic> = self.diagnostics.iter().filter(is_told).collect();
        let only = self.diagnostics.iter().filter(|it| it.is_error()).count() == 1;
        let told_well = [Code::Shape, Code::NoValue, Code::UnknownTag];
        let is_told_well =
            |it: &Diagnostic| it.meant.is_some() || told_well.iter().any(|code| code.number() == it.code);
        if told.is_empty() || (only && is_told_well(told[0])) || source.text().len() > LONGEST {
            return None;
        }
        let broken = told.iter().filter(|it| is_broken(it)).count();
        let wrong =
            Wrong { kind: Kind::of(first, at), source, lines: Lines::of(source.text()), told, broken };
        let whole = self.errors(self.sources);
        // What was moved before is not moved back.
        let is_new = |slip: &Slip| {
            let lines = Lines::of_slip(slip);
            self.slips.iter().filter(|(_, file, old)| *file == at && !old.is_told_by_line).all(|(.., old)| {
                let old = Lines::of_slip(old);
                lines.end <= old.start || old.end <= lines.start
            })
        };
        let judged = wrong.likely(only).into_iter().filter(is_new).filter_map(|slip| {
            let after = self.errors(&with(self.sources, at, &slip));
            wrong.is_better(&slip, &whole, &after).then_some((after.len(), slip))
        });
        judged.min_by_key(|(left, _)| *left).map(|(_, slip)| slip)
    }

    /// All errors of the system with some texts.
    fn errors(&self, sources: &[Source]) -> Vec<Diagnostic> {
        let files = Reread { sources, files: self.files };
        let look = Look { at_sweeps: false, ..Look::default() };
        let loaded = load_with(self.scenario, self.overrides, &files, self.assemble, look);
        loaded.diagnostics.into_iter().filter(Diagnostic::is_error).collect()
    }
}

impl Wrong<'_> {
    /// The texts that leave the fewest mistakes of the shape. Where one mistake is the only one, it is told well by itself, unless
    /// something is wrong right there.
    fn likely(&self, only: bool) -> Vec<Slip> {
        let text = self.source.text();
        let most = (MOST_BYTES / text.len().max(1)).min(MOST_READ);
        let (mut tried, mut likely, mut unread) = (BTreeSet::new(), Vec::new(), Vec::new());
        let before = self.kind.shape(self.source).len();
        let tabs = self.lines.without_tabs();
        let mut near = match tabs.is_empty() {
            true => near(&self.lines, &self.told),
            false => Vec::new(),
        };
        if only && self.broken == 0 {
            near.retain(|line| (0..=1).contains(&(i64::from(self.told[0].line) - 1 - *line as i64)));
        }
        for slip in tabs.into_iter().chain(near.into_iter().flat_map(|line| self.lines.slips(line))) {
            let mended = slip.mended(text);
            if tried.len() >= most || !tried.insert(mended.clone()) {
                continue;
            }
            let mended = Source::new(self.source.path().to_owned(), mended);
            // To look for the parts that can be read takes far longer.
            let mut error = Diagnostics::default();
            if parse(&mended, &mut error).is_none() {
                let next = error.into_sorted(&[]).first().map_or(0, |it| it.line);
                unread.push((next, slip));
                continue;
            }
            let left = self.kind.shape(&mended).len();
            if self.broken > 0 || left < before {
                likely.push((left, slip));
            }
        }
        if likely.is_empty() && self.broken > 0 {
            // Something else is wrong as well: what can be read further than others was meant. Blanks for tabs are in any case.
            let mut error = Diagnostics::default();
            parse(self.source, &mut error);
            let first = error.into_sorted(&[]).first().map_or(0, |it| it.line);
            let further = unread.into_iter().filter(|(next, slip)| *next > first || slip.is_told_by_line);
            likely.extend(further.map(|(next, slip)| (usize::MAX - next as usize, slip)));
        }
        let least = likely.iter().map(|(left, _)| *left).min();
        let mut likely: Vec<Slip> =
            likely.into_iter().filter(|(left, _)| Some(*left) == least).map(|(_, slip)| slip).collect();
        // A hand slips in one line rather than in many.
        likely.sort_by_key(|slip| Lines::of_slip(slip).len());
        likely.truncate(MOST_TRIED);
        likely
    }

    /// Whether a text makes more sense: what is told of it is put against what is told of the one that is written.
    fn is_better(&self, slip: &Slip, before: &[Diagnostic], after: &[Diagnostic]) -> bool {
        if slip.is_told_by_line {
            return self.broken > 0;
        }
        let new: Vec<&Diagnostic> =
            after.iter().filter(|it| !before.iter().any(|old| is_alike(old, it))).collect();
        // Whatever is wrong there still, it is not that; and what is missed now should not have been moved.
        let is_there = |it: &&Diagnostic| is_in(it, self.source) && it.line as usize == slip.line + 1;
        let words = self.lines.words(slip);
        let follows = |it: &&&Diagnostic| words.iter().any(|word| it.cause.contains(&format!("`{word}`")));
        if after.iter().filter(is_there).any(is_of_shape) || new.iter().any(|it| follows(&it)) {
            return false;
        }
        if self.lines.puts_into_quotes(slip) && after.iter().any(|it| is_there(&it)) {
            return false;
        }
        let is_parted = self.told.iter().any(|it| it.code == Code::SeveralDocuments.number());
        match self.broken {
            0 => new.is_empty() && (after.is_empty() || after.len() + 1 < before.len()),
            // Of what is no YAML nobody knew what else was wrong.
            _ => new.len() <= if is_parted { 0 } else { MOST_NEW },
        }
    }
}

fn is_alike(one: &Diagnostic, other: &Diagnostic) -> bool {
    (&one.file, one.line, one.code, &one.cause) == (&other.file, other.line, other.code, &other.cause)
}

/// The lines that a slip may be in, counted from 0, the likeliest first.
fn near(lines: &Lines<'_>, mistakes: &[&Diagnostic]) -> Vec<usize> {
    let mut found = Vec::new();
    let mut add = |line: Option<usize>| {
        if let Some(line) = line.filter(|line| !found.contains(line)) {
            found.push(line);
        }
    };
    for mistake in mistakes.iter().take(MOST_LINES / 4) {
        let line = mistake.line as usize - 1;
        add(Some(line));
        for related in &mistake.related {
            add((related.file == mistake.file).then(|| related.line as usize - 1));
        }
        // The one before it, and what that is indented below: a reader stops behind the end of what it does not understand.
        let (behind, siblings) = (lines.behind(line), lines.siblings(line));
        let mut before = lines.before(line);
        for _ in 0..4 {
            add(before);
            before = before.and_then(|at| lines.above(at));
        }
        add(lines.above(line));
        add(behind);
        siblings.into_iter().for_each(|at| add(Some(at)));
    }
    found.truncate(MOST_LINES);
    found
}
