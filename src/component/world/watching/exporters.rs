//! The series of a system's exporters, under the names that their users know.
//!
//! Sources: Micrometer (`http_server_requests_seconds`, `hikaricp_connections*`, `tomcat_threads_*`,
//! `process_cpu_usage`), redis_exporter (`redis_*`), mysqld_exporter (`mysql_*`), kafka_exporter
//! (`kafka_consumergroup_lag`), ingress-nginx (`nginx_ingress_controller_requests`), Kong's Prometheus plugin
//! (`kong_http_requests_total`).

use std::collections::BTreeSet;

use crate::component::assembly::{Assembly, StationKind, StationName};
use crate::component::compile::SHOWN_PARTITIONS;
use crate::component::observe::{Metric, MetricKind, ObservableName};
use crate::component::parts::{Balanced, Parts, TargetKind};
use crate::component::world::exported::{Shown, shown};
use crate::record::AccessStatus;

use super::breakers::{BreakerMetric, breakers};
use super::requests::answers_of;
use super::tally::Numbering;

/// Where a series takes its value from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Reader {
    /// How many answers a tally has.
    Answers(u32),
    /// The sum of their times \[s].
    AnswerSeconds(u32),
    /// How many took at most a time that is a bound \[ms], or any.
    AnswersWithin { tally: u32, ms: Option<u32> },
    /// All lines of a route, however they were answered, by its first tally.
    Lines(u32),
    /// The sum of their times \[ms].
    LineMillis(u32),
    /// How many of them took at most a time that is a bound \[ms], or any.
    LinesWithin { first: u32, ms: Option<u32> },
    /// Share of a station's cores in use since the last scrape.
    CpuUse { sharing: u32, cores: f64, memory: usize },
    /// Slots in use, over some stations.
    InUse { first: u32, count: u32 },
    /// Slots there are.
    Limit { first: u32, count: u32 },
    /// A quantity of a pool or database.
    Own(Shown),
    /// A quantity of a circuit breaker.
    Breaker { breaker: u32, what: BreakerMetric },
    /// Records in a partition of a topic, or in all of them.
    EndOffset { topic: u16, partition: Option<u32> },
    /// One of the host's own observables.
    Observable(usize),
    /// One of them that counts, from when whoever shows it began.
    Counted(usize),
    /// One, or zero while a target is gone.
    Up(Owner),
    /// A number that does not change.
    Constant(f64),
}

impl Reader {
    /// Whether it is a count of the host's that has to begin anew with the server whose it is. Processes and routes forget
    /// theirs by themselves.
    pub(super) fn counts(self) -> bool {
        match self {
            Reader::Counted(_) => true,
            Reader::Own(shown) => shown.counts(),
            Reader::Answers(_)
            | Reader::AnswerSeconds(_)
            | Reader::AnswersWithin { .. }
            | Reader::Lines(_)
            | Reader::LineMillis(_)
            | Reader::LinesWithin { .. }
            | Reader::CpuUse { .. }
            | Reader::InUse { .. }
            | Reader::Limit { .. }
            | Reader::Breaker { .. }
            | Reader::EndOffset { .. }
            | Reader::Observable(_)
            | Reader::Up(_)
            | Reader::Constant(_) => false,
        }
    }
}

/// What a series is called: its metric and its labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeriesName {
    /// The metric.
    pub metric: String,
    /// Names and values of its labels.
    pub labels: Vec<(&'static str, String)>,
}

/// A series, where its value comes from, and who has to answer for it to be there.
#[derive(Clone, Debug)]
pub(super) struct Exported {
    pub(super) name: SeriesName,
    pub(super) reader: Reader,
    pub(super) of: Owner,
}

/// Who answers a scrape, or the exporter that asks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Owner {
    /// Somebody who is always there.
    Nobody,
    /// A replica of a process, which is its own exporter.
    Replica(u16, u16),
    /// Who finds replicas of a process, up or down, as long as they are meant to be there.
    Discovery(u16, u16),
    /// A component behind a gate.
    Gate(u16),
}

/// What exporters are made from.
struct Catalogue<'a> {
    parts: &'a Parts,
    stations: &'a [StationName],
    observables: &'a [ObservableName],
    /// Number of slot stations, sharing stations and lock tables.
    counts: (usize, usize, usize),
    /// The replicas of processes that are asked for.
    is_asked: &'a dyn Fn(u16, u16) -> bool,
}

/// Every series that is there from the start. Those of answers come into being with the first.
pub(super) fn exported(assembly: &Assembly) -> Vec<Exported> {
    exported_of(assembly, &|_, _| true)
}

fn exported_of(assembly: &Assembly, is_asked: &dyn Fn(u16, u16) -> bool) -> Vec<Exported> {
    let program = &assembly.program;
    let catalogue = Catalogue {
        parts: &assembly.parts,
        stations: &assembly.stations,
        observables: &assembly.observables,
        counts: (program.slots.len(), program.sharings.len(), program.locks.len()),
        is_asked,
    };
    let mut list = List { catalogue, found: Vec::new(), memories: 0 };
    list.stations();
    list.own();
    list.observables();
    list.found.extend(breakers(&assembly.parts, is_asked));
    list.found
}

/// Every series that a system may show. `told` says what somebody who looks at them tells of a replica by its label
/// `instance`: of the replicas of a process of which it is the same, the first stands for all, since their series are the
/// same for the rest.
pub fn series_of(assembly: &Assembly, told: impl Fn(&str) -> Vec<bool>) -> Vec<SeriesName> {
    let parts = &assembly.parts;
    let first_of_its_kind = |process: &Balanced| -> Vec<bool> {
        let mut known = BTreeSet::new();
        (0..process.replicas).map(|replica| known.insert(told(&replica_of(&process.name, replica)))).collect()
    };
    let firsts: Vec<Vec<bool>> = parts.processes.iter().map(first_of_its_kind).collect();
    let is_asked = |process: u16, replica: u16| firsts[usize::from(process)][usize::from(replica)];
    let numbering = Numbering::new(parts);
    let answers = numbering.possible(parts, is_asked).flat_map(|tally| answers_of(parts, &numbering, tally));
    exported_of(assembly, &is_asked).into_iter().chain(answers).map(|exported| exported.name).collect()
}

/// The label `instance` of a replica of a process.
pub(super) fn replica_of(process: &str, replica: u16) -> String {
    format!("{process}-{replica}")
}

struct List<'a> {
    catalogue: Catalogue<'a>,
    found: Vec<Exported>,
    memories: usize,
}

impl List<'_> {
    fn add(&mut self, metric: &str, labels: &[(&'static str, &str)], reader: Reader, of: Owner) {
        let labels = labels.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        self.found.push(Exported { name: SeriesName { metric: metric.to_owned(), labels }, reader, of });
    }

    /// Threads, cores, connections, locks and consumers.
    fn stations(&mut self) {
        let (slots, sharings, locks) = self.catalogue.counts;
        for (index, name) in self.catalogue.stations.iter().enumerate() {
            let station = if index < slots {
                index
            } else if index < slots + sharings {
                index - slots
            } else if index < slots + sharings + locks {
                index - slots - sharings
            } else {
                continue;
            };
            self.station(name, station as u32);
        }
    }

    fn station(&mut self, name: &StationName, station: u32) {
        let component = name.component.as_str();
        let instance = replica_of(component, name.replica);
        let process = self.catalogue.parts.processes.iter().position(|process| process.name == component);
        if process.is_some_and(|process| !(self.catalogue.is_asked)(process as u16, name.replica)) {
            return;
        }
        let of = process.map_or(Owner::Nobody, |process| Owner::Replica(process as u16, name.replica));
        let labels = [("application", component), ("job", component), ("instance", instance.as_str())];
        let one = (station, 1);
        match name.kind {
            StationKind::Threads => {
                let (first, count) = one;
                self.add("tomcat_threads_busy_threads", &labels, Reader::InUse { first, count }, of);
                self.add("tomcat_threads_config_max_threads", &labels, Reader::Limit { first, count }, of);
                self.up(&labels, of);
            }
            StationKind::Cores if process.is_some() => {
                let reader = self.cpu(station, name.capacity);
                self.add("process_cpu_usage", &labels, reader, of);
                let reader = self.cpu(station, name.capacity);
                self.add("system_cpu_usage", &labels, reader, of);
            }
            StationKind::Cores => self.database(name, station),
            // A gateway shows its metrics itself.
            StationKind::Requests => {
                let of = self.gate(component);
                self.add("up", &[("job", component), ("instance", component)], Reader::Up(of), Owner::Nobody);
            }
            StationKind::Connections
            | StationKind::Locks
            | StationKind::Consumer
            | StationKind::Servers
            | StationKind::Flush
            | StationKind::Appliers
            | StationKind::CommandLoop
            | StationKind::External
            | StationKind::LinkThere
            | StationKind::LinkBack => {}
        }
    }

    /// `up` of a replica: its exporter answers, or nobody does.
    fn up(&mut self, labels: &[(&'static str, &str)], of: Owner) {
        let found_by = match of {
            Owner::Replica(process, replica) => Owner::Discovery(process, replica),
            Owner::Nobody | Owner::Discovery(..) | Owner::Gate(_) => Owner::Nobody,
        };
        self.add("up", labels, Reader::Up(of), found_by);
    }

    fn cpu(&mut self, sharing: u32, cores: f64) -> Reader {
        self.memories += 1;
        Reader::CpuUse { sharing, cores, memory: self.memories - 1 }
    }

    /// A database, as mysqld_exporter sees it: the exporter is there when the database is not.
    fn database(&mut self, name: &StationName, sharing: u32) {
        let labels = [("job", "mysql"), ("instance", name.component.as_str())];
        let of = self.gate(&name.component);
        self.add("mysql_up", &labels, Reader::Up(of), Owner::Nobody);
        self.add("up", &labels, Reader::Constant(1.0), Owner::Nobody);
        let reader = self.cpu(sharing, name.capacity);
        self.add("system_cpu_usage", &labels, reader, of);
    }

    /// What pools and databases show.
    fn own(&mut self) {
        for (name, labels, shown) in shown(self.catalogue.parts, self.catalogue.is_asked) {
            let of = match shown {
                // It is among the metrics of its process.
                Shown::Pool { part, replica, .. } => {
                    Owner::Replica(self.catalogue.parts.pools[usize::from(part)].process, replica)
                }
                Shown::Database { .. } | Shown::Lag { .. } => {
                    let instance = labels.iter().find(|(key, _)| *key == "instance");
                    instance.map_or(Owner::Nobody, |(_, database)| self.gate(database))
                }
            };
            let name = SeriesName { metric: name.to_owned(), labels };
            self.found.push(Exported { name, reader: Reader::Own(shown), of });
        }
    }

    /// What cache servers and topics show.
    fn observables(&mut self) {
        let mut servers: Vec<(&str, &str)> = Vec::new();
        let topic_metrics = |metric| match metric {
            Metric::Hits
            | Metric::Misses
            | Metric::Expired
            | Metric::Evicted
            | Metric::Refused
            | Metric::Memory
            | Metric::Keys
            // What is not answered the server does not know of.
            | Metric::LookUps
            // The exporter has no count of these.
            | Metric::Consumed
            | Metric::Redelivered
            | Metric::Rebalances
            // That of the partitions it has.
            | Metric::Produced
            | Metric::Answers(_) => None,
            Metric::LagRecords => Some("kafka_consumergroup_lag"),
            Metric::LagSeconds => Some("kafka_consumergroup_lag_seconds"),
        };
        for (index, name) in self.catalogue.observables.iter().enumerate() {
            let (component, part) = (name.component.as_str(), name.part.as_str());
            if let Metric::Answers(status) = name.metric {
                self.answers(component, part, status, index);
                continue;
            }
            if let Some(metric) = topic_metrics(name.metric) {
                let topic = self.catalogue.parts.topics.iter().find(|topic| topic.name == component);
                // Partitions are shown, and sums are left to whoever asks; of very many, there is only the sum.
                let summed = topic.is_some_and(|topic| topic.partitions <= SHOWN_PARTITIONS);
                if name.metric == Metric::LagRecords && part.is_empty() && summed {
                    continue;
                }
                let group = topic.and_then(|topic| topic.group.as_ref());
                let log = topic.map_or("", |topic| topic.log.as_str());
                let of = self.gate(log);
                let labels = [
                    ("job", "kafka"),
                    ("instance", log),
                    ("consumergroup", group.map_or("", |group| group.spec.group.as_str())),
                    ("topic", component),
                    ("partition", part),
                ];
                self.add(metric, &labels, Reader::Observable(index), of);
                continue;
            }
            let metric = match name.metric {
                Metric::Hits => "redis_keyspace_hits_total",
                Metric::Misses => "redis_keyspace_misses_total",
                Metric::Expired => "redis_expired_keys_total",
                Metric::Evicted => "redis_evicted_keys_total",
                Metric::Refused => "redis_errors_total",
                Metric::Memory => "redis_memory_used_bytes",
                Metric::Keys => "redis_db_keys",
                Metric::LookUps
                | Metric::Produced
                | Metric::Consumed
                | Metric::Redelivered
                | Metric::Rebalances
                | Metric::LagRecords
                | Metric::LagSeconds
                | Metric::Answers(_) => continue,
            };
            // Each master is asked; sums are left to whoever asks.
            if part.is_empty() && self.is_cluster(component) {
                continue;
            }
            let instance = instance(component, part);
            let labels = [("job", "redis"), ("instance", instance.as_str())];
            let of = self.master(component, part);
            let reader = match name.metric.kind() {
                MetricKind::Counter => Reader::Counted(index),
                MetricKind::Gauge => Reader::Observable(index),
            };
            self.add(metric, &labels, reader, of);
            if !servers.contains(&(component, part)) {
                servers.push((component, part));
            }
        }
        self.ends_of_topics();
        for (server, part) in servers {
            let instance = instance(server, part);
            let labels = [("job", "redis"), ("instance", instance.as_str())];
            let of = self.master(server, part);
            self.add("redis_up", &labels, Reader::Up(of), Owner::Nobody);
            self.add("up", &labels, Reader::Constant(1.0), Owner::Nobody);
            let limit = self.catalogue.parts.stores.iter().find(|store| store.server == server);
            let bytes = limit.and_then(|store| store.memory).map_or(0.0, |memory| memory.as_u64() as f64);
            self.add("redis_memory_max_bytes", &labels, Reader::Constant(bytes), of);
        }
    }

    /// Logs, as kafka_exporter sees them: it is a process of its own and answers when no broker does, without a word about
    /// topics and groups. Ends of the partitions' logs are the same for every group; of very many partitions, there is only
    /// the sum.
    fn ends_of_topics(&mut self) {
        let mut logs: Vec<&str> = Vec::new();
        for (index, topic) in self.catalogue.parts.topics.iter().enumerate() {
            let log = topic.log.as_str();
            if !logs.contains(&log) {
                logs.push(log);
                self.add("up", &[("job", "kafka"), ("instance", log)], Reader::Constant(1.0), Owner::Nobody);
            }
            let of = self.gate(log);
            let mut add = |partition: Option<u32>| {
                let number = partition.map(|partition| partition.to_string());
                let labels = [("job", "kafka"), ("instance", log), ("topic", topic.name.as_str())];
                let number = number.as_deref().map(|number| ("partition", number));
                let labels: Vec<(&'static str, &str)> = labels.into_iter().chain(number).collect();
                let reader = Reader::EndOffset { topic: index as u16, partition };
                self.add("kafka_topic_partition_current_offset", &labels, reader, of);
            };
            if topic.partitions <= SHOWN_PARTITIONS {
                (0..topic.partitions).for_each(|partition| add(Some(partition)));
            } else {
                add(None);
            }
        }
    }

    /// Answers of a gateway, as the exporters of two products count them.
    fn answers(&mut self, gateway: &str, route: &str, status: AccessStatus, index: usize) {
        let of = self.gate(gateway);
        let code = status.code().to_string();
        let nginx = [
            ("job", gateway),
            ("instance", gateway),
            ("ingress", gateway),
            ("path", route),
            ("method", "POST"),
            ("status", code.as_str()),
        ];
        self.add("nginx_ingress_controller_requests", &nginx, Reader::Counted(index), of);
        let kong = [
            ("job", gateway),
            ("instance", gateway),
            ("service", gateway),
            ("route", route),
            ("code", code.as_str()),
        ];
        self.add("kong_http_requests_total", &kong, Reader::Counted(index), of);
    }

    fn is_cluster(&self, server: &str) -> bool {
        let parts = self.catalogue.parts;
        let mut stores = parts.stores.iter().zip(&parts.survivals);
        stores.any(|(store, survival)| store.server == server && survival.cluster.is_some())
    }

    /// A cache server, or one of its masters, counted from 1.
    fn master(&self, server: &str, part: &str) -> Owner {
        match (self.gate(server), part.parse::<u16>()) {
            (Owner::Gate(first), Ok(number)) => Owner::Gate(first + number - 1),
            (owner, _) => owner,
        }
    }

    /// A component that is disturbed as a whole; nobody where it is not disturbed.
    fn gate(&self, component: &str) -> Owner {
        gate_of(self.catalogue.parts, component)
    }
}

/// A component that is disturbed as a whole; nobody where it is not disturbed.
pub(super) fn gate_of(parts: &Parts, component: &str) -> Owner {
    let mut found = parts.targets.iter().filter(|target| {
        target.name == component && !matches!(target.kind, TargetKind::Pool { .. } | TargetKind::Between)
    });
    found.next().map_or(Owner::Nobody, |target| Owner::Gate(target.gate))
}

/// What a cache server is called, or one of its masters, counted from 1.
fn instance(server: &str, part: &str) -> String {
    if part.is_empty() { server.to_owned() } else { format!("{server}-{part}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::{SystemSpec, assemble};
    use crate::timeline::alerts::Rules;
    use crate::timeline::{Settings, WatchPlan};
    use crate::units::Span;

    #[test]
    fn replicas_that_nobody_tells_apart_are_told_once() {
        let operations: String = (0..20).map(|number| format!("      o{number}: []\n")).collect();
        let operations = format!("modules:\n  shop:\n    operations:\n{operations}");
        let load: Vec<String> = (0..20).map(|number| format!("shop.o{number}: {{rate: 1/s}}")).collect();
        let watch = WatchPlan {
            rules: Rules::default(),
            conditions: Vec::new(),
            alertmanager: None,
            scrape_interval: Span::from_secs(10),
            settings: Settings::default(),
        };
        let deployment = "processes: {shop: {modules: [shop], cores: 4, replicas: 1000}}";
        let system = SystemSpec {
            operations: serde_saphyr::from_str(&operations).expect("operations"),
            deployment: serde_saphyr::from_str(deployment).expect("a deployment"),
            load: serde_saphyr::from_str(&format!("{{{}}}", load.join(", "))).expect("a load"),
            watch: Some(watch),
            ..SystemSpec::default()
        };
        let (assembly, _) = assemble(&system, &|_| Err("no files".to_owned())).expect("a system");
        let up = |series: &[SeriesName]| series.iter().filter(|it| it.metric == "up").count();
        let alike = series_of(&assembly, |_| Vec::new());
        assert_eq!(up(&alike), 1);
        let apart = series_of(&assembly, |instance| vec![instance == "shop-7", instance.ends_with('9')]);
        assert_eq!(up(&apart), 3);
        assert_eq!(apart.len(), 3 * alike.len());
        // Twenty operations, each with a histogram for each way in which it may be answered.
        let answers = alike.iter().filter(|it| it.metric == "http_server_requests_seconds_count").count();
        assert!(answers % 20 == 0 && answers / 20 > 10, "{answers}");
        assert!(exported(&assembly).len() > 1000);
    }
}
