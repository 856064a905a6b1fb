//! Plain stations.

use super::groups::deployment;
use crate::component::assembly::StationKind;
use crate::component::compile::builder::{Builder, Spot};
use crate::component::compile::layout::{Layout, PlainStation};
use crate::component::mistake::code;
use crate::component::station::{DisciplineSpec, StationSpec};
use crate::engine::{BatchConfig, Discipline, Patience, SlotsConfig};
use crate::random::LawSpec;
use crate::record::Cause;
use crate::units::{Cores, Span};

impl Builder<'_> {
    pub(super) fn make_plain_stations(&mut self) {
        for (name, spec) in &self.system.deployment.stations {
            let spot = deployment("stations", name);
            if let Some(station) = self.plain_station(name, spec, &spot) {
                self.layout.stations.insert(name.clone(), station);
            }
        }
    }

    fn plain_station(&mut self, name: &str, spec: &StationSpec, spot: &Spot) -> Option<PlainStation> {
        let demand = spec.service.as_ref().and_then(|law| self.law_demand(law, &spot.key("service")));
        let is_told = spec.service.is_some() && demand.is_none();
        let needs_service = |builder: &mut Self| {
            if is_told {
                return;
            }
            let cause = format!("station `{name}` has no service time");
            let remedy = "add `service:`, such as `service: {exponential: {mean: 10ms}}`".to_owned();
            builder.error(spot, code::STATION, cause, remedy);
        };
        if let Some(batch) = spec.batch {
            if spec.servers != Some(1) || spec.capacity.is_some() || spec.patience.is_some() {
                let cause = format!("station `{name}` serves batches, so it has one patient server");
                let remedy = "write `servers: 1` and leave out `capacity` and `patience`".to_owned();
                self.error(spot, code::STATION, cause, remedy);
            }
            if batch.limit == Some(0) {
                self.range(&spot.key("batch").key("limit"), "0".to_owned(), "at least 1");
            }
            let Some(demand) = demand else {
                needs_service(self);
                return None;
            };
            self.program.batches.push(BatchConfig { demand, limit: batch.limit, gather: Span::ZERO });
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
            if spec.capacity.is_some() || spec.patience.is_some() {
                let cause = format!("nobody waits at station `{name}`: its servers are shared");
                let remedy = "leave out `capacity` and `patience`".to_owned();
                self.error(spot, code::STATION, cause, remedy);
            }
            let Some(demand) = demand else {
                needs_service(self);
                return None;
            };
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
        if is_told {
            return None;
        }
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
}
