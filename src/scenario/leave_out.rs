//! A scenario without steps of its runbook, before it is read: what a step is worth is the difference.

use super::edit::{greatest_id, settle};
use super::node::{Entry, Kind, Node, Scalar, ScalarValue};
use super::source::quoted;
use super::words;

/// What nobody does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Without {
    /// These steps, by name.
    Steps(Vec<String>),
    /// Any step.
    All,
}

impl Default for Without {
    fn default() -> Self {
        Without::Steps(Vec::new())
    }
}

impl Without {
    /// Whether nothing is left out.
    pub fn is_nothing(&self) -> bool {
        matches!(self, Without::Steps(steps) if steps.is_empty())
    }

    /// Text that differs where what is left out does; empty for nothing.
    pub(super) fn text(&self) -> String {
        match self {
            Without::Steps(steps) => steps.iter().map(|step| format!("step {step}\n")).collect(),
            Without::All => "all".to_owned(),
        }
    }
}

/// Takes steps out of the runbook of a scenario, and tells which steps are gone: first those that were named, then those
/// that cannot come about without them.
///
/// - What was to follow a step begins with what that step waited for; if that is an alert that the step wanted
///   understood, the follower waits for the same.
/// - A step without `when` waited for the failure of the first step that names it as its `otherwise`.
/// - What nobody does cannot fail. A step that only its failure led to is gone too, and what waits for such a step.
///
/// # Errors
/// Which names are those of no step: cause and remedy of each.
pub(super) fn leave_out(
    scenario: &mut Node,
    without: &Without,
) -> Result<Vec<String>, Vec<(String, String)>> {
    if without.is_nothing() {
        return Ok(Vec::new());
    }
    let next_id = greatest_id(scenario) + 1;
    let Kind::Map(entries) = &mut scenario.kind else { return Ok(Vec::new()) };
    let known = entries.iter_mut().find(|entry| entry.key == "runbook").map(|entry| &mut entry.value.kind);
    let Some(Kind::Seq(steps)) = known else {
        let cause = "the scenario has no runbook to leave a step out of".to_owned();
        return Err(vec![(cause, "add a `runbook`, or compare it with another scenario".to_owned())]);
    };
    let mut runbook = Runbook { steps: std::mem::take(steps), loose: Vec::new(), gone: Vec::new(), next_id };
    let asked = match without {
        Without::All => runbook.names(),
        Without::Steps(asked) => asked.clone(),
    };
    let known = runbook.names();
    let mut unknown = Vec::new();
    for name in &asked {
        if known.contains(name) {
            runbook.pass_over(name);
        } else {
            let remedy = match words::nearest(name, &known) {
                Some(near) => format!("did you mean `{near}`? there are {}", words::listed(&known)),
                None => format!("there are {}", words::listed(&known)),
            };
            unknown.push((format!("there is no step {}", quoted(name)), remedy));
        }
    }
    runbook.drop_unreachable();
    *steps = runbook.steps;
    if unknown.is_empty() { Ok(runbook.gone) } else { Err(unknown) }
}

/// The steps that are left.
struct Runbook {
    steps: Vec<Node>,
    /// Steps that lost something that led to them.
    loose: Vec<String>,
    gone: Vec<String>,
    next_id: u32,
}

/// What leads to a step.
enum WayIn {
    /// A trigger of its own.
    When(Node),
    /// The failure of a step.
    Failed(String),
}

fn text<'n>(step: &'n Node, key: &str) -> Option<&'n str> {
    step.get(key)?.value.scalar().map(|scalar| scalar.text.as_str())
}

/// The step that a step waits for in this way.
fn waits_for<'n>(step: &'n Node, way: &str) -> Option<&'n str> {
    text(&step.get("when")?.value, way)
}

/// Whether an alert that triggers a step has to be understood first.
fn is_understood(step: &Node) -> bool {
    text(step, "phase").is_some_and(|phase| ["identify", "isolate", "recover"].contains(&phase))
}

fn remove(step: &mut Node, key: &str) {
    if let Kind::Map(entries) = &mut step.kind {
        entries.retain(|entry| entry.key != key);
    }
}

impl Runbook {
    fn names(&self) -> Vec<String> {
        self.steps.iter().filter_map(|step| text(step, "name")).map(str::to_owned).collect()
    }

    fn take(&mut self, name: &str) -> Option<Node> {
        let index = self.steps.iter().position(|step| text(step, "name") == Some(name))?;
        self.gone.push(name.to_owned());
        Some(self.steps.remove(index))
    }

    /// Takes a step out; what follows it begins with what it waited for.
    fn pass_over(&mut self, name: &str) {
        let Some(step) = self.take(name) else { return };
        let named = || self.steps.iter().find(|other| text(other, "otherwise") == Some(name));
        let way_in = match step.get("when") {
            Some(when) => Some(WayIn::When(when.value.clone())),
            None => {
                named().and_then(|other| text(other, "name")).map(|other| WayIn::Failed(other.to_owned()))
            }
        };
        let understood = is_understood(&step) && waits_for(&step, "alert").is_some();
        for follower in 0..self.steps.len() {
            if waits_for(&self.steps[follower], "after") == Some(name) {
                self.lead_to(follower, way_in.as_ref(), understood);
            }
        }
        self.never_fails(name, &step);
    }

    /// Takes a step out that nothing leads to any more; what follows it has nothing that leads to it either.
    fn drop_unreachable(&mut self) {
        while let Some(name) = self.loose.pop() {
            let is_led_to = self.steps.iter().any(|step| match text(step, "name") == Some(&name) {
                true => step.get("when").is_some(),
                false => text(step, "otherwise") == Some(&name),
            });
            if is_led_to {
                continue;
            }
            let Some(step) = self.take(&name) else { continue };
            for follower in 0..self.steps.len() {
                if waits_for(&self.steps[follower], "after") == Some(&name) {
                    self.lead_to(follower, None, false);
                }
            }
            self.never_fails(&name, &step);
        }
    }

    /// Unties what the failure of a step led to, and what led to the step by failing.
    fn never_fails(&mut self, name: &str, step: &Node) {
        for other in 0..self.steps.len() {
            if waits_for(&self.steps[other], "failed") == Some(name) {
                self.lead_to(other, None, false);
            }
            if text(&self.steps[other], "otherwise") == Some(name) {
                remove(&mut self.steps[other], "otherwise");
            }
        }
        self.loose.extend(text(step, "otherwise").map(str::to_owned));
    }

    /// Gives a step another `when`, or none.
    fn lead_to(&mut self, index: usize, way_in: Option<&WayIn>, understood: bool) {
        let step = &mut self.steps[index];
        let was_understood = is_understood(step);
        let (mark, name) = (step.mark, text(step, "name").map(str::to_owned));
        let word = |text: &str| {
            let scalar = Scalar { text: text.to_owned(), value: ScalarValue::Text };
            Node { id: 0, mark, kind: Kind::Scalar(scalar) }
        };
        let Some(way_in) = way_in else {
            remove(step, "when");
            self.loose.extend(name);
            return;
        };
        let trigger = match way_in {
            WayIn::When(when) => when.clone(),
            WayIn::Failed(other) => {
                let entry = Entry { key: "failed".to_owned(), mark, value: word(other) };
                Node { id: 0, mark, kind: Kind::Map(vec![entry]) }
            }
        };
        let Kind::Map(entries) = &mut step.kind else { return };
        let mut put = |key: &str, mut value: Node| match entries.iter_mut().find(|entry| entry.key == key) {
            Some(entry) => {
                settle(&mut value, entry.value.mark, &mut self.next_id);
                entry.value = value;
            }
            None => {
                settle(&mut value, mark, &mut self.next_id);
                entries.push(Entry { key: key.to_owned(), mark, value });
            }
        };
        put("when", trigger);
        if understood && !was_understood {
            // To wait for the diagnosis takes no time of the step's own.
            put("phase", word("identify"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::diagnostic::Diagnostics;
    use crate::scenario::parse::parse;
    use crate::scenario::source::Source;

    fn tree(text: &str) -> Node {
        let source = Source::new("test".to_owned(), text.to_owned());
        parse(&source, &mut Diagnostics::default()).expect("it can be read")
    }

    /// The steps that are left, and what leads to each: `name: when/phase/otherwise`.
    fn left(node: &Node) -> Vec<String> {
        let Some(Kind::Seq(steps)) = node.get("runbook").map(|entry| &entry.value.kind) else {
            return Vec::new();
        };
        let when = |step: &Node| {
            let Some(Kind::Map(entries)) = step.get("when").map(|entry| &entry.value.kind) else {
                return String::new();
            };
            let words = entries.iter().map(|it| {
                let scalar = it.value.scalar().expect("a word");
                format!("{} {}", it.key, scalar.text)
            });
            words.collect()
        };
        let parts = |step: &Node| {
            let [name, phase, otherwise] =
                ["name", "phase", "otherwise"].map(|key| text(step, key).unwrap_or_default());
            format!("{name}: {}/{phase}/{otherwise}", when(step))
        };
        steps.iter().map(parts).collect()
    }

    const RUNBOOK: &str = "
runbook:
  - {name: close, when: {alert: Down}, phase: isolate, works: 50%, otherwise: call}
  - {name: call}
  - {name: tell, when: {after: close}}
  - {name: warm, when: {after: tell}, phase: recover, works: 90%}
  - {name: ask, when: {after: call}}
  - {name: cool, when: {failed: warm}}
";

    #[track_caller]
    fn check(without: &[&str], gone: &[&str], expected: &[&str]) {
        let mut node = tree(RUNBOOK);
        let without = Without::Steps(without.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!(leave_out(&mut node, &without).expect("they are there"), gone);
        assert_eq!(left(&node), expected);
    }

    #[test]
    fn followers_begin_with_what_the_missing_step_waited_for() {
        let [close, call, tell, warm, ask, cool] = [
            "close: alert Down/isolate/call",
            "call: //",
            "tell: after close//",
            "warm: after tell/recover/",
            "ask: after call//",
            "cool: failed warm//",
        ];
        check(&[], &[], &[close, call, tell, warm, ask, cool]);
        check(&["tell"], &["tell"], &[close, call, "warm: after close/recover/", ask, cool]);
        // Nobody closes, so that it cannot fail: no call, and nobody asks after it.
        check(&["close"], &["close", "call", "ask"], &["tell: alert Down/identify/", warm, cool]);
        for both in [["close", "tell"], ["tell", "close"]] {
            let gone = [&both[..], &["call", "ask"]].concat();
            check(&both, &gone, &["warm: alert Down/recover/", cool]);
        }
        // A step without a trigger waited for a failure.
        check(&["call"], &["call"], &["close: alert Down/isolate/", tell, warm, "ask: failed close//", cool]);
        check(&["warm"], &["warm", "cool"], &[close, call, tell, ask]);
    }

    #[test]
    fn all_is_every_step_and_names_of_none_are_told() {
        let mut node = tree(RUNBOOK);
        assert_eq!(leave_out(&mut node, &Without::All).map(|gone| gone.len()), Ok(6));
        assert_eq!(left(&node), Vec::<String>::new());
        let without = Without::Steps(vec!["wram".to_owned(), "warm".to_owned(), "x".to_owned()]);
        let unknown = leave_out(&mut tree(RUNBOOK), &without).expect_err("two are not there");
        assert_eq!(unknown.len(), 2);
        assert!(
            unknown[0].0.contains("`wram`") && unknown[0].1.contains("did you mean `warm`"),
            "{unknown:?}"
        );
        assert!(leave_out(&mut tree("{duration: 1s}"), &Without::All).is_err());
    }
}
