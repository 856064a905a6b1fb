//! A small system and one run of it.

use std::path::Path;

use brownout::component::{View, World};
use brownout::engine::{Engine, Limits};
use brownout::experiment::run_once;
use brownout::record::{OperationRecord, RunRecord, Segments};
use brownout::scenario::{Overrides, Plan, load};
use brownout::units::{Instant, Span};

/// A system as its files.
pub(crate) struct Rehearsal<'a> {
    pub(crate) operations: &'a str,
    pub(crate) deployment: &'a str,
    pub(crate) scenario: &'a str,
}

/// One run.
pub(crate) struct Run {
    pub(crate) plan: Plan,
    pub(crate) record: RunRecord,
}

impl Rehearsal<'_> {
    #[track_caller]
    pub(crate) fn run(&self) -> Run {
        let plan = self.plan();
        let record = run_once(&plan, Span::ZERO, 0).expect("the books balance");
        Run { plan, record }
    }

    /// Runs it with changes that are planned beforehand.
    #[track_caller]
    pub(crate) fn run_with(&self, plan_changes: impl FnOnce(&mut World<'_>)) -> Run {
        let plan = self.plan();
        let mut world = World::new(&plan.assembly, plan.seed, 0);
        plan_changes(&mut world);
        let segments = Segments { ends: vec![Instant::START + plan.duration], interval: plan.interval };
        let engine = Engine::new(&plan.assembly.program, world, segments, Limits::default(), 1);
        let record = engine.run().expect("the books balance");
        Run { plan, record }
    }

    #[track_caller]
    fn plan(&self) -> Plan {
        let files = |path: &Path| -> Result<Vec<u8>, String> {
            let text = match path.to_string_lossy().as_ref() {
                "scenario.yaml" => self.scenario,
                "deployment.yaml" => self.deployment,
                "operations.yaml" => self.operations,
                _ => return Err("no such file".to_owned()),
            };
            Ok(text.as_bytes().to_vec())
        };
        let loaded = load(Path::new("scenario.yaml"), &Overrides::default(), &files);
        let mistakes: Vec<&str> = loaded.diagnostics.iter().map(|d| d.cause.as_str()).collect();
        loaded.plan.unwrap_or_else(|| panic!("{mistakes:?}"))
    }
}

impl Run {
    #[track_caller]
    pub(crate) fn effect(&self, name: &str) -> u64 {
        let index = self.plan.assembly.effects.iter().position(|effect| effect == name);
        self.record.effects[index.unwrap_or_else(|| panic!("no effect {name}"))]
    }

    /// An operation over the whole run.
    #[track_caller]
    pub(crate) fn operation(&self, name: &str, view: View) -> OperationRecord {
        let mut operations = self.plan.assembly.operations.iter();
        let index = operations.position(|operation| operation.name == name && operation.view == view);
        let mut whole = OperationRecord::default();
        for segment in &self.record.operations[index.unwrap_or_else(|| panic!("no operation {name}"))] {
            whole.merge(segment);
        }
        whole
    }

    /// Of a counter, what was counted; of a gauge, its mean and its largest value.
    #[track_caller]
    pub(crate) fn observed(&self, component: &str, part: &str, metric: &str) -> (f64, f64, f64) {
        let mut names = self.plan.assembly.observables.iter();
        let index = names.position(|name| {
            name.component == component && name.part == part && name.metric.name() == metric
        });
        let record = &self.record.observed[index.unwrap_or_else(|| panic!("no {metric} of {component}"))];
        let mut whole = brownout::record::ObservedSegment::default();
        record.segments.iter().for_each(|segment| whole.merge(segment));
        (whole.total, whole.per_second(), whole.max)
    }
}

/// Asserts that a value lies within a distance of another.
#[track_caller]
pub(crate) fn near(value: f64, wanted: f64, within: f64) {
    assert!((value - wanted).abs() <= within, "{value} is not within {within} of {wanted}");
}
