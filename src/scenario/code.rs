//! The catalogue of diagnostics: every code with its meaning.

use std::fmt::Write as _;

/// Makes the enum and its catalogue from one list.
macro_rules! catalogue {
    ($($(#[doc = $doc:literal])+ $name:ident = $number:literal, $title:literal;)+) => {
        /// A kind of mistake in the files of a scenario.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[doc = $doc])+ $name = $number,)+
        }

        impl Code {
            /// Every code, in order.
            pub const ALL: &'static [Code] = &[$(Code::$name,)+];

            /// A short name.
            pub const fn title(self) -> &'static str {
                match self { $(Code::$name => $title,)+ }
            }

            /// What it means and what to do.
            pub const fn meaning(self) -> &'static str {
                match self { $(Code::$name => concat!($($doc, "\n",)+),)+ }
            }
        }
    };
}

catalogue! {
    /// A file could not be read: it does not exist, is a folder, or may not be opened. Paths are relative to the
    /// file they are written in.
    Unreadable = 101, "file cannot be read";
    /// A file is larger than a model or scenario can be: 8 MiB of text, or 250,000 values. Put measured values into
    /// a CSV and name it with `{empirical: {csv: …}}` or `{trace: {csv: …}}`.
    TooLarge = 102, "file too large";
    /// A file is not text in UTF-8. Save it as UTF-8 in your editor.
    NotUtf8 = 103, "file is not UTF-8";
    /// A file is not YAML. The usual causes are a tab, wrong indentation, a bracket that is not closed, or a text
    /// that needs quotes because it starts with one of `> | % @ & * ! { [` or contains `: `.
    Syntax = 104, "not YAML";
    /// A key is written twice in one mapping. YAML readers disagree about which one counts, so neither does here.
    DuplicateKey = 105, "key written twice";
    /// Values are nested more than 48 levels deep. Split an operation and join the parts with `call`.
    TooDeep = 106, "nested too deep";
    /// Aliases (`*name`) blow the file up beyond any use, or refer to themselves.
    Aliases = 107, "too many aliases";
    /// A file holds several documents, parted by `---`. Give each a file of its own.
    SeveralDocuments = 108, "several documents in one file";
    /// A file has no content.
    Empty = 109, "empty file";
    /// A key is not a word: it is a list, a mapping or empty.
    KeyShape = 110, "key is not a word";
    /// There are more mistakes than are listed. Mend the listed ones and check again.
    More = 111, "more mistakes follow";
    /// `--deployment` names a deployment without a path, but the scenario has no deployment that it could lie
    /// beside. Give a path.
    NoNeighbour = 112, "no deployment to look beside";
    /// A line is YAML, and stands where it makes no sense, or lacks a sign: it is indented too far or too little, or there is no
    /// `- ` in front of it. What was probably meant is said, and the rest of the file is read as if it were written.
    Slip = 113, "line not where it belongs";
    /// A sign that cannot be seen, or looks like another: a no-break space, a full-width colon. It is read as what was meant.
    Stray = 114, "sign that looks like another";
    /// What a tool has left in a file: a merge conflict, of which the first side is read, or a place of a template that nothing
    /// has filled in.
    Leftover = 115, "left over from a tool";
    /// A key that has to be there is missing.
    MissingKey = 201, "missing key";
    /// A value has the wrong shape: a mapping, list or word where another is needed.
    Shape = 202, "value of the wrong shape";
    /// A value cannot be read: a quantity without its unit, with a wrong one, or with a range of its own.
    Value = 203, "value cannot be read";
    /// A number is not whole, negative, too large or not finite.
    Number = 204, "number out of range";
    /// A tag or word that is not one of the choices.
    UnknownTag = 205, "unknown choice";
    /// There are several keys, or none, where a single tag is needed, as in `{rate: 120/s}`.
    SingleTag = 206, "single tag needed";
    /// A key that does not exist here.
    UnknownKey = 207, "unknown key";
    /// A key has no value.
    NoValue = 208, "key without a value";
    /// A name that nothing has: an operation, table, station, topic or other part that is used and not described.
    UnknownName = 301, "unknown name";
    /// A module runs in no process, or in two.
    ModulePlacement = 302, "module without a process";
    /// A schema, table, logical cache or topic is held by nothing, or by two.
    StorePlacement = 303, "data without a store";
    /// A process uses a database without a pool to it, or with two.
    Pool = 304, "process without a pool";
    /// Operations call each other in a circle: a request would never end. As a warning, a `single-flight` fetch that wants
    /// its own entry.
    CallCycle = 305, "calls in a circle";
    /// A distribution that cannot be, such as a percentile below the median; or, as a warning, one whose mean is not the
    /// number that is written, since it is cut off at zero.
    Law = 306, "impossible distribution";
    /// A number out of the range that its component has; or, as a warning, a value of which not even one fits into the memory
    /// that it is kept in.
    Range = 307, "setting out of range";
    /// A load that cannot be, such as a stage without a length.
    Load = 308, "impossible load";
    /// Settings of a policy that its product would refuse, or (a warning) would not keep to, such as a fraction of a
    /// millisecond.
    Policy = 309, "impossible policy";
    /// A row lock outside a transaction, where nothing would keep it.
    LockScope = 310, "lock outside a transaction";
    /// Settings of a plain station that do not fit together, or do not fit the step that uses it.
    Station = 311, "impossible station";
    /// Who waits gives up before what it waits for does, retries included: the work goes on with nobody to take the
    /// answer. Make the outer time-out longer, or the inner ones shorter or fewer. A warning; `brownout explain`
    /// shows the whole hierarchy.
    TimeoutOrder = 312, "outer time-out shorter than inner one";
    /// The weights of a choice do not sum to 1.
    Weights = 313, "weights do not sum to one";
    /// Something that is described and never used: a part, a policy, a logical cache. A warning.
    Unused = 314, "unused part";
    /// Pools may open more connections than their database takes. A warning.
    Connections = 315, "more connections than the database takes";
    /// A system with more steps, stations or operations than the program can hold.
    SystemTooLarge = 316, "system too large";
    /// A fault that cannot be: it has no kind or several, no beginning, or hits what cannot suffer it.
    Fault = 317, "impossible fault";
    /// A setting about the end of an entry's lifetime, where entries live until they are evicted.
    Lifetime = 320, "no lifetime";
    /// A cluster of cache servers that cannot be; or, as a warning, one that does not survive the loss of a master.
    Cluster = 321, "impossible cluster";
    /// An entry of a logical cache that steps use as two kinds of value, such as a sorted set and a lock: Redis answers one
    /// of them with WRONGTYPE, or a lock is not free while a value is in its place.
    Kind = 325, "two kinds of value in one entry";
    /// An effect that cannot be: one that is counted by key, `unmatched` or `repeated`, and is counted by a step as well, or in
    /// both ways, or is to belong to itself.
    Effect = 327, "impossible effect";
    /// A step of a runbook that cannot be: nothing makes people begin with it, steps wait for each other in a circle, two
    /// have one name, it waits for an alert that nobody is told of, for a step that always works to fail, or for the recovery
    /// of something that nothing disturbs or, as a warning, that nothing mends; or for a condition that has to hold for as long
    /// as the run, a warning too.
    Runbook = 331, "impossible step of a runbook";
    /// An action of a runbook that what it names cannot take, or that would do nothing.
    Action = 332, "action that cannot be taken";
    /// The duration is zero: nothing would be simulated.
    ZeroDuration = 401, "no duration";
    /// The warm-up is as long as the run: nothing would be left to measure.
    WarmUp = 402, "warm-up too long";
    /// A window ends before it starts, or after the run.
    WindowBounds = 403, "window out of bounds";
    /// An objective or `recovery` names a window that is not in `windows`.
    UnknownWindow = 404, "unknown window";
    /// `whole` is the name of the window that is there without being written: the run after its warm-up.
    ReservedWindow = 405, "reserved window name";
    /// The number of replications is not between 1 and 10,000.
    Replications = 406, "replications out of range";
    /// The interval of the series is zero, longer than the run, or cuts it into more than 1,000,000 points.
    Interval = 407, "interval out of range";
    /// There is no load: nothing would happen.
    EmptyLoad = 408, "no load";
    /// An objective bounds nothing.
    NoBound = 409, "objective without a bound";
    /// A bound cannot be read, or can never be missed or met. Bounds are a comparison and a value: `< 200ms`
    /// for times, `< 1%` for shares.
    Bound = 411, "bound cannot be used";
    /// `recovery` cannot be judged: its factor is below 1, its share above 100%, or it starts after the run.
    Recovery = 412, "recovery out of range";
    /// A limit of the run is zero or beyond what the program can hold.
    Limit = 413, "limit out of range";
    /// An objective names an operation that has no load, so that there would be nothing to judge.
    UnknownOperation = 414, "operation without load";
    /// A station is described in the scenario and in the deployment.
    StationTwice = 415, "station described twice";
    /// A window ends before the warm-up does: what it reports is the filling of an empty system. A warning.
    WindowInWarmUp = 416, "window within the warm-up";
    /// The file is of another kind: a deployment or operations where a scenario belongs, or the like.
    WrongFile = 417, "file of another kind";
    /// A claim that cannot be put to the test: its expectation cannot be read, names what is not there, or its span
    /// makes no sense or can never begin: what it waits for cannot happen, or only when the run is over. A warning where
    /// it waits for an alert that can never fire.
    Claim = 418, "claim that cannot be tested";
    /// A service level that cannot be: no class and no availability, or one that leaves no budget.
    Slo = 419, "impossible service level";
    /// A price that is below nothing or not a number.
    Price = 420, "impossible price";
    /// A path to a setting that leads nowhere: a sweep varies a key of the scenario, deployment or operations.
    Setting = 421, "path that leads nowhere";
    /// A scenario without an incident, a fault or `recovery`, where two are compared: what is compared is how an incident goes.
    NoIncident = 422, "nothing to compare";
    /// A text that is not PromQL. The place is inside the expression, at the first thing that cannot be read.
    Expression = 501, "not PromQL";
    /// PromQL in which a value of one kind stands where another is needed, as in `rate(x)` without a range.
    ExpressionType = 502, "PromQL that does not fit together";
    /// PromQL that Prometheus takes and that is not evaluated here: it is refused, so that no alert is silent for
    /// want of a function. `docs/watching.md` lists what is evaluated.
    ExpressionLeftOut = 503, "PromQL that is not evaluated";
    /// A rule that is neither an alert nor a recording, both, or has what only the other has.
    RuleKind = 504, "rule of no kind or two";
    /// Two groups of rules in one file have the same name.
    GroupTwice = 505, "group named twice";
    /// A label or annotation with a template that cannot be filled in: only the labels and the value of an alert,
    /// and the functions that print numbers, are known.
    Template = 506, "template that cannot be filled in";
    /// A name that no label or series can have.
    LabelName = 507, "impossible name";
    /// A text that is no matcher of labels, or whose pattern cannot be read.
    Matcher = 508, "not a matcher";
    /// A route of an Alertmanager that it would refuse: no receiver or matchers at the top, intervals of zero,
    /// doubtful grouping.
    Route = 509, "impossible route";
    /// A receiver that does not exist, or is there twice.
    Receiver = 510, "unknown or doubled receiver";
    /// Time intervals that mute or activate routes: a run has no calendar, so they are left out. A warning.
    TimeIntervals = 511, "time intervals left out";
    /// Alerts that can never fire, and conditions of a runbook that can never hold: nothing in the system shows the metric that
    /// they look at, or no series of it has the labels that they ask for. A warning. `docs/watching.md` lists what a run shows.
    NoSuchSeries = 512, "alert that can never fire";
    /// Alerts that nobody is told of: their routes lead to receivers without a way to be told. A warning; where a step of
    /// a runbook waits for one, an error of the runbook.
    Untold = 513, "alert that nobody is told of";
    /// A part of a rule that never has a value, whatever happens: a range with fewer than two samples at this interval of scrapes
    /// under `rate` and the like, buckets that have lost their `le` before `histogram_quantile`, sides that are matched on
    /// labels that they do not have alike, or an offset that is as long as the run. Or one that fails where it would have one,
    /// since several elements of a side would meet one of the other without `group_left` or `group_right`; or a range that is
    /// longer than the run. A warning.
    Valueless = 514, "expression without a value";
}

impl Code {
    /// Its number.
    pub const fn number(self) -> u16 {
        self as u16
    }
}

/// A number as it is printed: `B0207`.
pub(super) fn printed(code: u16) -> String {
    format!("B{code:04}")
}

/// The page `docs/diagnostics.md`.
pub fn reference() -> String {
    let mut page = String::from(
        "# Diagnostics\n\n\
         <!-- Made from the catalogue in src/scenario/code.rs. Do not edit: a test renews it with BROWNOUT_BLESS=1. -->\n\n\
         Mistakes are reported all at once, each with its place, its cause and a remedy. Errors keep a scenario from\n\
         being run; warnings do not. Codes keep their meaning between versions.\n\n\
         A misspelt key or name is told, and read as the one that was meant if there is little doubt. Of a file with a \
         value that\ncannot be read the rest is checked, and of one that is not YAML whatever can be read by itself. \
         What may be said\nonly for want of what was lost is not said, and neither are warnings: with it, there may be \
         none.\n\n\
         | codes | about |\n|---|---|\n\
         | B0101 to B0199 | files and YAML |\n\
         | B0201 to B0299 | keys and values |\n\
         | B0301 to B0399 | the system as a whole: names between sections, ranges, capacities |\n\
         | B0401 to B0499 | the question: durations, windows, objectives |\n\
         | B0501 to B0599 | watching: Prometheus rules, Alertmanager configurations |\n",
    );
    for code in Code::ALL {
        let number = printed(code.number());
        let meaning: Vec<&str> = code.meaning().lines().map(str::trim).collect();
        let _ = write!(page, "\n## {number}: {}\n\n{}\n", code.title(), meaning.join("\n"));
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::code;

    #[test]
    fn codes_are_different_and_in_order() {
        assert!(Code::ALL.is_sorted_by(|a, b| a.number() < b.number()));
    }

    #[test]
    fn the_mistakes_of_a_system_are_in_the_catalogue() {
        let known = |number: &u16| Code::ALL.iter().any(|code| code.number() == *number);
        let missing: Vec<&u16> = code::ALL.iter().filter(|number| !known(number)).collect();
        assert!(missing.is_empty(), "{missing:?}");
        let of_a_system = Code::ALL.iter().filter(|code| (301..400).contains(&code.number()));
        assert_eq!(of_a_system.count(), code::ALL.len());
        for (number, code) in [
            (code::UNKNOWN_NAME, Code::UnknownName),
            (code::TOO_LARGE, Code::SystemTooLarge),
            (code::EFFECT, Code::Effect),
            (code::ACTION, Code::Action),
        ] {
            assert_eq!(number, code.number(), "{}", code.title());
        }
    }
}
