//! A small system given as text, run once, and what came of it in words.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use brownout::experiment::{Options, Results, StationResults, replicate, station_label};
use brownout::scenario::{Overrides, load};

/// A system in its three files. Operations that are loaded come at the instants that `at` says.
#[derive(Clone, Debug, Default)]
pub(crate) struct System {
    /// The steps of each operation of module `shop`.
    pub(crate) operations: Vec<(&'static str, &'static str)>,
    /// The rest of the operations file.
    pub(crate) logic: &'static str,
    /// Further keys of the pool `shop`.
    pub(crate) pool: &'static str,
    /// Further keys of the database `db`.
    pub(crate) database: &'static str,
    /// The rest of the deployment.
    pub(crate) deployment: &'static str,
    /// When requests of each operation come.
    pub(crate) at: Vec<(&'static str, &'static [&'static str])>,
    /// The simulated time; a minute unless it says otherwise.
    pub(crate) duration: &'static str,
}

impl System {
    /// Runs it.
    pub(crate) fn run(&self) -> Results {
        let loaded = load(Path::new("scenario.yaml"), &Overrides::default(), &|path: &Path| self.file(path));
        let mistakes: Vec<&str> =
            loaded.diagnostics.iter().filter(|d| d.is_error()).map(|d| d.cause.as_str()).collect();
        let plan = loaded.plan.unwrap_or_else(|| panic!("{mistakes:?}"));
        replicate(&plan, &Options::default(), &|_| {}, &AtomicBool::new(false)).expect("the books balance")
    }

    /// Runs it and checks what came of each operation and which effects there were.
    #[track_caller]
    pub(crate) fn check(&self, expected: &str) -> Results {
        let results = self.run();
        assert_eq!(told(&results), expected);
        results
    }

    fn file(&self, path: &Path) -> Result<Vec<u8>, String> {
        let path = path.to_string_lossy();
        if let Some(name) = path.strip_suffix(".csv") {
            let instants = self.at.iter().find(|(operation, _)| *operation == name).ok_or("no such file")?;
            return Ok(format!("at\n{}\n", instants.1.join("\n")).into_bytes());
        }
        let text = match path.as_ref() {
            "scenario.yaml" => {
                let loads: Vec<String> = self.at.iter().map(|(name, _)| self.load_of(name)).collect();
                let duration = if self.duration.is_empty() { "1m" } else { self.duration };
                format!(
                    "deployment: deployment.yaml\nduration: {duration}\nreplications: 1\nload:\n{}",
                    loads.concat()
                )
            }
            "deployment.yaml" => format!(
                "operations: operations.yaml\n\
                 processes: {{shop: {{modules: [shop], cores: 64, style: event-loop}}}}\n\
                 pools: {{shop: {{to: db{}{}}}}}\n\
                 databases: {{db: {{cores: 64, schemas: [sales], kind: mariadb, statement: 1ms{}{}}}}}\n{}",
                if self.pool.is_empty() { "" } else { ", " },
                self.pool,
                if self.database.is_empty() { "" } else { ", " },
                self.database,
                self.deployment
            ),
            "operations.yaml" => {
                let operations: Vec<String> =
                    self.operations.iter().map(|(name, steps)| format!("      {name}: {steps}\n")).collect();
                format!("modules:\n  shop:\n    operations:\n{}{}", operations.concat(), self.logic)
            }
            _ => return Err("no such file".to_owned()),
        };
        Ok(text.into_bytes())
    }

    fn load_of(&self, name: &str) -> String {
        format!("  shop.{name}: {{trace: {{csv: {name}.csv, column: at}}}}\n")
    }
}

/// What came of operations and effects: `a served 2 in 13ms, b pool-timeout 1; sold 2`.
pub(crate) fn told(results: &Results) -> String {
    let mut by_name: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for operation in &results.windows[0].operations {
        let name = operation.name.name.strip_prefix("shop.").unwrap_or(&operation.name.name);
        let list = by_name.entry(name).or_default();
        let ended = operation.served_per_s.mean * results.duration.as_secs_f64();
        if let Some(latency) = operation.latency {
            list.push(format!("served {:.0} in {:.0}ms", ended, latency.mean_s.mean * 1e3));
        }
        for (cause, share) in &operation.causes {
            list.push(format!("{} {:.0}%", cause.name(), share.mean * 100.0));
        }
        if list.is_empty() {
            list.push("open".to_owned());
        }
    }
    let operations: Vec<String> =
        by_name.into_iter().map(|(name, said)| format!("{name} {}", said.join(" "))).collect();
    let effects = results.effects.iter().filter(|effect| effect.count.mean > 0.0);
    let effects: Vec<String> =
        effects.map(|effect| format!("{} {:.0}", effect.name, effect.count.mean)).collect();
    if effects.is_empty() {
        operations.join(", ")
    } else {
        format!("{}; {}", operations.join(", "), effects.join(", "))
    }
}

/// A station of the whole run, by its label.
#[track_caller]
pub(crate) fn station<'r>(results: &'r Results, label: &str) -> &'r StationResults {
    let found = results.windows[0].stations.iter().find(|s| station_label(&s.name) == label);
    found.unwrap_or_else(|| panic!("no station {label}"))
}
