//! Compiles requests to external parties.

use super::builder::{Builder, Spot};
use crate::component::mistake::{Part, Place};
use crate::component::operations::Abandoned;
use crate::component::parts::Hook;
use crate::engine::{Choice, Station, Step};
use crate::record::Cause;

impl Builder<'_> {
    /// Emits a request to an external party.
    pub(super) fn request(&mut self, name: &str, spot: &Spot) {
        let externals = &self.system.deployment.externals;
        let Some((index, _, spec)) = externals.get_full(name) else {
            let known = externals.keys().map(String::as_str);
            let place = spot.place.clone();
            self.mistakes.push(self.unknown_name(spot.part, place, "external party", name, known));
            return;
        };
        let external = Spot::new(Part::Deployment, Place::default().key("externals").key(name));
        let Some(law) = self.law(&spec.latency, &external.key("latency")) else { return };
        let demand = self.demand(law, spot.draw("latency"));
        let slots = self.layout.externals[index];
        let limits = self.layout.external_limits[index];
        let errors = spec.errors.as_fraction().min(1.0);
        self.guarded(spec.timeout, Abandoned::KeepServing, |builder| {
            builder.gate_of_party(name, spot.draw("gate"), slots.is_none().then_some(demand));
            if let Some(bucket) = limits.bucket {
                builder.hook(Hook::Admit { bucket });
            }
            if let Some(window) = limits.sliding_window {
                builder.hook(Hook::AdmitSliding { window });
            }
            if let Some(bucket) = limits.turns {
                builder.hook(Hook::Turn { bucket });
            }
            match slots {
                Some(slots) => {
                    builder.emit(Step::Serve { slots: Station::fixed(slots), demand });
                }
                None => {
                    builder.emit(Step::Delay { demand });
                }
            }
            if errors > 0.0 {
                let choice = builder.program.choices.len() as u32;
                builder.emit(Step::Choose { choice });
                let first = builder.here();
                builder.program.choices.push(Choice {
                    cumulative: vec![errors, 1.0],
                    targets: vec![first, first + 1],
                    site: spot.draw("error"),
                    key: None,
                });
                builder.emit(Step::Fail { cause: Cause::ExternalError });
            }
        });
    }
}
