//! The order in which stations are made, and the tools that make them.

use crate::component::assembly::StationKind;
use crate::component::compile::builder::{Builder, Spot};
use crate::component::compile::layout::Layout;
use crate::component::mistake::{Part, Place, code};
use crate::engine::{Discipline, KeySpace, Patience, SharingConfig, SlotsConfig};
use crate::random::{KeyPicker, name_hash};
use crate::record::Cause;
use crate::units::Cores;

/// A thousandth of a core: Kubernetes takes nothing finer either.
pub(super) const LEAST_CORES: f64 = 0.001;

/// The place of a component in the deployment.
pub(super) fn deployment(section: &str, name: &str) -> Spot {
    Spot::new(Part::Deployment, Place::default().key(section).key(name))
}

impl Builder<'_> {
    /// Makes everything that operations can name.
    pub(in crate::component::compile) fn make_stations(&mut self) {
        self.make_keys();
        self.check_links();
        self.make_processes();
        self.make_databases();
        self.make_pools();
        self.make_gateways();
        self.make_caches();
        self.make_externals();
        self.make_plain_stations();
        self.make_topics();
    }

    pub(super) fn slots(
        &mut self,
        component: &str,
        kind: StationKind,
        replicas: u16,
        config: SlotsConfig,
    ) -> u32 {
        let first = self.program.slots.len() as u32;
        let names = Layout::names(component, kind, replicas, f64::from(config.capacity));
        self.layout.slots.extend(names);
        self.program.slots.extend(std::iter::repeat_n(config, usize::from(replicas)));
        first
    }

    pub(super) fn sharing(&mut self, component: &str, kind: StationKind, replicas: u16, cores: Cores) -> u32 {
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
}

/// One server with an endless line.
pub(super) fn single_server() -> SlotsConfig {
    SlotsConfig {
        capacity: 1,
        queue_limit: None,
        discipline: Discipline::Fifo,
        patience: Patience::Endless,
        when_full: Cause::QueueFull,
        when_impatient: Cause::Timeout,
    }
}
