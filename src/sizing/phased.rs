//! Stations whose requests or arrivals go through phases: M/PH/c, and arrivals in bursts (MMPP).

use std::collections::BTreeMap;

use super::guard::{self, Sized, to_ratio, to_span};
use super::levels::{self, Level};
use super::performance::Performance;
use super::phase::PhaseType;
use super::root;
use crate::units::{Rate, Ratio, Span};

/// Poisson arrivals, phase-type service, c servers (M/PH/c): the share that waits, and the means.
///
/// Level = number inside, phase = how many servers are in each phase of service.
/// Source: Neuts (1981), chapter 3.
///
/// # Errors
/// `Unstable` if λ·E S ≥ c; `TooLarge` if a level would have more than 400 phases.
pub fn phase_type_servers(arrivals: Rate, service: &PhaseType, servers: u32) -> Sized<(Ratio, Performance)> {
    let lambda = guard::rate("the arrival rate", arrivals)?;
    let c = guard::count("the number of servers", servers, 400)?;
    let mean = service.raw_moments()[0];
    guard::stable(lambda * mean / c)?;
    let c = servers as usize;
    let mut sets: Vec<Occupancies> = vec![];
    for busy in 0..=c {
        let set = Occupancies::new(busy, service.phases());
        guard::limit("the number of phases of a level", set.list.len() as u64, 400)?;
        sets.push(set);
    }
    let chain: Vec<Level> = (0..=c + 1).map(|n| occupancy_level(n, c, lambda, service, &sets)).collect();
    let solution = levels::endless(&chain)?;
    let free: f64 = solution.levels[..c].iter().flatten().sum();
    let queue = solution.mean(|n, _| n.saturating_sub(c) as f64)?;
    Ok((to_ratio(1.0 - free), Performance::from_wait(lambda, queue / lambda, mean, c as f64)))
}

/// The ways to spread busy servers over phases of service.
struct Occupancies {
    list: Vec<Vec<usize>>,
    index: BTreeMap<Vec<usize>, usize>,
}

impl Occupancies {
    fn new(busy: usize, phases: usize) -> Self {
        let mut list = vec![];
        spread(busy, phases, &mut vec![], &mut list);
        let index = list.iter().cloned().enumerate().map(|(i, state)| (state, i)).collect();
        Occupancies { list, index }
    }
}

fn spread(left: usize, phases: usize, prefix: &mut Vec<usize>, list: &mut Vec<Vec<usize>>) {
    // The caller refuses large sets; stop collecting once that is certain.
    if list.len() > 1_000 {
        return;
    }
    if phases == 1 {
        let mut state = prefix.clone();
        state.push(left);
        list.push(state);
        return;
    }
    for here in 0..=left {
        prefix.push(here);
        spread(left - here, phases - 1, prefix, list);
        prefix.pop();
    }
}

fn occupancy_level(n: usize, c: usize, lambda: f64, service: &PhaseType, sets: &[Occupancies]) -> Level {
    let here = &sets[n.min(c)];
    let above = &sets[(n + 1).min(c)];
    let below = &sets[n.saturating_sub(1).min(c)];
    let mut level = Level::new(below.list.len(), here.list.len(), above.list.len());
    for (i, state) in here.list.iter().enumerate() {
        if n >= c {
            level.up[(i, i)] = lambda;
        } else {
            for phase in 0..service.phases() {
                level.up[(i, moved(state, None, Some(phase), above))] += lambda * service.start(phase);
            }
        }
        for from in (0..service.phases()).filter(|from| state[*from] > 0) {
            let busy = state[from] as f64;
            for to in (0..service.phases()).filter(|to| *to != from) {
                level.local[(i, moved(state, Some(from), Some(to), here))] += busy * service.rate(from, to);
            }
            let ends = busy * service.exit(from);
            if n > c {
                for phase in 0..service.phases() {
                    let next = moved(state, Some(from), Some(phase), below);
                    level.down[(i, next)] += ends * service.start(phase);
                }
            } else {
                level.down[(i, moved(state, Some(from), None, below))] += ends;
            }
        }
    }
    level
}

fn moved(state: &[usize], from: Option<usize>, to: Option<usize>, set: &Occupancies) -> usize {
    let mut next = state.to_vec();
    if let Some(from) = from {
        next[from] -= 1;
    }
    if let Some(to) = to {
        next[to] += 1;
    }
    set.index[&next]
}

/// Arrivals that switch between two rates at random (a Markov-modulated Poisson process).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bursts {
    /// Arrivals in the first state.
    pub first: Rate,
    /// Arrivals in the second state.
    pub second: Rate,
    /// Switches from the first state to the second.
    pub first_to_second: Rate,
    /// Switches from the second state to the first.
    pub second_to_first: Rate,
}

/// One exponential server under bursts (MMPP/M/1).
#[derive(Clone, Debug, PartialEq)]
pub struct BurstQueue {
    /// The long-run means.
    pub performance: Performance,
    /// Share of the arrivals that find the server busy; more than the share of the time, since they come in
    /// bursts.
    pub wait_probability: Ratio,
    service: f64,
    /// Share of the arrivals that find more than n inside, n = 0, 1, ….
    found_above: Vec<f64>,
}

/// Solves MMPP/M/1.
///
/// Level = number inside, phase = state of the arrivals; an arrival that finds n inside waits Erlang(n, μ).
/// Source: Neuts (1981); Fischer & Meier-Hellstern, *Performance Evaluation* 18 (1993).
///
/// # Errors
/// `Unstable` if the mean arrival rate is not below `service`; if both arrival rates, or a switch rate, are
/// zero.
pub fn bursty_arrivals(bursts: Bursts, service: Rate) -> Sized<BurstQueue> {
    let lambda = [
        guard::rate_or_zero("the first arrival rate", bursts.first)?,
        guard::rate_or_zero("the second arrival rate", bursts.second)?,
    ];
    let switch = [
        guard::rate("the rate of switching", bursts.first_to_second)?,
        guard::rate("the rate of switching back", bursts.second_to_first)?,
    ];
    let mu = guard::rate("the service rate", service)?;
    let mean = (lambda[0] * switch[1] + lambda[1] * switch[0]) / (switch[0] + switch[1]);
    guard::positive("the mean arrival rate", mean)?;
    guard::stable(mean / mu)?;
    let level = |n: usize| {
        let mut level = Level::new(2, 2, 2);
        for i in 0..2 {
            level.up[(i, i)] = lambda[i];
            level.local[(i, 1 - i)] = switch[i];
            level.down[(i, i)] = if n == 0 { 0.0 } else { mu };
        }
        level
    };
    let solution = levels::endless(&[level(0), level(1), level(1)])?;
    let queue = solution.mean(|n, _| n.saturating_sub(1) as f64)?;
    let found: Vec<f64> = solution
        .unrolled(1e-18, 2_000_000)
        .iter()
        .map(|state| (state[0] * lambda[0] + state[1] * lambda[1]) / mean)
        .collect();
    let mut found_above = vec![0.0; found.len()];
    for n in (0..found.len() - 1).rev() {
        found_above[n] = found_above[n + 1] + found[n + 1];
    }
    Ok(BurstQueue {
        performance: Performance::from_wait(mean, queue / mean, 1.0 / mu, 1.0),
        wait_probability: to_ratio(1.0 - found[0]),
        service: mu,
        found_above,
    })
}

impl BurstQueue {
    /// The wait that a share `p` of the requests does not exceed.
    ///
    /// # Errors
    /// If `p` is not below 1.
    pub fn wait_quantile(&self, p: Ratio) -> Sized<Span> {
        let p = guard::share_below_one("the probability", p)?;
        let tail = |x: f64| -> f64 {
            let served = self.service * x;
            let reach = 9.0 * served.sqrt() + 40.0;
            let first = (served - reach).max(0.0) as usize;
            let last = ((served + reach) as usize).min(self.found_above.len() - 1);
            (first..=last).map(|j| root::poisson(j as u64, served) * self.found_above[j]).sum()
        };
        Ok(to_span(root::quantile(tail, p, 1.0 / self.service)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sizing::erlang_c;

    #[test]
    fn one_phase_is_erlang_c() {
        let law = PhaseType::exponential(Span::from_millis(100)).unwrap();
        let (waiting, _) = phase_type_servers(Rate::per_second(80.0), &law, 10).unwrap();
        let expected = erlang_c(10, 8.0).unwrap().as_fraction();
        assert!((waiting.as_fraction() - expected).abs() < 1e-11);
    }

    #[test]
    fn equal_rates_are_no_burst() {
        let rate = Rate::per_second(80.0);
        let bursts = Bursts {
            first: rate,
            second: rate,
            first_to_second: Rate::per_second(1.0),
            second_to_first: Rate::per_second(2.0),
        };
        let queue = bursty_arrivals(bursts, Rate::per_second(100.0)).unwrap();
        assert!((queue.wait_probability.as_fraction() - 0.8).abs() < 1e-10);
        let p99 = queue.wait_quantile(Ratio::from_fraction(0.99)).unwrap().as_secs_f64();
        assert!((p99 - 80.0_f64.ln() / 20.0).abs() < 2e-9);
    }
}
