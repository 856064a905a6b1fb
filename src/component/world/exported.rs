//! What pools and databases show to whoever looks, under the names that their exporters give it.
//!
//! Sources: HikariCP `MicrometerMetricsTracker`, as Prometheus names its metrics; `mysqld_exporter`, collectors
//! `global_status`, `global_variables` and `slave_status`.

use super::World;
use super::pools::Pool;
use crate::component::parts::PoolPart;
use crate::engine::Core;

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

/// Exporteds of one thing.
struct Observer<'o> {
    labels: Vec<(&'static str, String)>,
    into: &'o mut Vec<Exported>,
}

impl Observer<'_> {
    fn add(&mut self, name: &'static str, value: f64) {
        self.into.push(Exported { name, labels: self.labels.clone(), value });
    }
}

impl World<'_> {
    /// What can be seen of pools and databases now.
    pub fn exported(&self, core: &Core<'_>) -> Vec<Exported> {
        let mut seen = Vec::new();
        for part in &self.parts.pools {
            for replica in 0..part.replicas {
                let own = part.managed.map(|first| &self.managed[usize::from(first + replica)]);
                observe_pool(part, replica, own, core, &mut seen);
            }
        }
        self.observe_databases(core, &mut seen);
        seen
    }

    fn observe_databases(&self, core: &Core<'_>, seen: &mut Vec<Exported>) {
        let program = core.program();
        let sharings = program.slots.len();
        let first_locks = sharings + program.sharings.len();
        for (part, server) in self.parts.databases.iter().zip(&self.servers) {
            let mut total = crate::engine::Totals::default();
            for locks in &part.locks {
                let table = core.totals(first_locks + *locks as usize);
                total.waited += table.waited + table.gave_up + table.waiting;
                total.waiting += table.waiting;
                total.all_waits_secs += table.all_waits_secs;
            }
            let mut observer = Observer { labels: vec![("instance", part.name.clone())], into: &mut *seen };
            observer.add("mysql_global_variables_max_connections", f64::from(part.max_connections));
            observer.add("mysql_global_status_threads_connected", server.connections as f64);
            let running = core.jobs(part.cores) + total.waiting;
            observer.add("mysql_global_status_threads_running", running as f64);
            observer.add("mysql_global_status_innodb_row_lock_waits", total.waited as f64);
            observer.add("mysql_global_status_innodb_row_lock_current_waits", total.waiting as f64);
            observer.add("mysql_global_status_innodb_row_lock_time", (total.all_waits_secs * 1e3).round());
            observer.labels.push(("error", "max_connections".to_owned()));
            observer.add("mysql_global_status_connection_errors_total", server.refused as f64);
            for (index, replica) in part.replicas.iter().enumerate() {
                let lag = self.replicas_behind[usize::from(replica.number)].lag(core.now());
                let labels = vec![("instance", format!("{}-replica-{index}", part.name))];
                let mut observer = Observer { labels, into: &mut *seen };
                observer.add("mysql_slave_status_seconds_behind_master", lag.as_secs_f64().floor());
            }
        }
    }
}

fn observe_pool(
    part: &PoolPart,
    replica: u16,
    own: Option<&Pool>,
    core: &Core<'_>,
    seen: &mut Vec<Exported>,
) {
    let totals = core.totals((part.slots + u32::from(replica)) as usize);
    let open = own.map_or(u64::from(part.maximum), |pool| pool.open() as u64);
    let labels = vec![("pool", part.name.clone()), ("instance", format!("{}-{replica}", part.name))];
    let mut observer = Observer { labels, into: seen };
    observer.add("hikaricp_connections", open as f64);
    observer.add("hikaricp_connections_active", totals.in_use as f64);
    observer.add("hikaricp_connections_idle", open.saturating_sub(totals.in_use) as f64);
    observer.add("hikaricp_connections_pending", totals.waiting as f64);
    observer.add("hikaricp_connections_max", f64::from(part.maximum));
    observer.add("hikaricp_connections_min", f64::from(part.minimum_idle));
    observer.add("hikaricp_connections_timeout_total", totals.gave_up as f64);
    observer.add("hikaricp_connections_acquire_seconds_count", (totals.visits + totals.gave_up) as f64);
    observer.add("hikaricp_connections_acquire_seconds_sum", totals.all_waits_secs);
    if let Some(pool) = own {
        observer.add("hikaricp_connections_usage_seconds_count", pool.used.0 as f64);
        observer.add("hikaricp_connections_usage_seconds_sum", pool.used.1);
        observer.add("hikaricp_connections_creation_seconds_count", pool.opened.0 as f64);
        observer.add("hikaricp_connections_creation_seconds_sum", pool.opened.1);
        if part.leak_detection.is_some() {
            // HikariCP has no metric for it, only a line in the log.
            observer.add("brownout_leak_detection_warnings_total", pool.suspects(core) as f64);
        }
    }
}

#[cfg(test)]
mod tests;
