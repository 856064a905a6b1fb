//! Queues that grow until the end of a run.

use super::results::Warning;
use super::summary::{RunSummary, station_label};
use crate::record::StationPoint;
use crate::scenario::Plan;
use crate::stats::median_of;
use crate::units::Instant;

/// A queue that is shorter than this at the end [items] says little.
const SHORTEST: f64 = 20.0;
/// A queue has begun to grow where it was last at or below this share of what it is at the end.
const BEGUN: f64 = 0.1;
/// Where it was last at or below this share, or one item, it was still as in calm.
const CALM: f64 = 0.005;
/// So many intervals it has to grow for.
const FEWEST: usize = 8;
/// Below this share in use it is no want of servers.
const BUSY: f64 = 0.95;
/// A queue is no longer growing where its end is below this share of the longest that it was.
const NEAR_LONGEST: f64 = 0.9;

/// A queue that was longer than this share of its end and was emptied may be emptied again, unless it grows for longer than
/// it was there then, by so much.
const EMPTIED: f64 = 0.5;
const LONGER: f64 = 1.5;
/// Where the last quarter is not longer by so much than the one before, it has levelled off.
const LEVEL: f64 = 1.1;

/// From which interval on a station's queue grew until the last one, if it did.
///
/// It grew if each quarter of that time has a longer queue than the one before, its end is about the longest that it was, it was
/// not emptied before from as much, and the servers, if there are any, were in use throughout.
pub(super) fn growing_from(points: &[StationPoint]) -> Option<usize> {
    let last = points.last()?.queue;
    if last <= SHORTEST {
        return None;
    }
    let from = points.iter().rposition(|point| point.queue <= BEGUN * last).map_or(0, |at| at + 1);
    let growing = &points[from..];
    if growing.len() < FEWEST {
        return None;
    }
    let mean = |part: &[StationPoint], of: fn(&StationPoint) -> f64| {
        part.iter().map(of).sum::<f64>() / part.len() as f64
    };
    let bounds = [0, 1, 2, 3, 4].map(|quarter| quarter * growing.len() / 4);
    let quarters: Vec<f64> =
        bounds.windows(2).map(|it| mean(&growing[it[0]..it[1]], |point| point.queue)).collect();
    let longest = |part: &[StationPoint]| part.iter().map(|point| point.queue).fold(0.0, f64::max);
    let before = &points[..from];
    let was_emptied = longest(before) >= EMPTIED * last && {
        let stays = before.split(|point| point.queue <= BEGUN * last).map(<[StationPoint]>::len);
        growing.len() as f64 <= LONGER * stays.max().unwrap_or(0) as f64
    };
    let grew = quarters.is_sorted_by(|one, next| one < next)
        && quarters[3] >= LEVEL * quarters[2]
        && last >= NEAR_LONGEST * longest(growing)
        && !was_emptied;
    let calm = |point: &StationPoint| point.queue <= (CALM * last).max(1.0);
    let since = points.iter().rposition(calm).map_or(0, |at| at + 1);
    // Rows and what has no limit have no servers.
    let is_busy =
        growing.iter().all(|point| !point.is_there) || mean(growing, |point| point.utilisation) > BUSY;
    (grew && is_busy).then_some(since)
}

/// Stations whose queues were growing when most runs ended; of those that grew throughout a window up to the end it is said.
pub(super) fn growing(plan: &Plan, runs: &[RunSummary]) -> Vec<Warning> {
    let end = Instant::START + plan.duration;
    let last = plan.windows.iter().position(|window| window.to >= end);
    let mut found = Vec::new();
    for (index, name) in plan.assembly.stations.iter().enumerate() {
        let mut since: Vec<f64> = runs.iter().filter_map(|run| run.growing_s[index]).collect();
        let grew = |window: usize| is_unstable(runs, window, index);
        if 2 * since.len() <= runs.len() || last.is_some_and(grew) {
            continue;
        }
        since.sort_by(f64::total_cmp);
        let (station, runs) = (station_label(name), since.len() as u32);
        let is_told = |it: &Warning| matches!(it, Warning::Growing { station: of, .. } if *of == station);
        if !found.iter().any(is_told) {
            found.push(Warning::Growing { since_s: median_of(&since), runs, station });
        }
    }
    found
}

/// Whether a station's queue grew throughout a window, in most runs.
pub(super) fn is_unstable(runs: &[RunSummary], window: usize, station: usize) -> bool {
    2 * runs.iter().filter(|run| run.windows[window].stations[station].grew).count() > runs.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(queues: impl IntoIterator<Item = f64>, used: f64) -> Vec<StationPoint> {
        let point = |queue| StationPoint { utilisation: used, queue, lost: 0.0, is_there: true };
        queues.into_iter().map(point).collect()
    }

    #[test]
    fn what_grows_until_the_end_is_found_where_it_began() {
        let calm = || std::iter::repeat_n(1.0, 100);
        let line = |slope: f64| (0..50).map(move |at| f64::from(at) * slope);
        let squares = (0..50).map(|at| f64::from(at * at));
        assert_eq!(growing_from(&points(calm().chain(line(100.0)), 1.0)), Some(101));
        assert_eq!(
            growing_from(&points(calm().chain(squares), 1.0)),
            Some(104),
            "12 of 2,401 are still calm"
        );
        assert_eq!(growing_from(&points(line(100.0), 1.0)), Some(1));
        let surge = || line(10.0).take(10).chain([2.0; 5]);
        assert_eq!(
            growing_from(&points(surge().chain(line(2.0)), 1.0)),
            Some(16),
            "longer than a surge before"
        );
        let rows = points(line(100.0), 0.0).into_iter().map(|it| StationPoint { is_there: false, ..it });
        assert_eq!(growing_from(&rows.collect::<Vec<_>>()), Some(1), "rows are never in use");
    }

    #[test]
    fn what_does_not_grow_to_the_end_is_no_such_queue() {
        let line = || (0..50).map(f64::from);
        let sawtooth = (0..100).map(|at| f64::from(at % 20) * 10.0);
        let level = std::iter::repeat_n(500.0, 50);
        assert_eq!(growing_from(&[]), None);
        assert_eq!(growing_from(&points(line().map(|it| it * 0.4), 1.0)), None, "it is short");
        assert_eq!(growing_from(&points(line(), 0.9)), None, "servers are free");
        assert_eq!(
            growing_from(&points(line().chain(line().map(|it| 50.0 - it * 0.5)), 1.0)),
            None,
            "it shrinks"
        );
        assert_eq!(growing_from(&points(level, 1.0)), None, "it is always as long");
        let noise =
            (0..50).map(|at| if at < 5 { f64::from(at) * 100.0 } else { 500.0 + f64::from(at) / 10.0 });
        assert_eq!(growing_from(&points(noise, 1.0)), None, "it has levelled off");
        assert_eq!(growing_from(&points(sawtooth, 1.0)), None, "it is emptied again and again");
        assert_eq!(growing_from(&points([0.0, 100.0, 200.0, 300.0], 1.0)), None, "it has hardly begun");
    }
}
