//! Closed networks: a fixed number of users who think, ask, and wait (mean value analysis).

use super::SizingError;
use super::guard::{self, Sized, to_rate, to_ratio, to_span};
use crate::units::{Rate, Ratio, Span};

/// A place that requests visit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Station {
    /// Work of one request here over all its visits.
    pub demand: Span,
    /// Servers that share one queue; each visit needs one.
    pub servers: u32,
}

/// Means of one station.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StationMeans {
    /// Busy servers over all servers.
    pub utilisation: Ratio,
    /// Mean number waiting or in service \[requests].
    pub mean_in_system: f64,
    /// Mean time here of a request over all its visits.
    pub residence: Span,
}

/// Means of a closed network.
#[derive(Clone, Debug, PartialEq)]
pub struct ClosedNetwork {
    /// Requests finished.
    pub throughput: Rate,
    /// Mean time between asking and the answer; thinking is not counted.
    pub response: Span,
    /// Each station, in the order given.
    pub stations: Vec<StationMeans>,
}

const MOST_USERS: u32 = 1_000_000;
const MOST_USERS_MULTISERVER: u64 = 3_000;

/// Exact means of N users who think for Z and then visit stations with exponential service.
///
/// With one server everywhere, R(k) = D(k)(1 + Q(k)(n−1)), X = n/(Z + ΣR), Q = XR, for n = 1..N (mean value
/// analysis). With several servers, from normalising constants by convolution in logarithms, which, unlike
/// the recursion over marginal probabilities, stays accurate near saturation.
/// Source: Reiser & Lavenberg, *JACM* 27 (1980); Buzen, *CACM* 16 (1973).
///
/// # Errors
/// If there are no users (at most a million; 3,000 where a station has several servers), no station, or a
/// station without servers.
pub fn closed_network(users: u32, think: Span, stations: &[Station]) -> Sized<ClosedNetwork> {
    guard::count("the number of users", users, MOST_USERS)?;
    guard::positive("the number of stations", stations.len() as f64)?;
    for station in stations {
        guard::count("the number of servers", station.servers, guard::MOST_SERVERS)?;
    }
    let demands: Vec<f64> = stations.iter().map(|s| s.demand.as_secs_f64()).collect();
    let z = think.as_secs_f64();
    guard::positive("the time of one cycle without queues", z + demands.iter().sum::<f64>())?;
    let (x, inside) = if stations.iter().all(|station| station.servers == 1) {
        mean_values(users, z, &demands)
    } else {
        guard::limit("the number of users", users.into(), MOST_USERS_MULTISERVER)?;
        convolution(users as usize, z, &demands, stations)
    };
    let means = |(i, station): (usize, &Station)| StationMeans {
        utilisation: to_ratio(x * demands[i] / f64::from(station.servers)),
        mean_in_system: inside[i],
        residence: to_span(inside[i] / x),
    };
    Ok(ClosedNetwork {
        throughput: to_rate(x),
        response: to_span(f64::from(users) / x - z),
        stations: stations.iter().enumerate().map(means).collect(),
    })
}

fn mean_values(users: u32, think: f64, demands: &[f64]) -> (f64, Vec<f64>) {
    let mut inside = vec![0.0; demands.len()];
    let mut x = 0.0;
    for n in 1..=users {
        let residence: Vec<f64> = demands.iter().zip(&inside).map(|(d, q)| d * (1.0 + q)).collect();
        x = f64::from(n) / (think + residence.iter().sum::<f64>());
        inside = residence.iter().map(|r| x * r).collect();
    }
    (x, inside)
}

fn convolution(users: usize, think: f64, demands: &[f64], stations: &[Station]) -> (f64, Vec<f64>) {
    let mut factors: Vec<Vec<f64>> = vec![];
    for (demand, station) in demands.iter().zip(stations) {
        factors.push(log_factor(users, *demand, |n| n.min(station.servers as usize) as f64));
    }
    let thinking = log_factor(users, think, |n| n as f64);
    let all = factors.iter().fold(thinking.clone(), |g, f| convolve(&g, f));
    let x = (all[users - 1] - all[users]).exp();
    let inside = (0..factors.len()).map(|i| {
        let others = factors.iter().enumerate().filter(|(j, _)| *j != i);
        let rest = others.fold(thinking.clone(), |g, (_, f)| convolve(&g, f));
        (1..=users).map(|n| n as f64 * (factors[i][n] + rest[users - n] - all[users]).exp()).sum()
    });
    (x, inside.collect())
}

/// ln of Dⁿ/Π servers(k), for 0..=n users.
fn log_factor(users: usize, demand: f64, servers: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut logs = vec![0.0];
    for n in 1..=users {
        logs.push(logs[n - 1] + (demand / servers(n)).ln());
    }
    logs
}

fn convolve(a: &[f64], b: &[f64]) -> Vec<f64> {
    let sum = |n: usize| {
        let highest = (0..=n).map(|k| a[k] + b[n - k]).fold(f64::NEG_INFINITY, f64::max);
        if highest == f64::NEG_INFINITY {
            return highest;
        }
        highest + (0..=n).map(|k| (a[k] + b[n - k] - highest).exp()).sum::<f64>().ln()
    };
    (0..a.len()).map(sum).collect()
}

/// One class of users of a closed network.
#[derive(Clone, Debug, PartialEq)]
pub struct UserClass {
    /// How many there are.
    pub users: u32,
    /// How long they think.
    pub think: Span,
    /// Work of one of their requests at each station over all visits.
    pub demands: Vec<Span>,
}

/// Means of a closed network with classes.
#[derive(Clone, Debug, PartialEq)]
pub struct ClosedClasses {
    /// Throughput and response time of each class, in the order given.
    pub classes: Vec<(Rate, Span)>,
    /// Mean number at each station, all classes together \[requests].
    pub mean_in_system: Vec<f64>,
    /// Utilisation of each station.
    pub utilisation: Vec<Ratio>,
}

/// Exact means of several classes of users over single-server stations.
///
/// The recursion of `closed_network` over every population vector up to the full one.
/// Source: Reiser & Lavenberg (1980).
///
/// # Errors
/// If there is no class or no user, demands of classes differ in length, or there are more than ten million
/// (population vectors × stations).
pub fn closed_classes(classes: &[UserClass]) -> Sized<ClosedClasses> {
    let stations = classes.first().map_or(0, |class| class.demands.len());
    guard::positive("the number of stations", stations as f64)?;
    let mut vectors: u64 = stations as u64;
    for class in classes {
        guard::same_length("the demands of a class", class.demands.len(), stations)?;
        let cycle: f64 =
            class.demands.iter().map(|d| d.as_secs_f64()).sum::<f64>() + class.think.as_secs_f64();
        guard::positive("the time of one cycle without queues", cycle)?;
        vectors = vectors.saturating_mul(u64::from(class.users) + 1);
    }
    guard::limit("the number of population vectors × stations", vectors, 10_000_000)?;
    guard::positive("the number of users", classes.iter().map(|class| f64::from(class.users)).sum())?;
    let demand: Vec<Vec<f64>> =
        classes.iter().map(|class| class.demands.iter().map(|d| d.as_secs_f64()).collect()).collect();
    let mut strides = vec![];
    let mut total = 1;
    for class in classes {
        strides.push(total);
        total *= class.users as usize + 1;
    }
    let mut inside = vec![0.0; total * stations];
    let mut last = vec![(0.0, 0.0); classes.len()];
    for vector in 1..total {
        for (r, class) in classes.iter().enumerate() {
            let n = vector / strides[r] % (class.users as usize + 1);
            last[r] = (0.0, 0.0);
            if n == 0 {
                continue;
            }
            let before = (vector - strides[r]) * stations;
            let residence: Vec<f64> =
                (0..stations).map(|k| demand[r][k] * (1.0 + inside[before + k])).collect();
            let response: f64 = residence.iter().sum();
            let x = n as f64 / (class.think.as_secs_f64() + response);
            last[r] = (x, response);
            for (k, time) in residence.iter().enumerate() {
                inside[vector * stations + k] += x * time;
            }
        }
    }
    let busy = |k: usize| to_ratio(last.iter().zip(&demand).map(|((x, _), d)| x * d[k]).sum());
    Ok(ClosedClasses {
        classes: last.iter().map(|(x, response)| (to_rate(*x), to_span(*response))).collect(),
        mean_in_system: inside[(total - 1) * stations..].to_vec(),
        utilisation: (0..stations).map(busy).collect(),
    })
}

/// N users who think and share c servers (machine repair, M/M/c//N).
///
/// p(n) ∝ binom(N, n)·n!/(Π min(k, c))·(S/Z)ⁿ; solved as a closed network of one station.
/// Source: Gross & Harris, section 2.7.
///
/// # Errors
/// As `closed_network`; if `service` or `think` is zero.
pub fn machine_repair(users: u32, think: Span, service: Span, servers: u32) -> Sized<ClosedNetwork> {
    guard::span("the think time", think)?;
    guard::span("the service time", service)?;
    if servers == 0 {
        return Err(SizingError::OutOfRange {
            what: "the number of servers",
            value: 0.0,
            required: "at least 1",
        });
    }
    closed_network(users, think, &[Station { demand: service, servers }])
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn station(millis: u64, servers: u32) -> Station {
        Station { demand: Span::from_millis(millis), servers }
    }

    #[test]
    fn both_algorithms_agree_for_single_servers() {
        let demands = [0.02, 0.05, 0.01];
        let stations = [station(20, 1), station(50, 1), station(10, 1)];
        let (x, inside) = mean_values(30, 1.0, &demands);
        let (y, also) = convolution(30, 1.0, &demands, &stations);
        assert!((x - y).abs() < 1e-10 * x);
        for (a, b) in inside.iter().zip(&also) {
            assert!((a - b).abs() < 1e-9);
        }
    }

    #[test]
    fn enough_servers_never_queue() {
        let means = closed_network(10, Span::from_secs(1), &[station(250, 10)]).unwrap();
        assert!((means.throughput.as_per_second() - 8.0).abs() < 1e-9);
    }

    #[test]
    fn many_users_do_not_overflow() {
        let means = closed_network(2_000, Span::from_secs(1), &[station(10, 8), station(2, 1)]).unwrap();
        assert!((means.throughput.as_per_second() - 500.0).abs() < 1e-6);
    }

    #[test]
    fn no_users_is_an_error() {
        assert!(closed_network(0, Span::ZERO, &[station(1, 1)]).is_err());
        assert!(closed_network(1, Span::ZERO, &[]).is_err());
        assert!(machine_repair(1, Span::from_secs(1), Span::from_secs(1), 0).is_err());
    }
}
