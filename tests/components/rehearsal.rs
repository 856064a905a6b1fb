//! A small system and one run of it.

use std::path::Path;

use brownout::component::{StationKind, View, World};
use brownout::engine::{Engine, Limits};
use brownout::experiment::run_once;
use brownout::record::{ObservedSegment, OperationRecord, RunRecord, Segments, StationRecord};
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
        self.run_until(plan_changes, Span::ZERO)
    }

    /// The same, with what was observed in the last `end` by itself.
    #[track_caller]
    pub(crate) fn run_until(&self, plan_changes: impl FnOnce(&mut World<'_>), end: Span) -> Run {
        let plan = self.plan();
        let mut world = World::new(&plan.assembly, plan.seed, 0);
        plan_changes(&mut world);
        let whole = Instant::START + plan.duration;
        let ends = if end.is_zero() {
            vec![whole]
        } else {
            vec![Instant::START + plan.duration.saturating_sub(end), whole]
        };
        let segments = Segments { ends, interval: plan.interval };
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

    /// The mean of a gauge in the last segment.
    #[track_caller]
    pub(crate) fn at_the_end(&self, component: &str, part: &str, metric: &str) -> f64 {
        self.segments_of(component, part, metric).last().expect("a segment").per_second()
    }

    /// A station over the whole run.
    #[track_caller]
    pub(crate) fn station(&self, component: &str, kind: StationKind) -> StationRecord {
        let mut names = self.plan.assembly.stations.iter();
        let index = names.position(|name| name.component == component && name.kind == kind);
        let mut whole = StationRecord::default();
        let segments = &self.record.stations[index.unwrap_or_else(|| panic!("no station {component}"))];
        segments.iter().for_each(|segment| whole.merge(segment));
        whole
    }

    /// Of a counter, what was counted; of a gauge, its mean and its largest value.
    #[track_caller]
    pub(crate) fn observed(&self, component: &str, part: &str, metric: &str) -> (f64, f64, f64) {
        let mut whole = ObservedSegment::default();
        self.segments_of(component, part, metric).iter().for_each(|segment| whole.merge(segment));
        (whole.total, whole.per_second(), whole.max)
    }

    #[track_caller]
    fn segments_of(&self, component: &str, part: &str, metric: &str) -> &[ObservedSegment] {
        let mut names = self.plan.assembly.observables.iter();
        let index = names.position(|name| {
            name.component == component && name.part == part && name.metric.name() == metric
        });
        &self.record.observed[index.unwrap_or_else(|| panic!("no {metric} of {component}"))].segments
    }
}

/// Asserts that a value lies within a distance of another.
#[track_caller]
pub(crate) fn near(value: f64, wanted: f64, within: f64) {
    assert!((value - wanted).abs() <= within, "{value} is not within {within} of {wanted}");
}
