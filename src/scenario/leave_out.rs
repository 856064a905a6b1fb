//! A scenario without steps of its runbook, before it is read: what a step is worth is the difference.

use super::node::{Kind, Node};
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

/// Takes what steps do out of the runbook of a scenario, and tells which steps that concerns: first those that were named, then
/// those that cannot come about without them.
///
/// - A step that is named takes people as long as ever and does nothing: what follows it begins when it would have begun, so
///   that the difference is what the step does, and not that people had less to do.
/// - What does nothing cannot fail. A step that only its failure led to is gone, and what waits for such a step.
/// - Without all steps there is nobody.
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
    let Kind::Map(entries) = &mut scenario.kind else { return Ok(Vec::new()) };
    let known = entries.iter_mut().find(|entry| entry.key == "runbook").map(|entry| &mut entry.value.kind);
    let Some(Kind::Seq(steps)) = known else {
        let cause = "the scenario has no runbook to leave a step out of".to_owned();
        return Err(vec![(cause, "add a `runbook`, or compare it with another scenario".to_owned())]);
    };
    let mut runbook = Runbook { steps: std::mem::take(steps), loose: Vec::new(), gone: Vec::new() };
    let asked = match without {
        Without::All => return Ok(runbook.names()),
        Without::Steps(asked) => asked,
    };
    let known = runbook.names();
    let mut unknown = Vec::new();
    for name in asked {
        if known.contains(name) {
            runbook.make_idle(name);
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
}

fn text<'n>(step: &'n Node, key: &str) -> Option<&'n str> {
    step.get(key)?.value.scalar().map(|scalar| scalar.text.as_str())
}

/// The step that a step waits for in this way.
fn waits_for<'n>(step: &'n Node, way: &str) -> Option<&'n str> {
    text(&step.get("when")?.value, way)
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

    /// Has people do nothing in the time that a step takes them.
    fn make_idle(&mut self, name: &str) {
        if self.gone.iter().any(|gone| gone == name) {
            return;
        }
        let Some(step) = self.steps.iter_mut().find(|step| text(step, "name") == Some(name)) else { return };
        let otherwise = text(step, "otherwise").map(str::to_owned);
        ["do", "works", "otherwise"].into_iter().for_each(|key| remove(step, key));
        self.gone.push(name.to_owned());
        self.loose.extend(otherwise);
        self.untie(name, "failed");
    }

    /// Takes a step out that nothing leads to any more; what follows it has nothing that leads to it either.
    fn drop_unreachable(&mut self) {
        while let Some(name) = self.loose.pop() {
            let is_led_to = self.steps.iter().any(|step| match text(step, "name") == Some(&name) {
                true => step.get("when").is_some(),
                false => text(step, "otherwise") == Some(&name),
            });
            let index = self.steps.iter().position(|step| text(step, "name") == Some(&name));
            let Some(index) = index.filter(|_| !is_led_to) else { continue };
            let step = self.steps.remove(index);
            self.loose.extend(text(&step, "otherwise").map(str::to_owned));
            if !self.gone.contains(&name) {
                self.gone.push(name.clone());
            }
            self.untie(&name, "after");
            self.untie(&name, "failed");
        }
    }

    /// Steps that wait for a step in this way have nothing to wait for.
    fn untie(&mut self, name: &str, way: &str) {
        for step in &mut self.steps {
            if waits_for(step, way) == Some(name) {
                remove(step, "when");
                self.loose.extend(text(step, "name").map(str::to_owned));
            }
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
  - {name: warm, when: {after: tell}, phase: recover, works: 90%, people: 5m, do: {warm: x}}
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
    fn a_step_that_is_left_out_takes_its_time_and_does_nothing() {
        let [close, call, tell, warm, ask, cool] = [
            "close: alert Down/isolate/call",
            "call: //",
            "tell: after close//",
            "warm: after tell/recover/",
            "ask: after call//",
            "cool: failed warm//",
        ];
        check(&[], &[], &[close, call, tell, warm, ask, cool]);
        check(&["tell"], &["tell"], &[close, call, tell, warm, ask, cool]);
        // Nobody closes, so that it cannot fail: no call, and nobody asks after it.
        let idle = "close: alert Down/isolate/";
        check(&["close"], &["close", "call", "ask"], &[idle, tell, warm, cool]);
        check(&["close", "ask"], &["close", "ask", "call"], &[idle, tell, warm, cool]);
        // What waited for a failure takes its time too.
        check(&["call"], &["call"], &[close, call, tell, warm, ask, cool]);
        check(&["warm"], &["warm", "cool"], &[close, call, tell, warm, ask]);
        let mut node = tree(RUNBOOK);
        leave_out(&mut node, &Without::Steps(vec!["warm".to_owned()])).expect("it is there");
        let Some(Kind::Seq(steps)) = node.get("runbook").map(|it| &it.value.kind) else { panic!("steps") };
        let warm = steps.iter().find(|step| text(step, "name") == Some("warm")).expect("it takes its time");
        assert_eq!((text(warm, "works"), text(warm, "people"), text(warm, "do")), (None, Some("5m"), None));
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
