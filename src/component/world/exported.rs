//! What pools and databases show to whoever looks, under the names that their exporters give it.
//!
//! Sources: HikariCP `MicrometerMetricsTracker`, as Prometheus names its metrics; `mysqld_exporter`, collectors
//! `global_status`, `global_variables` and `slave_status`.

use super::World;
use super::pools::Pool;
use crate::component::parts::{Parts, PoolPart};
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

impl Shown {
    /// Whether it is a count of a server's, that begins anew when the server does. Those of pools begin anew by themselves.
    pub(super) fn counts(self) -> bool {
        match self {
            Shown::Pool { .. } | Shown::Lag { .. } => false,
            Shown::Database { what, .. } => match what {
                DatabaseMetric::RowLockWaits | DatabaseMetric::RowLockTime | DatabaseMetric::Refused => true,
                DatabaseMetric::MaxConnections
                | DatabaseMetric::Connected
                | DatabaseMetric::Running
                | DatabaseMetric::RowLockCurrentWaits => false,
            },
        }
    }
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

/// What the pool of a replica has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct PoolCounts {
    timed_out: u64,
    /// How often somebody has got a connection or waited for one in vain, and how long that took \[s].
    acquired: (u64, f64),
    used: (u64, f64),
    created: (u64, f64),
    leak_warnings: u64,
}

impl PoolCounts {
    /// What has come since an earlier time.
    fn since(self, before: PoolCounts) -> PoolCounts {
        let timed = |now: (u64, f64), before: (u64, f64)| (now.0 - before.0, (now.1 - before.1).max(0.0));
        PoolCounts {
            timed_out: self.timed_out - before.timed_out,
            acquired: timed(self.acquired, before.acquired),
            used: timed(self.used, before.used),
            created: timed(self.created, before.created),
            leak_warnings: self.leak_warnings - before.leak_warnings,
        }
    }
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

/// Everything that pools and databases show, for the replicas of processes that are asked for.
pub(super) fn shown(parts: &Parts, is_asked: &dyn Fn(u16, u16) -> bool) -> Vec<Named> {
    let mut found = Vec::new();
    for (index, part) in parts.pools.iter().enumerate() {
        // The process shows its pools among its own metrics.
        let process = &parts.processes[usize::from(part.process)].name;
        for replica in (0..part.replicas).filter(|replica| is_asked(part.process, *replica)) {
            let managed: &[_] = if part.managed.is_some() { &MANAGED_POOL } else { &[] };
            for (name, what) in POOL.iter().chain(managed) {
                let labels = vec![
                    ("application", process.clone()),
                    ("job", process.clone()),
                    ("instance", format!("{process}-{replica}")),
                    ("pool", part.name.clone()),
                ];
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
        let shown = shown(self.parts, &|_, _| true).into_iter();
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

    /// What the pool of a replica has counted since the start of the run.
    fn pool_counts(&self, core: &Core<'_>, part: &PoolPart, replica: u16) -> PoolCounts {
        let totals = core.totals((part.slots + u32::from(replica)) as usize);
        let own = part.managed.map(|first| &self.managed[usize::from(first + replica)]);
        let leaks = own.filter(|_| part.leak_detection.is_some());
        PoolCounts {
            timed_out: totals.expired,
            // Who is interrupted while it waits is in none of them.
            acquired: (totals.visits + totals.expired, totals.all_waits_secs - totals.quit_waits_secs),
            used: own.map_or((0, 0.0), |pool| pool.used),
            created: own.map_or((0, 0.0), |pool| pool.opened),
            leak_warnings: leaks.map_or(0, Pool::suspects),
        }
    }

    /// A replica begins anew, and the counts of its pools with it.
    pub(super) fn pools_count_anew(&mut self, core: &Core<'_>, process: u16, replica: u16) {
        for part in self.parts.pools.iter().filter(|part| part.process == process) {
            let counts = self.pool_counts(core, part, replica);
            self.counted_before.insert(part.slots + u32::from(replica), counts);
        }
    }

    fn show_pool(&self, core: &Core<'_>, part: u16, replica: u16, what: PoolMetric) -> f64 {
        let part = &self.parts.pools[usize::from(part)];
        let own = part.managed.map(|first| &self.managed[usize::from(first + replica)]);
        let totals = || core.totals((part.slots + u32::from(replica)) as usize);
        let open = || own.map_or(u64::from(part.maximum), |pool| pool.open() as u64);
        let counts = || {
            let before = self.counted_before.get(&(part.slots + u32::from(replica)));
            self.pool_counts(core, part, replica).since(before.copied().unwrap_or_default())
        };
        match what {
            PoolMetric::Open => open() as f64,
            PoolMetric::Active => totals().in_use as f64,
            PoolMetric::Idle => open().saturating_sub(totals().in_use) as f64,
            PoolMetric::Pending => totals().waiting as f64,
            PoolMetric::Max => f64::from(own.map_or(part.maximum, Pool::maximum)),
            PoolMetric::Min => f64::from(part.minimum_idle),
            PoolMetric::TimedOut => counts().timed_out as f64,
            PoolMetric::Acquired => counts().acquired.0 as f64,
            PoolMetric::AcquireSeconds => counts().acquired.1,
            PoolMetric::Used => counts().used.0 as f64,
            PoolMetric::UsageSeconds => counts().used.1,
            PoolMetric::Created => counts().created.0 as f64,
            PoolMetric::CreationSeconds => counts().created.1,
            PoolMetric::LeakWarnings => counts().leak_warnings as f64,
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
