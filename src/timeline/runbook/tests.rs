//! The machine without a system.

use super::super::condition::Condition;
use super::super::controls::{Controls, TargetId};
use super::plan::AwaitedComponent;
use super::*;
use crate::random::Law;
use crate::units::{Instant, Ratio, Span};

fn at(secs: u64) -> Instant {
    Instant::START + Span::from_secs(secs)
}

fn law(secs: u64) -> Law {
    Law::constant(Span::from_secs(secs))
}

/// A step whose action the system cannot take.
const IMPOSSIBLE: u16 = 7;

/// Takes note of what it is told, in seconds.
#[derive(Debug, Default)]
struct Notes(Vec<String>);

impl Notes {
    fn note(&mut self, at: Instant, what: &str) {
        self.0.push(format!("{} {what}", at.since(Instant::START).as_nanos() / 1_000_000_000));
    }
}

impl Controls for Notes {
    fn set_condition(&mut self, _target: TargetId, _before: &Condition, _after: &Condition) {}
    fn fault(&mut self, _at: Instant, _label: &str, _begins: bool) {}
    fn flush(&mut self, _target: TargetId) {}

    fn act(&mut self, step: u16) -> bool {
        self.0.push(format!("action of {step}"));
        step != IMPOSSIBLE
    }

    fn acknowledged(&mut self, at: Instant, alert: &str) {
        self.note(at, &format!("{alert} taken on"));
    }

    fn understood(&mut self, at: Instant, alert: &str) {
        self.note(at, &format!("{alert} understood"));
    }

    fn step_began(&mut self, at: Instant, step: &str, _action: &str) {
        self.note(at, &format!("{step} begun"));
    }

    fn step_ended(&mut self, at: Instant, step: &str, _action: &str, worked: bool) {
        self.note(at, &format!("{step} {}", if worked { "done" } else { "failed" }));
    }
}

fn step(name: &str, trigger: Option<Trigger>, people_s: u64) -> PlannedStep {
    PlannedStep {
        name: name.to_owned(),
        trigger,
        understood: false,
        people: law(people_s),
        works: Ratio::ONE,
        action: None,
        written: None,
        words: String::new(),
        otherwise: None,
    }
}

fn plan(steps: Vec<PlannedStep>) -> RunbookPlan {
    RunbookPlan {
        steps,
        alerts: vec!["Down".to_owned()],
        components: vec![AwaitedComponent {
            name: "main".to_owned(),
            targets: vec![TargetId(0)],
            may_recover: true,
        }],
        detect: law(10),
        identify: law(100),
    }
}

/// Tells a runbook what happens when, and gives what it says until nothing is due any more.
fn told(plan: &RunbookPlan, signals: &[(u64, Signal<'_>)]) -> Vec<String> {
    let mut runbook = Runbook::new(plan, 1, 0);
    let mut notes = Notes::default();
    for (secs, signal) in signals {
        while let Some(due) = runbook.next().filter(|due| *due <= at(*secs)) {
            runbook.advance(due, &mut notes);
        }
        runbook.tell(at(*secs), *signal);
    }
    while let Some(due) = runbook.next() {
        runbook.advance(due, &mut notes);
    }
    notes.0
}

#[test]
fn steps_of_one_alert_share_the_time_to_take_it_on_and_to_understand_it() {
    let understood = |name: &str, people_s| PlannedStep {
        understood: true,
        ..step(name, Some(Trigger::Alert(0)), people_s)
    };
    let plan = plan(vec![
        step("page", Some(Trigger::Alert(0)), 0),
        understood("isolate", 5),
        understood("recover", 7),
        step("then", Some(Trigger::After(1)), 1),
    ]);
    let expected = [
        "30 Down taken on",
        "30 page begun",
        "30 isolate begun",
        "30 recover begun",
        "30 page done",
        "130 Down understood",
        "135 isolate done",
        "135 then begun",
        "136 then done",
        "137 recover done",
    ];
    assert_eq!(told(&plan, &[(20, Signal::Notified("Down")), (25, Signal::Notified("Down"))]), expected);
    assert!(told(&plan, &[(20, Signal::Notified("Other"))]).is_empty());
}

#[test]
fn what_does_not_work_is_not_done_and_has_others_follow() {
    let fails = PlannedStep {
        works: Ratio::ZERO,
        action: Some(Action::Warm { warm: 0 }),
        otherwise: Some(1),
        ..step("fails", Some(Trigger::At(at(5))), 1)
    };
    let plan = plan(vec![
        fails,
        PlannedStep { action: Some(Action::Warm { warm: 1 }), ..step("other", None, 2) },
        step("after", Some(Trigger::After(0)), 0),
        step("failed", Some(Trigger::Failed(0)), 4),
    ]);
    let expected = [
        "5 fails begun",
        "6 fails failed",
        "6 other begun",
        "6 failed begun",
        "action of 1",
        "8 other done",
        "10 failed done",
    ];
    assert_eq!(told(&plan, &[]), expected);
}

#[test]
fn an_action_that_the_system_cannot_take_has_not_worked() {
    let mut steps: Vec<PlannedStep> = (0..IMPOSSIBLE).map(|_| step("idle", None, 0)).collect();
    let action = Some(Action::Warm { warm: 0 });
    steps.push(PlannedStep { action, otherwise: Some(0), ..step("tried", Some(Trigger::At(at(1))), 0) });
    let expected = ["1 tried begun", "action of 7", "1 tried failed", "1 idle begun", "1 idle done"];
    assert_eq!(told(&plan(steps), &[]), expected);
}

#[test]
fn an_alert_is_resolved_with_its_last_instance_and_each_step_is_taken_once() {
    let plan = plan(vec![
        step("close", Some(Trigger::Resolved(0)), 0),
        step("warm", Some(Trigger::Recovered(0)), 0),
    ]);
    let fires = Signal::Fires("Down");
    let resolved = Signal::Resolved("Down");
    let signals = [
        (1, fires),
        (2, fires),
        (3, resolved),
        (4, Signal::Recovered(0)),
        (5, resolved),
        (6, fires),
        (7, resolved),
        (8, Signal::Recovered(0)),
    ];
    assert_eq!(told(&plan, &signals), ["4 warm begun", "4 warm done", "5 close begun", "5 close done"]);
}

#[test]
fn draws_depend_on_the_name_of_a_step_and_not_on_its_place() {
    let random = |name: &str| PlannedStep {
        people: Law::exponential(Span::from_secs(1_000)),
        ..step(name, Some(Trigger::At(at(0))), 0)
    };
    let done = |steps: Vec<PlannedStep>| {
        let mut notes = told(&plan(steps), &[]);
        notes.retain(|note| note.ends_with("b done"));
        notes
    };
    let alone = done(vec![random("b")]);
    assert_eq!(alone.len(), 1);
    assert_eq!(done(vec![random("a"), random("b"), random("c")]), alone);
}
