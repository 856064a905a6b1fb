//! What a case is: a model as its user would write it, and what is read off its results.

/// What is read off the records of runs, a value for each run.
pub(crate) enum Measure {
    /// An operation: `mean`, `square` (the mean square), `p50`, `p90`, `p95`, `p99` or `p999` of its response time, the
    /// share that `failed` and the number of `failures`, the rates `offered` and `served`, or a cause of failure as the
    /// output names it.
    Operation(&'static str, &'static str),
    /// A station by its label: `utilisation`, `queue`, `busy`, `waited` share, `full` share, the rates of `visits`,
    /// of those `rejected` and of those that `gave-up`, `wait mean`, `wait square`, `wait p95`, …, the share
    /// of those that `wait above 0.05` s; averaged over replicas.
    Station(&'static str, &'static str),
    /// A function of the requests of an operation in flight at this instant \[s], averaged over operations.
    AtInstant(f64, fn(f64) -> f64),
    /// The same, averaged over the ends of all intervals in the window.
    OverTime(fn(f64) -> f64),
    /// How often an effect happened in a run.
    Effect(&'static str),
    /// What a store or a topic shows, by the name of the metric.
    Observed(&'static str, &'static str),
    /// A sum of measures.
    Sum(Vec<Measure>),
    /// A function of measures; it is that of their means over the runs.
    Of(Vec<Measure>, fn(&[f64]) -> f64),
    /// Another measure times a factor, plus an offset.
    Linear(Box<Measure>, f64, f64),
}

impl Measure {
    /// One measure over another.
    pub(crate) fn over(self, other: Measure) -> Measure {
        Measure::Of(vec![self, other], |v| v[0] / v[1])
    }

    /// So many times as much.
    pub(crate) fn times(self, factor: f64) -> Measure {
        Measure::Linear(Box::new(self), factor, 0.0)
    }
}

/// A system with a known answer.
pub(crate) struct Case {
    /// Its id in `oracles.csv`.
    pub(crate) id: &'static str,
    /// What the software does, if anything.
    pub(crate) operations: String,
    /// Where it runs, if anywhere.
    pub(crate) deployment: String,
    /// The question.
    pub(crate) scenario: String,
    /// Metric of the oracle, and how it is measured.
    pub(crate) measures: Vec<(&'static str, Measure)>,
    /// Which of the case's runs it is, from 1.
    pub(crate) run: u32,
    /// Whether its precision takes so long that only the page of the table runs it.
    pub(crate) long: bool,
}

impl Case {
    /// Measures something more.
    pub(crate) fn and(mut self, metric: &'static str, measure: Measure) -> Case {
        self.measures.push((metric, measure));
        self
    }

    /// Gives metrics the names that the case has for them.
    pub(crate) fn renamed(mut self, names: &[(&str, &'static str)]) -> Case {
        for (metric, _) in &mut self.measures {
            if let Some((_, name)) = names.iter().find(|(usual, _)| usual == metric) {
                *metric = name;
            }
        }
        self
    }

    /// Leaves a metric out that the case has no value for.
    pub(crate) fn without(mut self, metric: &str) -> Case {
        self.measures.retain(|(name, _)| *name != metric);
        self
    }

    /// Looks at requests in flight so often.
    pub(crate) fn every(mut self, interval: &str) -> Case {
        self.scenario = self.scenario.replacen('{', &format!("{{interval: {interval}, "), 1);
        self
    }

    /// Leaves the case to the page of the table.
    pub(crate) fn long(self) -> Case {
        Case { long: true, ..self }
    }
}

/// How the usual metrics of a plain station `q` are measured.
fn usual(metric: &str) -> Measure {
    let operation = |which| Measure::Operation("q", which);
    let station = |which| Measure::Station("q servers", which);
    match metric {
        "W" | "R" | "W_accepted" => operation("mean"),
        "W_p50" => operation("p50"),
        "W_p90" => operation("p90"),
        "W_p95" => operation("p95"),
        "W_p99" => operation("p99"),
        "W_p99.9" => operation("p999"),
        "P_block" | "P_abandon" | "P_late" => operation("failed"),
        "X" | "throughput" | "goodput" => operation("served"),
        "lam_mean" => operation("offered"),
        "Wq" | "Wq_accepted" | "Wq_served" => station("wait mean"),
        "Wq_p50" | "Wq_acc_p50" | "Wq_served_p50" => station("wait p50"),
        "Wq_p90" => station("wait p90"),
        "Wq_p95" | "Wq_acc_p95" | "Wq_served_p95" => station("wait p95"),
        "Wq_p99" | "Wq_acc_p99" | "Wq_served_p99" => station("wait p99"),
        "Wq_p99.9" => station("wait p999"),
        "EWq2" => station("wait square"),
        "var_Wq" => Measure::Of(vec![station("wait square"), station("wait mean")], |v| v[0] - v[1] * v[1]),
        "var_W" => Measure::Of(vec![operation("square"), operation("mean")], |v| v[0] - v[1] * v[1]),
        // By Little's law: who gives up has waited too.
        "Wq_all" => station("queue").over(operation("offered")),
        "Lq" => station("queue"),
        "L" => Measure::Sum(vec![station("busy"), station("queue")]),
        "P_wait" | "P_wait_accepted" | "P_wait_arrival" | "sigma" => station("waited"),
        "rho" | "util" | "P_busy_time" => station("utilisation"),
        "P_all_idle" | "p0" | "P_empty" => Measure::Linear(Box::new(station("utilisation")), -1.0, 1.0),
        other => panic!("{other} has no usual measure"),
    }
}

/// The times of a run. It goes on for as long as it warmed up, so that what arrived in the window can end: requests
/// that do not end are in no share and no mean, and they are the slow ones.
fn measured(warm_up: u32, to: u32) -> String {
    format!(
        "duration: {}s, warm-up: {{for: {warm_up}s}}, replications: 20,
         windows: {{steady: {{from: {warm_up}s, to: {to}s}}}}",
        to + warm_up
    )
}

/// A plain station `q` under one load, run twenty times; times in seconds.
pub(crate) fn plain(
    id: &'static str,
    (warm_up, duration): (u32, u32),
    load: &str,
    station: &str,
    metrics: &'static str,
) -> Case {
    let measures = metrics.split(' ').map(|metric| (metric, usual(metric))).collect();
    let scenario =
        format!("{{{}, load: {{q: {load}}}, stations: {{q: {station}}}}}", measured(warm_up, duration));
    let (operations, deployment) = (String::new(), String::new());
    Case { id, operations, deployment, scenario, measures, run: 1, long: false }
}

/// Any system, run twenty times: its operations file, its deployment without the reference to it, and its loads
/// with whatever else the scenario says; times in seconds.
pub(crate) fn system(
    id: &'static str,
    (warm_up, duration): (u32, u32),
    operations: &str,
    deployment: &str,
    load: &str,
) -> Case {
    let scenario = format!("{{deployment: deployment.yaml, {}, {load}}}", measured(warm_up, duration));
    Case {
        id,
        operations: format!("{{{operations}}}"),
        deployment: format!("{{operations: operations.yaml, {deployment}}}"),
        scenario,
        measures: Vec::new(),
        run: 1,
        long: false,
    }
}

/// One module `m` in one process, whose operations use plain stations.
pub(crate) fn visits(
    id: &'static str,
    times: (u32, u32),
    operations: &str,
    stations: &str,
    load: &str,
) -> Case {
    system(
        id,
        times,
        &format!("modules: {{m: {{operations: {{{operations}}}}}}}"),
        &format!("processes: {{p: {{modules: [m], cores: 1, style: event-loop}}}}, stations: {{{stations}}}"),
        load,
    )
}

/// A step that visits each of these stations in turn.
pub(crate) fn in_turn(stations: &[&str]) -> String {
    stations.iter().map(|name| format!("{{visit: {name}}}")).collect::<Vec<_>>().join(", ")
}

/// A station with an exponential service time of so many seconds.
pub(crate) fn exponential(name: &str, servers: u32, mean_s: f64) -> String {
    format!("{name}: {{servers: {servers}, service: {{exponential: {{mean: {mean_s}s}}}}}}")
}

/// Number of requests at a station, waiting or served.
pub(crate) fn present(label: &'static str) -> Measure {
    Measure::Sum(vec![Measure::Station(label, "busy"), Measure::Station(label, "queue")])
}
