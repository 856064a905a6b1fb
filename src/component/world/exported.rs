//! What pools and databases show to whoever looks, under the names that their exporters give it.
//!
//! Sources: HikariCP `MicrometerMetricsTracker`, as Prometheus names its metrics; `mysqld_exporter`, collectors
//! `global_status`, `global_variables` and `slave_status`.

use super::World;
use crate::component::parts::Parts;
use crate::engine::{Core, Totals};

/// A value of a metric at an instant; counters count from the start of the run.
#[derive(Clone, Debug, PartialEq)]
pub struct Exported {
    /// The metric, as the product's exporter names it.
    pub name: &'static str,
    /// Its labels.
    pub labels: Vec<(&'static str, String)>,
    /// Its value; times are in the unit that the name says.
    pub value: f64,
}

/// A quantity of a pool's replica, a database or a read replica.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Shown {
    Pool { part: u16, replica: u16, what: PoolMetric },
    Database { database: u16, what: DatabaseMetric },
    Lag { replica: u16 },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PoolMetric {
    Open,
    Active,
    Idle,
    Pending,
    Max,
    Min,
    TimedOut,
    Acquired,
    AcquireSeconds,
    Used,
    UsageSeconds,
    Created,
    CreationSeconds,
    /// HikariCP has no metric for it, only a line in the log.
    LeakWarnings,
}

/// Metrics of every pool.
const POOL: [(&str, PoolMetric); 9] = [
    ("hikaricp_connections", PoolMetric::Open),
    ("hikaricp_connections_active", PoolMetric::Active),
    ("hikaricp_connections_idle", PoolMetric::Idle),
    ("hikaricp_connections_pending", PoolMetric::Pending),
    ("hikaricp_connections_max", PoolMetric::Max),
    ("hikaricp_connections_min", PoolMetric::Min),
    ("hikaricp_connections_timeout_total", PoolMetric::TimedOut),
    ("hikaricp_connections_acquire_seconds_count", PoolMetric::Acquired),
    ("hikaricp_connections_acquire_seconds_sum", PoolMetric::AcquireSeconds),
];

/// Metrics of pools whose connections are told apart.
const MANAGED_POOL: [(&str, PoolMetric); 5] = [
    ("hikaricp_connections_usage_seconds_count", PoolMetric::Used),
    ("hikaricp_connections_usage_seconds_sum", PoolMetric::UsageSeconds),
    ("hikaricp_connections_creation_seconds_count", PoolMetric::Created),
    ("hikaricp_connections_creation_seconds_sum", PoolMetric::CreationSeconds),
    ("brownout_leak_detection_warnings_total", PoolMetric::LeakWarnings),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DatabaseMetric {
    MaxConnections,
    Connected,
    Running,
    RowLockWaits,
    RowLockCurrentWaits,
    RowLockTime,
    Refused,
}

const DATABASE: [(&str, DatabaseMetric); 7] = [
    ("mysql_global_variables_max_connections", DatabaseMetric::MaxConnections),
    ("mysql_global_status_threads_connected", DatabaseMetric::Connected),
    ("mysql_global_status_threads_running", DatabaseMetric::Running),
    ("mysql_global_status_innodb_row_lock_waits", DatabaseMetric::RowLockWaits),
    ("mysql_global_status_innodb_row_lock_current_waits", DatabaseMetric::RowLockCurrentWaits),
    ("mysql_global_status_innodb_row_lock_time", DatabaseMetric::RowLockTime),
    ("mysql_global_status_connection_errors_total", DatabaseMetric::Refused),
];

/// A metric's name, its labels, and what it is of.
pub(super) type Named = (&'static str, Vec<(&'static str, String)>, Shown);

/// Everything that pools and databases show.
pub(super) fn shown(parts: &Parts) -> Vec<Named> {
    let mut found = Vec::new();
    for (index, part) in parts.pools.iter().enumerate() {
        for replica in 0..part.replicas {
            let managed: &[_] = if part.managed.is_some() { &MANAGED_POOL } else { &[] };
            for (name, what) in POOL.iter().chain(managed) {
                let instance = format!("{}-{replica}", part.name);
                let labels =
                    vec![("pool", part.name.clone()), ("instance", instance), ("job", part.name.clone())];
                found.push((*name, labels, Shown::Pool { part: index as u16, replica, what: *what }));
            }
        }
    }
    for (index, part) in parts.databases.iter().enumerate() {
        for (name, what) in DATABASE {
            let mut labels = vec![("job", "mysql".to_owned()), ("instance", part.name.clone())];
            if what == DatabaseMetric::Refused {
                labels.push(("error", "max_connections".to_owned()));
            }
            found.push((name, labels, Shown::Database { database: index as u16, what }));
        }
        for (position, replica) in part.replicas.iter().enumerate() {
            let instance = format!("{}-replica-{position}", part.name);
            let labels = vec![("job", "mysql".to_owned()), ("instance", instance)];
            let shown = Shown::Lag { replica: replica.number };
            found.push(("mysql_slave_status_seconds_behind_master", labels, shown));
        }
    }
    found
}

impl World<'_> {
    /// What can be seen of pools and databases now.
    pub fn exported(&self, core: &Core<'_>) -> Vec<Exported> {
        let shown = shown(self.parts).into_iter();
        shown.map(|(name, labels, shown)| Exported { name, labels, value: self.show(core, shown) }).collect()
    }

    /// A quantity now.
    pub(super) fn show(&self, core: &Core<'_>, shown: Shown) -> f64 {
        match shown {
            Shown::Pool { part, replica, what } => self.show_pool(core, part, replica, what),
            Shown::Database { database, what } => self.show_database(core, usize::from(database), what),
            Shown::Lag { replica } => {
                self.replicas_behind[usize::from(replica)].lag(core.now()).as_secs_f64().floor()
            }
        }
    }

    fn show_pool(&self, core: &Core<'_>, part: u16, replica: u16, what: PoolMetric) -> f64 {
        let part = &self.parts.pools[usize::from(part)];
        let own = part.managed.map(|first| &self.managed[usize::from(first + replica)]);
        let totals = || core.totals((part.slots + u32::from(replica)) as usize);
        let open = || own.map_or(u64::from(part.maximum), |pool| pool.open() as u64);
        match what {
            PoolMetric::Open => open() as f64,
            PoolMetric::Active => totals().in_use as f64,
            PoolMetric::Idle => open().saturating_sub(totals().in_use) as f64,
            PoolMetric::Pending => totals().waiting as f64,
            PoolMetric::Max => f64::from(own.map_or(part.maximum, super::pools::Pool::maximum)),
            PoolMetric::Min => f64::from(part.minimum_idle),
            PoolMetric::TimedOut => totals().gave_up as f64,
            PoolMetric::Acquired => (totals().visits + totals().gave_up) as f64,
            PoolMetric::AcquireSeconds => totals().all_waits_secs,
            PoolMetric::Used => own.map_or(0.0, |pool| pool.used.0 as f64),
            PoolMetric::UsageSeconds => own.map_or(0.0, |pool| pool.used.1),
            PoolMetric::Created => own.map_or(0.0, |pool| pool.opened.0 as f64),
            PoolMetric::CreationSeconds => own.map_or(0.0, |pool| pool.opened.1),
            PoolMetric::LeakWarnings => {
                let detects = own.filter(|_| part.leak_detection.is_some());
                detects.map_or(0.0, |pool| pool.suspects() as f64)
            }
        }
    }

    fn show_database(&self, core: &Core<'_>, database: usize, what: DatabaseMetric) -> f64 {
        let part = &self.parts.databases[database];
        let server = &self.servers[database];
        let program = core.program();
        let first_locks = program.slots.len() + program.sharings.len();
        let tables = || part.locks.iter().map(|locks| core.totals(first_locks + *locks as usize));
        let over = |value: &dyn Fn(Totals) -> u64| tables().map(value).sum::<u64>() as f64;
        match what {
            DatabaseMetric::MaxConnections => f64::from(part.max_connections),
            DatabaseMetric::Connected => server.connections as f64,
            DatabaseMetric::Running => core.jobs(part.cores) as f64 + over(&|table| table.waiting),
            DatabaseMetric::RowLockWaits => over(&|table| table.waited + table.gave_up + table.waiting),
            DatabaseMetric::RowLockCurrentWaits => over(&|table| table.waiting),
            DatabaseMetric::RowLockTime => {
                (tables().map(|table| table.all_waits_secs).sum::<f64>() * 1e3).round()
            }
            DatabaseMetric::Refused => server.refused as f64,
        }
    }
}

#[cfg(test)]
mod tests;
