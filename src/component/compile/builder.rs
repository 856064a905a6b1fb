//! What is being built, and the small tools that everything else is built with.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::flags::Unreached;
use super::kinds::Use;
use super::layout::Layout;
use crate::component::assembly::{OperationName, SystemSpec, View};
use crate::component::mistake::{Mistake, Part, Place, PlaceStep, code};
use crate::component::observe::ObservableName;
use crate::component::operations::Abandoned;
use crate::component::parts::{Hook, KeyRef, Parts, RetryPart, Way};
use crate::engine::{Demand, Fork, Leftover, Pc, Program, Repetitions, Step};
use crate::policy::{PolicyError, Retry, RetryBudgetConfig, RetryConfig};
use crate::random::{ColumnError, CountLaw, CountLawSpec, Law, LawSpec, mix, name_hash};
use crate::record::{Cause, TimePart};
use crate::units::Span;

/// Behind so many mistakes nobody is told what an unknown name may have meant: far fewer are shown.
const MOST_HELPED: usize = 1_000;

/// Where a step stands: for its mistakes, and for the draws made there.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    pub(super) part: Part,
    pub(super) place: Place,
    /// The place that draws are made for.
    pub(super) path: Place,
    /// The same number in every deployment of the same operations.
    pub(super) site: u64,
}

impl Spot {
    pub(super) fn new(part: Part, place: Place) -> Self {
        Spot::drawing(part, place.clone(), place)
    }

    fn drawing(part: Part, place: Place, path: Place) -> Self {
        let site = name_hash(&path.to_string());
        Spot { part, place, path, site }
    }

    pub(super) fn key(&self, key: &str) -> Spot {
        Spot::drawing(self.part, self.place.key(key), self.path.key(key))
    }

    pub(super) fn index(&self, index: usize) -> Spot {
        Spot::drawing(self.part, self.place.index(index), self.path.index(index))
    }

    /// This place with the draws of another.
    pub(super) fn drawing_as(&self, other: &Spot) -> Spot {
        Spot::drawing(self.part, self.place.clone(), other.path.clone())
    }

    /// A second draw at the same place.
    pub(super) fn draw(&self, purpose: &str) -> u64 {
        mix(self.site, name_hash(purpose))
    }
}

/// A bit for each cause that `is_one`.
pub(super) fn mask(is_one: impl Fn(Cause) -> bool) -> u32 {
    Cause::ALL.into_iter().filter(|cause| is_one(*cause)).fold(0, |mask, cause| mask | (1 << cause as u32))
}

/// An operation, and the databases on which a transaction of its caller's is open, a bit for each.
type Body = (String, u64);

/// A system while it is being put together.
pub(super) struct Builder<'a> {
    pub(super) system: &'a SystemSpec,
    pub(super) files: &'a dyn Fn(&str) -> Result<String, String>,
    pub(super) program: Program,
    pub(super) parts: Parts,
    pub(super) operations: Vec<OperationName>,
    pub(super) effects: Vec<String>,
    /// Those that are counted where something went wrong.
    pub(super) wrong_effects: Vec<u16>,
    /// Those that a step `effect` counts.
    pub(super) counted_by_steps: BTreeSet<u16>,
    pub(super) observables: Vec<ObservableName>,
    pub(super) mistakes: Vec<Mistake>,
    pub(super) layout: Layout,
    /// The party whose steps are being compiled: a process, a gateway, or `clients`.
    pub(super) here_is: String,
    /// First steps of the bodies compiled so far, by operation and open transactions.
    bodies: IndexMap<Body, Pc>,
    /// Calls to bodies whose first step is not known yet.
    pending_calls: Vec<(usize, Body)>,
    /// So many of these, from the first on, call bodies that are compiled.
    followed: usize,
    /// Steps behind flags that nobody sets: they are checked and never run.
    pub(super) unreached: Vec<Unreached>,
    /// Operations that wait for each other in a circle.
    pub(super) in_circles: BTreeSet<String>,
    /// What each `once` remembers, by its place.
    memories: IndexMap<u64, u16>,
    /// What steps take entries of caches for.
    pub(super) uses: Vec<Use>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(
        system: &'a SystemSpec,
        files: &'a dyn Fn(&str) -> Result<String, String>,
        layout: Layout,
    ) -> Self {
        Builder {
            system,
            files,
            program: Program::default(),
            parts: Parts::default(),
            operations: Vec::new(),
            effects: Vec::new(),
            wrong_effects: Vec::new(),
            counted_by_steps: BTreeSet::new(),
            observables: Vec::new(),
            mistakes: Vec::new(),
            layout,
            here_is: "clients".to_owned(),
            bodies: IndexMap::new(),
            pending_calls: Vec::new(),
            followed: 0,
            unreached: Vec::new(),
            in_circles: BTreeSet::new(),
            memories: IndexMap::new(),
            uses: Vec::new(),
        }
    }

    /// What the `once` at a place remembers; the same however often its steps are compiled.
    pub(super) fn memory(&mut self, spot: &Spot, remember: Span) -> u16 {
        *self.memories.entry(spot.site).or_insert_with(|| {
            self.parts.memories.push(remember);
            (self.parts.memories.len() - 1) as u16
        })
    }

    /// The next step's index.
    pub(super) fn here(&self) -> Pc {
        self.program.steps.len() as Pc
    }

    /// Appends a step and gives its index.
    pub(super) fn emit(&mut self, step: Step) -> usize {
        self.program.steps.push(step);
        self.program.steps.len() - 1
    }

    /// Appends a step whose target is the place after everything emitted by `rest`.
    pub(super) fn emit_over(&mut self, step: impl Fn(Pc) -> Step, rest: impl FnOnce(&mut Self)) {
        let at = self.emit(Step::Finish);
        rest(self);
        self.program.steps[at] = step(self.here());
    }

    /// Emits steps off the path, as a chunk that ends with [`Step::Finish`]; gives its first step.
    pub(super) fn branch(&mut self, body: impl FnOnce(&mut Self)) -> Pc {
        let mut first = 0;
        self.emit_over(
            |to| Step::Jump { to },
            |builder| {
                first = builder.here();
                body(builder);
                builder.emit(Step::Finish);
            },
        );
        first
    }

    /// Emits `body` under a time-out, if there is one.
    pub(super) fn guarded(&mut self, timeout: Option<Span>, rest: Abandoned, body: impl FnOnce(&mut Self)) {
        let Some(timeout) = timeout else { return body(self) };
        let ring = self.program.ring(timeout);
        match rest {
            Abandoned::Cancel => {
                self.emit(Step::Deadline { ring, cause: Cause::Timeout });
                body(self);
            }
            Abandoned::KeepServing => {
                let pc = self.branch(body);
                let fork = self.fork(vec![pc], 1, Leftover::KeepServing);
                self.emit(Step::Deadline { ring, cause: Cause::Timeout });
                self.emit(Step::Fork { fork });
            }
        }
        self.emit(Step::EndDeadline);
    }

    /// Emits `body` with retries, if there are any, of calls by the replicas of a process, each of which has a budget of
    /// its own; without a process there is one caller.
    pub(super) fn retried(
        &mut self,
        retry: Option<&RetryConfig>,
        spot: &Spot,
        caller: Option<usize>,
        body: impl FnOnce(&mut Self),
    ) {
        if let Some(config) = retry {
            self.check_retry(config, spot);
        }
        let policy = retry.and_then(|config| self.retry_policy(config, caller));
        self.tried(policy, body);
    }

    /// Reports what is wrong with a policy of trying again.
    pub(super) fn check_retry(&mut self, config: &RetryConfig, spot: &Spot) {
        let at = spot.key("retry");
        if let Err(errors) = Retry::new(config.clone()) {
            self.policy_errors(&at, errors);
        }
        if config.max_attempts > 250 {
            self.range(&at.key("max-attempts"), config.max_attempts.to_string(), "at most 250");
        }
        let listed = config.retry_exceptions.as_deref().unwrap_or_default();
        self.check_kinds(listed, &at.key("retry-exceptions"));
        self.check_kinds(&config.ignore_exceptions, &at.key("ignore-exceptions"));
    }

    /// Adds a policy of trying again, if there is nothing wrong with it.
    pub(super) fn retry_policy(&mut self, config: &RetryConfig, caller: Option<usize>) -> Option<u16> {
        let retry = Retry::new(config.clone()).ok()?;
        let retried =
            |cause: Cause| cause != Cause::Limit && config.retries(cause.name(), !cause.is_turned_down());
        Some(self.add_retry(retry, mask(retried), config.budget.as_ref(), caller))
    }

    /// Adds a policy of trying again after `causes`, a bit for each.
    pub(super) fn add_retry(
        &mut self,
        retry: Retry,
        causes: u32,
        budget: Option<&RetryBudgetConfig>,
        caller: Option<usize>,
    ) -> u16 {
        let first = self.parts.budgets.len() as u16;
        let budget = budget.map(|config| {
            match caller {
                Some(caller) => {
                    let owned = self.owned(config, caller).map(|(config, owner)| (config, Some(owner)));
                    self.parts.budgets.extend(owned);
                }
                None => self.parts.budgets.push((config.clone(), None)),
            }
            first
        });
        self.parts.retries.push(RetryPart { retry, causes, answers: None, budget });
        (self.parts.retries.len() - 1) as u16
    }

    /// One of the same for each replica of a process, with the process and the replica.
    pub(super) fn owned<T: Clone>(
        &self,
        config: &T,
        process: usize,
    ) -> impl Iterator<Item = (T, (u16, u16))> + use<T> {
        let config = config.clone();
        (0..self.parts.processes[process].replicas)
            .map(move |replica| (config.clone(), (process as u16, replica)))
    }

    /// Emits `body`, which is tried again as a policy says.
    pub(super) fn tried(&mut self, policy: Option<u16>, body: impl FnOnce(&mut Self)) {
        let Some(policy) = policy else { return body(self) };
        if let Some(first) = self.parts.retries[usize::from(policy)].budget {
            self.hook(Hook::FirstTry { first });
        }
        self.emit(Step::Retry { policy });
        body(self);
        self.emit(Step::EndRetry);
    }

    /// Reports kinds of failure that there are not.
    pub(super) fn check_kinds(&mut self, kinds: &[String], spot: &Spot) {
        for (index, kind) in kinds.iter().enumerate() {
            self.check_kind(kind, spot.part, spot.place.index(index));
        }
    }

    /// Reports a kind of failure that there is not.
    pub(super) fn check_kind(&mut self, kind: &str, part: Part, place: Place) {
        // A limit of the simulation is not a failure of the system, and what people pause is turned away before it.
        let is_kind = |cause: &Cause| !matches!(cause, Cause::Limit | Cause::Paused);
        let known = || Cause::ALL.into_iter().filter(is_kind).map(Cause::name);
        if !known().any(|name| name == kind) {
            self.mistakes.push(self.unknown_name(part, place, "kind of failure", kind, known()));
        }
    }

    /// Emits `attempt`; where it fails for one of `causes`, a bit for each, `then`, and goes on behind it unless it is
    /// to fail again.
    pub(super) fn caught(
        &mut self,
        causes: u32,
        rethrow: bool,
        attempt: impl FnOnce(&mut Self),
        then: impl FnOnce(&mut Self),
    ) {
        let catch = self.emit(Step::Finish);
        attempt(self);
        let end = self.emit(Step::Finish);
        let handler = self.here();
        self.program.steps[catch] = Step::Catch { handler };
        self.emit(Step::Caught);
        let unless = self.emit(Step::Finish);
        then(self);
        if !rethrow {
            self.emit(Step::Handled);
            let to = self.here() + 2;
            self.emit(Step::Jump { to });
        }
        let again = self.here();
        self.emit(Step::FailAgain);
        let after = self.here();
        self.program.steps[unless] = Step::Unless { causes, to: again };
        self.program.steps[end] = Step::EndCatch { to: after };
    }

    /// Emits `body` as a task of its own where it goes on when nobody waits for it any more.
    pub(super) fn apart(&mut self, rest: Abandoned, body: impl FnOnce(&mut Self)) {
        match rest {
            Abandoned::Cancel => body(self),
            Abandoned::KeepServing => {
                let pc = self.branch(body);
                let fork = self.fork(vec![pc], 1, Leftover::KeepServing);
                self.emit(Step::Fork { fork });
            }
        }
    }

    pub(super) fn fork(&mut self, branches: Vec<Pc>, need: u32, leftover: Leftover) -> u32 {
        self.program.forks.push(Fork { branches, need, leftover });
        (self.program.forks.len() - 1) as u32
    }

    pub(super) fn hook(&mut self, hook: Hook) {
        self.parts.hooks.push(hook);
        let hook = (self.parts.hooks.len() - 1) as u32;
        self.emit(Step::Hook { hook });
    }

    /// Adds a way into a process and gives its number.
    pub(super) fn way(&mut self, way: Way) -> u16 {
        self.parts.ways.push(way);
        (self.parts.processes.len() + self.parts.ways.len() - 1) as u16
    }

    /// Adds a law that is drawn at `site`.
    pub(super) fn demand(&mut self, law: Law, site: u64) -> u32 {
        self.program.demands.push(Demand { law, site });
        (self.program.demands.len() - 1) as u32
    }

    /// Emits a delay that is no service.
    pub(super) fn delay_of(&mut self, demand: u32, part: TimePart) {
        self.parts.delay_parts.push((demand, part));
        self.emit(Step::Delay { demand });
    }

    /// The error for a name that nothing has. What it may have meant is looked for as long as somebody will read it.
    pub(super) fn unknown_name<'n>(
        &self,
        part: Part,
        place: Place,
        kind: &str,
        name: &str,
        known: impl IntoIterator<Item = &'n str>,
    ) -> Mistake {
        match self.mistakes.len() < MOST_HELPED {
            true => Mistake::unknown(part, place, kind, name, known),
            false => Mistake::nameless(part, place, kind, name),
        }
    }

    /// Builds a law as written, noting what is wrong with it.
    pub(super) fn law(&mut self, spec: &LawSpec, spot: &Spot) -> Option<Law> {
        let Ok(law) = spec.build(self.files) else {
            for error in spec.mistakes(self.files) {
                let remedy = "see the distributions in docs/model-language.md".to_owned();
                let spot = error.field().map_or(spot.clone(), |(law, field)| spot.key(law).key(field));
                self.error_or_csv(&spot, code::LAW, error.to_string(), remedy, error.in_csv());
            }
            return None;
        };
        self.warn_of_cut(spec, &law, spot);
        Some(law)
    }

    /// Warns of a normal whose mean moves by more than a little where it is cut off at zero.
    fn warn_of_cut(&mut self, spec: &LawSpec, law: &Law, spot: &Spot) {
        let LawSpec::TruncatedNormal { mean, sd } = spec else { return };
        if *mean < *sd * 3.0 {
            let drawn = Span::from_secs_f64(law.mean());
            let drawn = Span::from_nanos(drawn.as_nanos() / 1_000 * 1_000);
            let cause = format!("the mean of what is drawn is {drawn}, not {mean}: it is cut off at zero");
            let remedy =
                "take a law that has its mean, such as `lognormal` or `gamma`, or a smaller `sd`".to_owned();
            self.warn(spot, code::LAW, cause, remedy);
        }
    }

    /// Builds a law as written and adds it, drawn at its own place.
    pub(super) fn law_demand(&mut self, spec: &LawSpec, spot: &Spot) -> Option<u32> {
        let law = self.law(spec, spot)?;
        Some(self.demand(law, spot.site))
    }

    pub(super) fn count(&mut self, spec: &CountLawSpec, spot: &Spot) -> Option<u32> {
        let law: CountLaw = match spec.build() {
            Ok(law) => law,
            Err(error) => {
                let remedy = "see the numbers of repetitions in docs/model-language.md".to_owned();
                self.error(spot, code::LAW, error.to_string(), remedy);
                return None;
            }
        };
        self.program.counts.push(Repetitions { law, site: spot.site });
        Some((self.program.counts.len() - 1) as u32)
    }

    /// The key space that a step names.
    pub(super) fn key(&mut self, name: &str, spot: &Spot) -> Option<u16> {
        match self.system.operations.keys.get_index_of(name) {
            Some(index) => Some(index as u16),
            None => {
                let known = self.system.operations.keys.keys().map(String::as_str);
                let mistake = self.unknown_name(spot.part, spot.place.clone(), "key", name, known);
                self.mistakes.push(mistake);
                None
            }
        }
    }

    pub(super) fn key_or_single(&mut self, name: Option<&String>, spot: &Spot) -> KeyRef {
        let index = name.and_then(|name| self.key(name, &spot.key("key")));
        index.map_or(KeyRef::Single, KeyRef::Space)
    }

    /// The index of a recorded operation, made if there is none yet.
    pub(super) fn operation(&mut self, name: &str, view: View) -> u16 {
        let name = OperationName { name: name.to_owned(), view };
        let index = self.operations.iter().position(|known| *known == name).unwrap_or_else(|| {
            self.operations.push(name);
            self.operations.len() - 1
        });
        index as u16
    }

    /// Emits a call of an operation's body in the process it runs in; the body is compiled later if need be.
    pub(super) fn call_body(&mut self, operation: &str, spot: &Spot, open: u64) {
        let site = spot.site as u32;
        let at = self.emit(Step::Call { pc: 0, site });
        self.pending_calls.push((at, (operation.to_owned(), open)));
    }

    /// The next operation that is called and not compiled yet.
    pub(super) fn next_body(&mut self) -> Option<Body> {
        let left = self.pending_calls.get(self.followed..)?;
        let known = left.iter().take_while(|(_, body)| self.bodies.contains_key(body)).count();
        self.followed += known;
        self.pending_calls.get(self.followed).map(|(_, body)| body.clone())
    }

    /// Whether any operation of a module is called, or might be behind a flag.
    pub(super) fn is_reached(&self, module: &str) -> bool {
        let of = |name: &str| name.strip_prefix(module).is_some_and(|rest| rest.starts_with('.'));
        self.bodies.keys().any(|(operation, _)| of(operation))
    }

    pub(super) fn begin_body(&mut self, operation: &str, open: u64) {
        let pc = self.here();
        self.bodies.insert((operation.to_owned(), open), pc);
    }

    /// Points all calls at the bodies, now that these are compiled.
    pub(super) fn link_bodies(&mut self) {
        for (at, called) in std::mem::take(&mut self.pending_calls) {
            if let (Some(body), Step::Call { pc, .. }) =
                (self.bodies.get(&called), &mut self.program.steps[at])
            {
                *pc = *body;
            }
        }
    }

    /// First steps of all operations' bodies.
    pub(super) fn into_bodies(
        self,
    ) -> (Program, Parts, Vec<OperationName>, Vec<String>, IndexMap<String, Pc>) {
        // What is only called in transactions is known by its name alone.
        let mut bodies = IndexMap::new();
        let (plain, joined): (Vec<_>, Vec<_>) =
            self.bodies.into_iter().partition(|((_, open), _)| *open == 0);
        for ((name, _), pc) in plain.into_iter().chain(joined) {
            let name =
                if bodies.contains_key(&name) { format!("{name} in its caller's transaction") } else { name };
            bodies.entry(name).or_insert(pc);
        }
        (self.program, self.parts, self.operations, self.effects, bodies)
    }

    pub(super) fn error(&mut self, spot: &Spot, code: u16, cause: String, remedy: String) {
        self.mistakes.push(Mistake::error(spot.part, spot.place.clone(), code, cause, remedy));
    }

    /// An error, which may be about what stands in a CSV.
    pub(super) fn error_or_csv(
        &mut self,
        spot: &Spot,
        code: u16,
        cause: String,
        remedy: String,
        in_csv: Option<&ColumnError>,
    ) {
        let mistake = Mistake::error(spot.part, spot.place.clone(), code, cause, remedy);
        self.mistakes.push(Mistake { in_csv: in_csv.cloned(), ..mistake });
    }

    pub(super) fn warn(&mut self, spot: &Spot, code: u16, cause: String, remedy: String) {
        self.mistakes.push(Mistake::warning(spot.part, spot.place.clone(), code, cause, remedy));
    }

    /// Tells of a time-out of nothing, which is over before anything can happen.
    pub(super) fn is_time(&mut self, spot: &Spot, key: &str, time: Option<Span>) {
        if time.is_some_and(Span::is_zero) {
            let cause = format!("a `{key}` of 0s is over before anything can happen");
            let remedy = "write a time above 0, or leave it out for none".to_owned();
            self.error(&spot.key(key), code::RANGE, cause, remedy);
        }
    }

    pub(super) fn range(&mut self, spot: &Spot, value: String, range: &str) {
        let cause = format!("{value} is out of range: it must be {range}");
        self.error(spot, code::RANGE, cause, format!("write a value that is {range}"));
    }

    pub(super) fn policy_errors(&mut self, spot: &Spot, errors: Vec<PolicyError>) {
        let page = page_of(spot);
        for error in errors {
            let remedy = format!("`brownout explain --reference {page}` lists each setting and its range");
            // Where the key is written, the value; else what it belongs to.
            self.error(&spot.key(error.field()), code::POLICY, error.to_string(), remedy);
        }
    }
}

/// The page of the reference on which the settings of a policy are listed, by what they stand below.
fn page_of(spot: &Spot) -> &'static str {
    let Some(PlaceStep::Key(section)) = spot.place.steps().first() else { return "call" };
    match (spot.part, section.as_str()) {
        (Part::Deployment, "gateways") | (Part::Scenario, "runbook") => "gateway",
        (Part::Deployment, "processes") => "process",
        (Part::Deployment, "externals") => "external",
        (Part::Scenario, "clients") => "client",
        _ => "call",
    }
}
