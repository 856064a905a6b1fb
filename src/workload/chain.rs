//! The jumping rate of a Markov-modulated Poisson process.

use super::error::WorkloadError;
use super::spec::MmppState;
use super::stages::per_nano;
use crate::units::Ratio;

const STATES_MAX: usize = 64;
const WEIGHTS_TOLERANCE: f64 = 1e-9;
const JUMPS_PER_ARRIVAL_MAX: f64 = 1e6;

/// The states, how it jumps between them, and how it is in the long run.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Chain {
    pub(super) states: Vec<State>,
    /// The share of time in each state in the long run.
    pub(super) shares: Vec<f64>,
}

/// A rate and what follows it; times are in nanoseconds.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct State {
    pub(super) rate: f64,
    pub(super) mean_stay: f64,
    pub(super) next: Vec<f64>,
}

impl Chain {
    /// Checks the states and finds how they are in the long run.
    pub(super) fn build(states: &[MmppState]) -> Result<Chain, WorkloadError> {
        if states.is_empty() || states.len() > STATES_MAX {
            return Err(WorkloadError::States { states: states.len(), limit: STATES_MAX });
        }
        let turns = states.iter().all(|state| state.next.is_none());
        let mut built = Vec::with_capacity(states.len());
        for (index, state) in states.iter().enumerate() {
            if state.mean_stay.is_zero() {
                return Err(WorkloadError::NoStay { state: index + 1 });
            }
            let next = if turns { turn(index, states.len()) } else { jumps(index, state, states.len())? };
            let mean_stay = state.mean_stay.as_nanos() as f64;
            built.push(State { rate: per_nano(state.rate), mean_stay, next });
        }
        joined(&built)?;
        let shares = long_run(&built);
        let chain = Chain { states: built, shares };
        let jumps = chain.over_time(|state| state.mean_stay.recip()) / chain.rate();
        if chain.rate() > 0.0 && jumps > JUMPS_PER_ARRIVAL_MAX {
            return Err(WorkloadError::Restless { jumps, limit: JUMPS_PER_ARRIVAL_MAX });
        }
        Ok(chain)
    }

    /// The mean rate in the long run.
    pub(super) fn rate(&self) -> f64 {
        self.over_time(|state| state.rate)
    }

    fn over_time(&self, value: impl Fn(&State) -> f64) -> f64 {
        self.states.iter().zip(&self.shares).map(|(state, share)| share * value(state)).sum()
    }

    pub(super) fn scaled(&self, factor: f64) -> Chain {
        let scale = |state: &State| State { rate: state.rate * factor, ..state.clone() };
        Chain { states: self.states.iter().map(scale).collect(), shares: self.shares.clone() }
    }
}

/// The state after `index` when they take turns.
fn turn(index: usize, states: usize) -> Vec<f64> {
    (0..states).map(|other| if other == (index + 1) % states { 1.0 } else { 0.0 }).collect()
}

fn jumps(index: usize, state: &MmppState, states: usize) -> Result<Vec<f64>, WorkloadError> {
    let next = state.next.as_ref().ok_or(WorkloadError::NextForSome { state: index + 1 })?;
    let weights: Vec<f64> = next.iter().copied().map(Ratio::as_fraction).collect();
    let sum: f64 = weights.iter().sum();
    if weights.len() == states && (sum - 1.0).abs() <= WEIGHTS_TOLERANCE {
        Ok(weights)
    } else {
        Err(WorkloadError::Next { state: index + 1, given: weights.len(), states, sum })
    }
}

/// Checks that each state leads to every other, so that there is one long run.
fn joined(states: &[State]) -> Result<(), WorkloadError> {
    for from in 0..states.len() {
        let mut seen = vec![false; states.len()];
        let mut open = vec![from];
        while let Some(index) = open.pop() {
            if !std::mem::replace(&mut seen[index], true) {
                open.extend((0..states.len()).filter(|other| states[index].next[*other] > 0.0));
            }
        }
        if let Some(to) = seen.iter().position(|is| !is) {
            return Err(WorkloadError::Apart { from: from + 1, to: to + 1 });
        }
    }
    Ok(())
}

/// The share of time in each state, by elimination without subtraction.
///
/// Source: Grassmann, Taksar and Heyman, "Regenerative analysis and steady state distributions" (1985).
fn long_run(states: &[State]) -> Vec<f64> {
    let mut rates: Vec<Vec<f64>> = states
        .iter()
        .map(|state| state.next.iter().map(|weight| weight / state.mean_stay).collect())
        .collect();
    for last in (1..states.len()).rev() {
        let (above, below) = rates.split_at_mut(last);
        let leaving = &below[0][..last];
        let out: f64 = leaving.iter().sum();
        for row in above {
            row[last] /= out;
            let through = row[last];
            for (rate, onward) in row.iter_mut().zip(leaving) {
                *rate += through * onward;
            }
        }
    }
    let mut shares = vec![1.0];
    for state in 1..states.len() {
        let share = shares.iter().zip(&rates).map(|(share, row)| share * row[state]).sum();
        shares.push(share);
    }
    let total: f64 = shares.iter().sum();
    shares.iter().map(|share| share / total).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{Rate, Span};

    fn state(rate: f64, stay_secs: u64, next: Option<&[f64]>) -> MmppState {
        MmppState {
            rate: Rate::per_second(rate),
            mean_stay: Span::from_secs(stay_secs),
            next: next.map(|weights| weights.iter().copied().map(Ratio::from_fraction).collect()),
        }
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-12
    }

    #[test]
    fn states_that_take_turns_share_time_by_their_stays() {
        let chain =
            Chain::build(&[state(10.0, 1, None), state(20.0, 2, None), state(30.0, 5, None)]).unwrap();
        assert!(chain.shares.iter().zip([0.125, 0.25, 0.625]).all(|(a, b)| close(*a, b)), "{chain:?}");
        assert!(close(chain.rate() * 1e9, 25.0));
    }

    #[test]
    fn jumps_weigh_the_shares() {
        // Balance of flows: each jump out of 1 or 2 goes to 0, from where two thirds go to 1.
        let chain = Chain::build(&[
            state(0.0, 3, Some(&[0.0, 2.0 / 3.0, 1.0 / 3.0])),
            state(60.0, 3, Some(&[1.0, 0.0, 0.0])),
            state(0.0, 6, Some(&[0.5, 0.0, 0.5])),
        ])
        .unwrap();
        // Stays that lead to themselves are as if twice as long: visits 3 : 2 : 1, times 3, 3 and 12 s.
        assert!(chain.shares.iter().zip([9.0, 6.0, 12.0]).all(|(a, b)| close(*a, b / 27.0)), "{chain:?}");
    }

    #[test]
    fn one_state_is_a_poisson_process() {
        let chain = Chain::build(&[state(10.0, 1, None)]).unwrap();
        assert_eq!(chain.shares, [1.0]);
    }
}
