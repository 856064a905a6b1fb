//! Makes the stations of all components.

use super::builder::{Builder, Spot};
use super::layout::{Layout, PlainStation};
use crate::component::assembly::StationKind;
use crate::component::database::DatabaseKind;
use crate::component::mistake::{Mistake, Part, Place, code};
use crate::component::parts::{Balanced, StoreConfig, Topic};
use crate::component::process::Style;
use crate::component::station::{DisciplineSpec, StationSpec};
use crate::engine::{BatchConfig, Discipline, KeySpace, LocksConfig, Patience, SharingConfig, SlotsConfig};
use crate::policy::{Balance, BalanceConfig, FixedWindow, TokenBucket};
use crate::random::{KeyPicker, LawSpec, name_hash};
use crate::record::Cause;
use crate::units::{Cores, Instant, Span};

fn deployment(section: &str, name: &str) -> Spot {
    Spot::new(Part::Deployment, Place::default().key(section).key(name))
}

impl Builder<'_> {
    /// Makes everything that operations can name.
    pub(super) fn make_stations(&mut self) {
        self.make_keys();
        self.make_processes();
        self.make_databases();
        self.make_pools();
        self.make_gateways();
        self.make_caches();
        self.make_externals();
        self.make_plain_stations();
        self.make_topics();
    }

    fn slots(&mut self, component: &str, kind: StationKind, replicas: u16, config: SlotsConfig) -> u32 {
        let first = self.program.slots.len() as u32;
        let names = Layout::names(component, kind, replicas, f64::from(config.capacity));
        self.layout.slots.extend(names);
        self.program.slots.extend(std::iter::repeat_n(config, usize::from(replicas)));
        first
    }

    fn sharing(&mut self, component: &str, kind: StationKind, replicas: u16, cores: Cores) -> u32 {
        let first = self.program.sharings.len() as u32;
        self.layout.sharings.extend(Layout::names(component, kind, replicas, cores.as_f64()));
        let config = SharingConfig { cores };
        self.program.sharings.extend(std::iter::repeat_n(config, usize::from(replicas)));
        first
    }

    fn make_keys(&mut self) {
        for (name, spec) in &self.system.operations.keys {
            let spot = Spot::new(Part::Operations, Place::default().key("keys").key(name));
            match KeyPicker::new(spec.count, &spec.popularity) {
                Ok(picker) => {
                    self.program.keys.push(KeySpace { site: name_hash(name), picker });
                }
                Err(error) => {
                    let remedy = "correct the number of keys or their popularity".to_owned();
                    self.error(&spot, code::LAW, error.to_string(), remedy);
                }
            }
        }
    }

    fn make_processes(&mut self) {
        for (index, (name, spec)) in self.system.deployment.processes.iter().enumerate() {
            let spot = deployment("processes", name);
            if !(1..=1000).contains(&spec.replicas) {
                self.range(&spot.key("replicas"), spec.replicas.to_string(), "1 to 1000");
            }
            if spec.cores.as_f64() <= 0.0 {
                self.range(&spot.key("cores"), spec.cores.to_string(), "above 0");
            }
            if spec.threads == 0 {
                self.range(&spot.key("threads"), "0".to_owned(), "at least 1");
            }
            for (position, module) in spec.modules.iter().enumerate() {
                let spot = spot.key("modules").index(position);
                if !self.system.operations.modules.contains_key(module) {
                    let known = self.system.operations.modules.keys().map(String::as_str);
                    let unknown = Mistake::unknown(spot.part, spot.place.clone(), "module", module, known);
                    self.mistakes.push(unknown);
                } else if let Some(other) = self.layout.process_of.insert(module.clone(), index) {
                    let other = &self.system.deployment.processes.get_index(other).map_or("", |(n, _)| n);
                    let cause = format!("module `{module}` already runs in process `{other}`");
                    let remedy = "take it out of one of them".to_owned();
                    self.error(&spot, code::MODULE_PLACEMENT, cause, remedy);
                }
            }
            let threads = (spec.style == Style::ThreadPerRequest).then(|| {
                let config = SlotsConfig {
                    capacity: spec.threads,
                    queue_limit: Some(spec.accept_queue),
                    discipline: Discipline::Fifo,
                    patience: Patience::Endless,
                    when_full: Cause::QueueFull,
                    when_impatient: Cause::Timeout,
                };
                self.slots(name, StationKind::Threads, spec.replicas, config)
            });
            self.layout.threads.push(threads);
            let cores = self.sharing(name, StationKind::Cores, spec.replicas, spec.cores);
            self.layout.process_cores.push(cores);
            let policy = BalanceConfig { policy: spec.balance.clone(), ..BalanceConfig::default() };
            if let Err(errors) = Balance::new(policy, usize::from(spec.replicas.max(1))) {
                self.policy_errors(&spot.key("balance"), errors);
            }
            self.parts.processes.push(Balanced {
                name: name.clone(),
                replicas: spec.replicas,
                policy: spec.balance.clone(),
            });
        }
    }

    fn make_databases(&mut self) {
        for (schema, tables) in &self.system.operations.schemas {
            for (position, table) in tables.iter().enumerate() {
                if self.layout.schema_of.insert(table.clone(), schema.clone()).is_some() {
                    let place = Place::default().key("schemas").key(schema);
                    let spot = Spot::new(Part::Operations, place).index(position);
                    let cause = format!("there are two tables `{table}`");
                    let remedy = "table names have to differ between schemas: rename one".to_owned();
                    self.error(&spot, code::STORE_PLACEMENT, cause, remedy);
                }
            }
        }
        for (index, (name, spec)) in self.system.deployment.databases.iter().enumerate() {
            let spot = deployment("databases", name);
            if spec.cores.as_f64() <= 0.0 {
                self.range(&spot.key("cores"), spec.cores.to_string(), "above 0");
            }
            if spec.buffer_pool_hits.as_fraction() > 1.0 {
                let hits = spec.buffer_pool_hits.to_string();
                self.range(&spot.key("buffer-pool-hits"), hits, "at most 100%");
            }
            let cores = self.sharing(name, StationKind::Cores, 1, spec.cores);
            self.layout.database_cores.push(cores);
            let flush = spec.flush.as_ref().and_then(|law| {
                let demand = self.law_demand(law, &spot.key("flush"))?;
                self.program.batches.push(BatchConfig { demand, limit: None });
                self.layout.batches.extend(Layout::names(name, StationKind::Flush, 1, 1.0));
                Some((self.program.batches.len() - 1) as u32)
            });
            self.layout.flush.push(flush);
            let patience = self.lock_patience(spec.kind, spec.lock_wait_timeout, &spot);
            for (position, schema) in spec.schemas.iter().enumerate() {
                self.place_schema(index, schema, &spot.key("schemas").index(position));
                for table in self.system.operations.schemas.get(schema).into_iter().flatten() {
                    let config = LocksConfig { patience, detect_deadlocks: spec.deadlock_detect };
                    self.program.locks.push(config);
                    let component = format!("{name}.{table}");
                    self.layout.locks.extend(Layout::names(&component, StationKind::Locks, 1, 0.0));
                    let table_index = (self.program.locks.len() - 1) as u32;
                    self.layout.lock_tables.insert(table.clone(), table_index);
                }
            }
        }
    }

    fn place_schema(&mut self, database: usize, schema: &str, spot: &Spot) {
        if !self.system.operations.schemas.contains_key(schema) {
            let known = self.system.operations.schemas.keys().map(String::as_str);
            let unknown = Mistake::unknown(spot.part, spot.place.clone(), "schema", schema, known);
            self.mistakes.push(unknown);
        } else if self.layout.database_of.insert(schema.to_owned(), database).is_some() {
            let cause = format!("schema `{schema}` is already in another database");
            self.error(spot, code::STORE_PLACEMENT, cause, "take it out of one of them".to_owned());
        }
    }

    /// MySQL looks at waits about once a second, so a time-out comes up to a second late; MariaDB is exact.
    fn lock_patience(&mut self, kind: DatabaseKind, timeout: Span, spot: &Spot) -> Patience {
        match kind {
            DatabaseKind::Mariadb => Patience::Constant(self.program.ring(timeout)),
            DatabaseKind::Mysql => {
                let to = timeout + Span::from_secs(1);
                let law = LawSpec::Uniform { from: timeout, to };
                let demand = self.law_demand(&law, &spot.key("lock-wait-timeout"));
                demand.map_or(Patience::Endless, Patience::Drawn)
            }
        }
    }

    fn make_pools(&mut self) {
        let deployment_spec = &self.system.deployment;
        let mut connections = vec![0u64; deployment_spec.databases.len()];
        for (name, spec) in &deployment_spec.pools {
            let spot = deployment("pools", name);
            let process_name = spec.of.as_deref().unwrap_or(name);
            let process = deployment_spec.processes.get_index_of(process_name);
            let database = deployment_spec.databases.get_index_of(&spec.to);
            if process.is_none() {
                let place = if spec.of.is_some() { spot.key("of") } else { spot.clone() };
                let known = deployment_spec.processes.keys().map(String::as_str);
                let unknown = Mistake::unknown(place.part, place.place, "process", process_name, known);
                self.mistakes.push(unknown);
            }
            if database.is_none() {
                let place = spot.key("to");
                let known = deployment_spec.databases.keys().map(String::as_str);
                let unknown = Mistake::unknown(place.part, place.place, "database", &spec.to, known);
                self.mistakes.push(unknown);
            }
            if !(1..=10_000).contains(&spec.maximum_pool_size) {
                let size = spec.maximum_pool_size.to_string();
                self.range(&spot.key("maximum-pool-size"), size, "1 to 10000");
            }
            if spec.connection_timeout < Span::from_millis(250) {
                let timeout = spec.connection_timeout.to_string();
                self.range(&spot.key("connection-timeout"), timeout, "at least 250ms");
            }
            let (Some(process), Some(database)) = (process, database) else { continue };
            let replicas = deployment_spec.processes[process].replicas;
            let config = SlotsConfig {
                capacity: spec.maximum_pool_size,
                queue_limit: None,
                discipline: Discipline::Fifo,
                patience: Patience::Constant(self.program.ring(spec.connection_timeout)),
                when_full: Cause::PoolTimeout,
                when_impatient: Cause::PoolTimeout,
            };
            let first = self.slots(name, StationKind::Connections, replicas, config);
            connections[database] += u64::from(spec.maximum_pool_size) * u64::from(replicas);
            if self.layout.pools.insert((process, database), first).is_some() {
                let cause = format!("process `{process_name}` already has a pool to `{}`", spec.to);
                self.error(&spot, code::POOL, cause, "remove one of them".to_owned());
            }
        }
        for ((name, spec), pooled) in deployment_spec.databases.iter().zip(connections) {
            if pooled > u64::from(spec.max_connections) {
                let cause = format!(
                    "the pools to `{name}` may open {pooled} connections, it takes {}",
                    spec.max_connections
                );
                let remedy = "make the pools smaller or raise `max-connections`".to_owned();
                self.warn(&deployment("databases", name), code::CONNECTIONS, cause, remedy);
            }
        }
    }

    fn make_gateways(&mut self) {
        for (name, spec) in &self.system.deployment.gateways {
            let spot = deployment("gateways", name);
            let config = SlotsConfig {
                capacity: spec.max_requests,
                queue_limit: Some(spec.max_pending_requests),
                discipline: Discipline::Fifo,
                patience: Patience::Endless,
                when_full: Cause::QueueFull,
                when_impatient: Cause::Timeout,
            };
            if spec.max_requests == 0 {
                self.range(&spot.key("max-requests"), "0".to_owned(), "at least 1");
            }
            let policy = BalanceConfig { policy: spec.balance.clone(), ..BalanceConfig::default() };
            self.policy_errors(&spot.key("balance"), policy.check());
            let slots = self.slots(name, StationKind::Requests, 1, config);
            self.layout.gateways.push(slots);
            let bucket = spec.rate_limit.as_ref().and_then(|config| {
                match TokenBucket::new(config.clone(), Instant::START) {
                    Ok(_) => {
                        self.parts.buckets.push(config.clone());
                        Some((self.parts.buckets.len() - 1) as u16)
                    }
                    Err(errors) => {
                        self.policy_errors(&spot.key("rate-limit"), errors);
                        None
                    }
                }
            });
            self.layout.buckets.push(bucket);
            let window = spec.fixed_window.as_ref().and_then(|config| {
                match FixedWindow::new(config.clone(), Span::ZERO) {
                    Ok(_) => {
                        self.parts.windows.push(config.clone());
                        Some((self.parts.windows.len() - 1) as u16)
                    }
                    Err(errors) => {
                        self.policy_errors(&spot.key("fixed-window"), errors);
                        None
                    }
                }
            });
            self.layout.windows.push(window);
        }
    }

    fn make_caches(&mut self) {
        for (index, (name, spec)) in self.system.deployment.caches.iter().enumerate() {
            let spot = deployment("caches", name);
            let config = single_server();
            let command_loop = self.slots(name, StationKind::CommandLoop, 1, config);
            self.parts.stores.push(StoreConfig {
                memory: spec.memory,
                eviction: spec.policy,
                entry_overhead: spec.entry_overhead,
            });
            for (position, cache) in spec.holds.iter().enumerate() {
                let entry = (index as u16, command_loop);
                if self.layout.caches.insert(cache.clone(), entry).is_some() {
                    let cause = format!("cache `{cache}` is already held by another server");
                    let spot = spot.key("holds").index(position);
                    let remedy = "take it out of one of them".to_owned();
                    self.error(&spot, code::STORE_PLACEMENT, cause, remedy);
                }
            }
        }
    }

    fn make_externals(&mut self) {
        for (name, spec) in &self.system.deployment.externals {
            let spot = deployment("externals", name);
            if spec.errors.as_fraction() > 1.0 {
                self.range(&spot.key("errors"), spec.errors.to_string(), "at most 100%");
            }
            let slots = spec.concurrency.map(|concurrency| {
                let config = SlotsConfig { capacity: concurrency, ..single_server() };
                self.slots(name, StationKind::External, 1, config)
            });
            if spec.concurrency == Some(0) {
                self.range(&spot.key("concurrency"), "0".to_owned(), "at least 1");
            }
            self.layout.externals.push(slots);
        }
    }

    fn make_plain_stations(&mut self) {
        for (name, spec) in &self.system.deployment.stations {
            let spot = deployment("stations", name);
            if let Some(station) = self.plain_station(name, spec, &spot) {
                self.layout.stations.insert(name.clone(), station);
            }
        }
    }

    fn plain_station(&mut self, name: &str, spec: &StationSpec, spot: &Spot) -> Option<PlainStation> {
        let demand = match &spec.service {
            Some(law) => Some(self.law_demand(law, &spot.key("service"))?),
            None => None,
        };
        let needs_service = |builder: &mut Self| {
            let cause = format!("station `{name}` has no service time");
            let remedy = "add `service:`, such as `service: {exponential: {mean: 10ms}}`".to_owned();
            builder.error(spot, code::STATION, cause, remedy);
        };
        if let Some(batch) = spec.batch {
            let Some(demand) = demand else {
                needs_service(self);
                return None;
            };
            if spec.servers != Some(1) || spec.capacity.is_some() || spec.patience.is_some() {
                let cause = format!("station `{name}` serves batches, so it has one patient server");
                let remedy = "write `servers: 1` and leave out `capacity` and `patience`".to_owned();
                self.error(spot, code::STATION, cause, remedy);
            }
            if batch.limit == Some(0) {
                self.range(&spot.key("batch").key("limit"), "0".to_owned(), "at least 1");
            }
            self.program.batches.push(BatchConfig { demand, limit: batch.limit });
            self.layout.batches.extend(Layout::names(name, StationKind::Servers, 1, 1.0));
            return Some(PlainStation::Batch { batch: (self.program.batches.len() - 1) as u32 });
        }
        let Some(servers) = spec.servers else {
            let Some(demand) = demand else {
                needs_service(self);
                return None;
            };
            return Some(PlainStation::Unlimited { demand });
        };
        if servers == 0 {
            self.range(&spot.key("servers"), "0".to_owned(), "at least 1");
        }
        if spec.discipline == DisciplineSpec::ProcessorSharing {
            let Some(demand) = demand else {
                needs_service(self);
                return None;
            };
            if spec.capacity.is_some() || spec.patience.is_some() {
                let cause = format!("nobody waits at station `{name}`: its servers are shared");
                let remedy = "leave out `capacity` and `patience`".to_owned();
                self.error(spot, code::STATION, cause, remedy);
            }
            let cores = Cores::new(f64::from(servers));
            let sharing = self.sharing(name, StationKind::Servers, 1, cores);
            return Some(PlainStation::Sharing { sharing, demand });
        }
        if spec.capacity.is_some_and(|capacity| capacity < servers) {
            let value = spec.capacity.unwrap_or_default().to_string();
            self.range(&spot.key("capacity"), value, "at least the number of servers");
        }
        let patience = match &spec.patience {
            None => Patience::Endless,
            Some(LawSpec::Constant(span)) => Patience::Constant(self.program.ring(*span)),
            Some(law) => Patience::Drawn(self.law_demand(law, &spot.key("patience"))?),
        };
        let config = SlotsConfig {
            capacity: servers,
            queue_limit: spec.capacity.map(|capacity| capacity.saturating_sub(servers)),
            discipline: match spec.discipline {
                DisciplineSpec::Fifo | DisciplineSpec::ProcessorSharing => Discipline::Fifo,
                DisciplineSpec::Lifo => Discipline::Lifo,
                DisciplineSpec::AdaptiveLifo(after) => Discipline::AdaptiveLifo(after),
                DisciplineSpec::Priority => Discipline::Priority,
            },
            patience,
            when_full: Cause::QueueFull,
            when_impatient: Cause::Abandoned,
        };
        let slots = self.slots(name, StationKind::Servers, 1, config);
        Some(PlainStation::Slots { slots, demand })
    }

    fn make_topics(&mut self) {
        for (log, spec) in &self.system.deployment.logs {
            for (name, topic) in &spec.topics {
                let spot = deployment("logs", log).key("topics").key(name);
                if !(1..=10_000).contains(&topic.partitions) {
                    let partitions = topic.partitions.to_string();
                    self.range(&spot.key("partitions"), partitions, "1 to 10000");
                }
                let index = self.parts.topics.len() as u16;
                self.parts.topics.push(Topic {
                    consumers: Vec::new(),
                    partitions: topic.partitions,
                    operation: 0,
                });
                if self.layout.topics.insert(name.clone(), index).is_some() {
                    let cause = format!("there are two topics `{name}`");
                    self.error(&spot, code::STORE_PLACEMENT, cause, "rename one of them".to_owned());
                }
                if let Some(consumers) = &topic.consumers
                    && !(1..=10_000).contains(&consumers.members)
                {
                    let spot = spot.key("consumers").key("members");
                    self.range(&spot, consumers.members.to_string(), "1 to 10000");
                }
            }
        }
    }

    /// The station of one member of a consumer group.
    pub(super) fn consumer_slots(&mut self, topic: &str, members: u16) -> u32 {
        self.slots(topic, StationKind::Consumer, members, single_server())
    }

    /// The station of a caller's concurrent calls.
    pub(super) fn call_slots(&mut self, name: &str, replicas: u16, capacity: u32) -> u32 {
        let config =
            SlotsConfig { capacity, queue_limit: Some(0), when_full: Cause::BulkheadFull, ..single_server() };
        self.slots(name, StationKind::Servers, replicas, config)
    }
}

fn single_server() -> SlotsConfig {
    SlotsConfig {
        capacity: 1,
        queue_limit: None,
        discipline: Discipline::Fifo,
        patience: Patience::Endless,
        when_full: Cause::QueueFull,
        when_impatient: Cause::Timeout,
    }
}
