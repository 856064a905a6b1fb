//! What limits the system of the fixture.

use brownout::experiment::{Bottleneck, Pressed};
use brownout::record::Cause;

/// A station that is used throughout.
fn pressed(station: &str, replicas: u16, capacity: f64) -> Pressed {
    Pressed {
        station: station.to_owned(),
        replicas,
        short: 0,
        capacity,
        since_s: None,
        is_busiest: true,
        used: 1.0,
        busy: capacity,
        waiting: 0.0,
        refused_per_s: 0.0,
        lost: None,
    }
}

pub(crate) fn bottleneck() -> Bottleneck {
    Bottleneck {
        window: 1,
        station: 1,
        operation: 0,
        cause: Some(Cause::QueueFull),
        first: Pressed {
            since_s: Some(1210.0),
            waiting: 41.3,
            refused_per_s: 72.4,
            ..pressed("order threads", 3, 200.0)
        },
        held_by_those: vec![Pressed { busy: 712.0, ..pressed("edge requests", 1, 1000.0) }],
        waited_for: vec![Pressed {
            since_s: Some(1185.0),
            waiting: 12.4,
            lost: Some((7.5, 60.0)),
            ..pressed("order connections", 3, 20.0)
        }],
        behind: None,
    }
}
