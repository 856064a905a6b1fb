//! Stations as people see them: the replicas of one component together.

use crate::component::StationName;
use crate::experiment::Band;

/// Stations of the replicas of one component.
pub(super) struct StationGroup {
    /// What a person calls them, such as `order threads`.
    pub(super) label: String,
    /// Their indices, in the order given.
    pub(super) members: Vec<usize>,
}

/// What a person calls a station, with its replica where there are several.
pub(super) fn station_label(name: &StationName) -> String {
    let group = group_label(name);
    match (name.replica, name.replicas) {
        (replica, replicas) if replica >= replicas.max(1) => format!("{group} {} (added)", replica + 1),
        (_, 0 | 1) => group,
        (replica, replicas) => format!("{group} {}/{replicas}", replica + 1),
    }
}

/// What a person calls all replicas of a station.
pub(super) fn group_label(name: &StationName) -> String {
    format!("{} {}", name.component, name.kind.name())
}

/// The capacity as people write it, such as `3 × 200`.
pub(super) fn limit_label(name: &StationName, replicas: usize) -> String {
    let capacity = if name.capacity.is_infinite() {
        return "none".to_owned();
    } else if name.capacity <= 0.0 {
        return "1 per row".to_owned();
    } else {
        super::numbers::whole(name.capacity.round() as u64)
    };
    let capacity = if name.capacity.fract() == 0.0 { capacity } else { name.capacity.to_string() };
    if replicas > 1 { format!("{replicas} × {capacity}") } else { capacity }
}

/// Puts replicas together, in the order of their first.
pub(super) fn groups<'a>(names: impl IntoIterator<Item = &'a StationName>) -> Vec<StationGroup> {
    let mut groups: Vec<StationGroup> = Vec::new();
    for (index, name) in names.into_iter().enumerate() {
        let label = group_label(name);
        match groups.iter_mut().find(|group| group.label == label) {
            Some(group) => group.members.push(index),
            None => groups.push(StationGroup { label, members: vec![index] }),
        }
    }
    groups
}

/// The mean of several bands, interval by interval, over those that have a value.
///
/// The ends of the intervals are averaged too. Replicas move together, so an interval that shrank with their
/// number would be too narrow.
pub(super) fn mean_bands(bands: &[&[Band]]) -> Vec<Band> {
    let length = bands.iter().map(|band| band.len()).max().unwrap_or(0);
    (0..length)
        .map(|index| {
            let at = |value: fn(&Band) -> f64| {
                mean(
                    bands
                        .iter()
                        .filter_map(|band| band.get(index))
                        .map(value)
                        .filter(|value| !value.is_nan()),
                )
            };
            Band { mean: at(|band| band.mean), low: at(|band| band.low), high: at(|band| band.high) }
        })
        .collect()
}

/// The mean; NaN of nothing.
pub(super) fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
    if count == 0 { f64::NAN } else { sum / f64::from(count) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::StationKind;

    fn name(component: &str, replica: u16, replicas: u16, capacity: f64) -> StationName {
        StationName {
            component: component.to_owned(),
            kind: StationKind::Threads,
            replica,
            replicas,
            capacity,
        }
    }

    #[test]
    fn replicas_are_one_group() {
        let names = [name("order", 0, 2, 200.0), name("payment", 0, 1, 100.0), name("order", 1, 2, 200.0)];
        let groups = groups(&names);
        assert_eq!(groups.len(), 2);
        assert_eq!((groups[0].label.as_str(), &groups[0].members[..]), ("order threads", &[0, 2][..]));
        assert_eq!(limit_label(&names[0], 2), "2 × 200");
        assert_eq!(limit_label(&name("link", 0, 1, f64::INFINITY), 1), "none");
        assert_eq!(station_label(&names[2]), "order threads 2/2");
        assert_eq!(station_label(&name("order", 2, 2, 200.0)), "order threads 3 (added)");
        assert_eq!(station_label(&name("order", 0, 1, 200.0)), "order threads");
        assert_eq!(station_label(&name("order", 1, 1, 200.0)), "order threads 2 (added)");
    }

    #[test]
    fn a_missing_replica_does_not_hide_the_others() {
        let band = |mean: f64| Band { mean, low: mean, high: mean };
        let (some, gap) = ([band(0.5), band(f64::NAN)], [band(f64::NAN), band(f64::NAN)]);
        let mean = mean_bands(&[&some, &gap]);
        assert_eq!(mean[0].mean, 0.5);
        assert!(mean[1].mean.is_nan());
    }
}
