//! Open networks of stations (Jackson), and rows of stations.

use super::SizingError;
use super::guard::{self, Sized, to_ratio, to_span};
use super::matrix::Matrix;
use super::{erlang, root};
use crate::units::{Rate, Ratio, Span};

/// A station of an open network.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenStation {
    /// Arrivals from outside.
    pub arrivals: Rate,
    /// Service rate of one server.
    pub service: Rate,
    /// Servers that share the queue.
    pub servers: u32,
    /// For each station, the probability to go there next; what is missing to 1 leaves.
    pub next: Vec<Ratio>,
}

/// Means of one station of an open network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OpenStationMeans {
    /// Visits of an average request to this station \[1].
    pub visits: f64,
    /// Busy servers over all servers.
    pub utilisation: Ratio,
    /// Mean number waiting or in service \[requests].
    pub mean_in_system: f64,
    /// Mean time of one visit.
    pub response: Span,
}

/// Means of an open network.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenNetwork {
    /// Each station, in the order given.
    pub stations: Vec<OpenStationMeans>,
    /// Mean time of a request in the network.
    pub response: Span,
}

/// Product-form solution of an open network (Jackson).
///
/// The rates through the stations solve λ(k) = a(k) + Σ λ(i)p(i,k); each station is then M/M/c.
/// Source: Jackson, *Operations Research* 5 (1957).
///
/// # Errors
/// `Unstable` if a station is overloaded; if routes do not match, add up to more than 1, or nobody leaves; at
/// most 500 stations.
pub fn open_network(stations: &[OpenStation]) -> Sized<OpenNetwork> {
    let n = stations.len();
    guard::positive("the number of stations", n as f64)?;
    guard::limit("the number of stations", n as u64, 500)?;
    let mut balance = Matrix::identity(n);
    let mut outside = Matrix::zeros(n, 1);
    for (i, station) in stations.iter().enumerate() {
        guard::same_length("the routes of a station", station.next.len(), n)?;
        outside[(i, 0)] = guard::rate_or_zero("the arrivals from outside", station.arrivals)?;
        let leaving: f64 = station.next.iter().map(|share| share.as_fraction()).sum();
        if leaving > 1.0 + 1e-9 {
            return Err(SizingError::OutOfRange {
                what: "the sum of the routes",
                value: leaving,
                required: "at most 1",
            });
        }
        for (j, share) in station.next.iter().enumerate() {
            balance[(j, i)] -= share.as_fraction();
        }
    }
    let arrivals: f64 = (0..n).map(|i| outside[(i, 0)]).sum();
    guard::positive("the arrivals from outside", arrivals)?;
    let flows = balance.solve(outside)?;
    let mut means = vec![];
    for (i, station) in stations.iter().enumerate() {
        let flow =
            guard::at_least("the flow through a station", flows[(i, 0)], 0.0, "finite and not negative")?;
        let mu = guard::rate("the service rate", station.service)?;
        let c = f64::from(station.servers);
        let delayed = erlang::delay(station.servers, flow / mu)?;
        let response = 1.0 / mu + delayed / (c * mu - flow);
        means.push(OpenStationMeans {
            visits: flow / arrivals,
            utilisation: to_ratio(flow / (c * mu)),
            mean_in_system: flow * response,
            response: to_span(response),
        });
    }
    let inside: f64 = means.iter().map(|station| station.mean_in_system).sum();
    Ok(OpenNetwork { stations: means, response: to_span(inside / arrivals) })
}

/// Utilisations and the mean response time from demands alone: single servers, R = Σ D/(1 − λD).
///
/// Source: Gunther, *Analyzing Computer System Performance with Perl::PDQ* (2011), chapter 5.
///
/// # Errors
/// `Unstable` if a station is overloaded; if the rate is zero.
pub fn open_demands(arrivals: Rate, demands: &[Span]) -> Sized<(Vec<Ratio>, Span)> {
    let lambda = guard::rate("the arrival rate", arrivals)?;
    let mut response = 0.0;
    let mut busy = vec![];
    for demand in demands {
        let d = demand.as_secs_f64();
        let share = guard::stable(lambda * d)?;
        response += d / (1.0 - share);
        busy.push(to_ratio(share));
    }
    Ok((busy, to_span(response)))
}

/// Response time that a share `p` of the requests does not exceed through a row of equal M/M/1 stations:
/// Erlang(stages, μ−λ), since in a row of such stations the times are independent.
///
/// Source: Reich (1957); Burke, *Operations Research* 4 (1956).
///
/// # Errors
/// `Unstable` if λ ≥ μ; if an input is zero or `p` not below 1.
pub fn tandem_quantile(arrivals: Rate, service: Rate, stages: u32, p: Ratio) -> Sized<Span> {
    let lambda = guard::rate("the arrival rate", arrivals)?;
    let mu = guard::rate("the service rate", service)?;
    guard::count("the number of stages", stages, guard::MOST_SERVERS)?;
    guard::stable(lambda / mu)?;
    let p = guard::share_below_one("the probability", p)?;
    let tail = |t| root::erlang_tail(stages.into(), mu - lambda, t);
    Ok(to_span(root::quantile(tail, p, 1.0 / (mu - lambda))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn station(arrivals: f64, service: f64, next: Vec<f64>) -> OpenStation {
        OpenStation {
            arrivals: Rate::per_second(arrivals),
            service: Rate::per_second(service),
            servers: 1,
            next: next.into_iter().map(Ratio::from_fraction).collect(),
        }
    }

    #[test]
    fn a_row_is_the_sum_of_its_stations() {
        let row = [station(50.0, 100.0, vec![0.0, 1.0]), station(0.0, 200.0, vec![0.0, 0.0])];
        let means = open_network(&row).unwrap();
        assert!((means.response.as_secs_f64() - (1.0 / 50.0 + 1.0 / 150.0)).abs() < 1e-9);
    }

    #[test]
    fn a_network_that_nobody_leaves_is_an_error() {
        assert!(open_network(&[station(1.0, 2.0, vec![1.0])]).is_err());
        assert!(open_network(&[]).is_err());
        assert!(open_network(&[station(1.0, 2.0, vec![])]).is_err());
    }
}
