//! Phase-type laws: times to absorption of a small Markov chain; dense enough to stand for any service
//! time, simple enough for exact waiting times.

use super::SizingError;
use super::guard::{self, Sized, to_ratio, to_span};
use super::matrix::Matrix;
use super::moments::Moments;
use super::root;
use crate::units::{Rate, Ratio, Span};

/// The law of the time to absorption of a Markov chain with start probabilities α and rates T.
///
/// P(X > x) = α·exp(Tx)·1. Where α sums to less than one, the rest is an atom at zero.
/// Source: Neuts, *Matrix-Geometric Solutions in Stochastic Models* (1981), chapter 2.
#[derive(Clone, Debug)]
pub struct PhaseType {
    start: Vec<f64>,
    rates: Matrix,
}

/// The most phases of a law that a user can ask for.
const MOST_PHASES: u32 = 200;
const LONGEST_SERIES: usize = 2_000_000;

impl PhaseType {
    /// An exponential law with this mean.
    ///
    /// # Errors
    /// If `mean` is zero.
    pub fn exponential(mean: Span) -> Sized<Self> {
        Self::erlang(1, mean)
    }

    /// A sum of `stages` equal exponentials with this mean in total; squared coefficient of variation
    /// 1/stages.
    ///
    /// # Errors
    /// If `mean` or `stages` is zero, or `stages` is above 200.
    pub fn erlang(stages: u32, mean: Span) -> Sized<Self> {
        let k = guard::count("the number of stages", stages, MOST_PHASES)?;
        let rate = k / guard::span("the mean", mean)?;
        let n = stages as usize;
        let mut rates = Matrix::zeros(n, n);
        for i in 0..n {
            rates[(i, i)] = -rate;
            if i + 1 < n {
                rates[(i, i + 1)] = rate;
            }
        }
        let mut start = vec![0.0; n];
        start[0] = 1.0;
        Ok(PhaseType { start, rates })
    }

    /// A mixture of exponentials, each with its share and rate.
    ///
    /// # Errors
    /// If there is no branch, a rate is zero, or the shares do not add up to one (within 1e-9).
    pub fn hyperexponential(branches: &[(Ratio, Rate)]) -> Sized<Self> {
        guard::count("the number of branches", branches.len().min(1_000) as u32, MOST_PHASES)?;
        let total: f64 = branches.iter().map(|(share, _)| share.as_fraction()).sum();
        if (total - 1.0).abs() > 1e-9 {
            return Err(SizingError::OutOfRange {
                what: "the sum of the shares",
                value: total,
                required: "1",
            });
        }
        let mut rates = Matrix::zeros(branches.len(), branches.len());
        for (i, (_, rate)) in branches.iter().enumerate() {
            rates[(i, i)] = -guard::rate("the rate of a branch", *rate)?;
        }
        Ok(PhaseType {
            start: branches.iter().map(|(share, _)| share.as_fraction() / total).collect(),
            rates,
        })
    }

    /// The first three moments.
    pub fn moments(&self) -> Moments {
        let raw = self.raw_moments();
        Moments::from_raw(raw[0], raw[1], raw[2])
    }

    /// P(X > x).
    pub fn tail(&self, x: Span) -> Ratio {
        to_ratio(self.series().tail(x.as_secs_f64()))
    }

    /// The time that a share `p` of all values does not exceed.
    ///
    /// # Errors
    /// If `p` is not below 1.
    pub fn quantile(&self, p: Ratio) -> Sized<Span> {
        let p = guard::share_below_one("the probability", p)?;
        Ok(to_span(self.series().quantile(p)))
    }

    pub(super) fn phases(&self) -> usize {
        self.start.len()
    }

    pub(super) fn start(&self, phase: usize) -> f64 {
        self.start[phase]
    }

    /// Rate from one phase to another [1/s].
    pub(super) fn rate(&self, from: usize, to: usize) -> f64 {
        self.rates[(from, to)]
    }

    /// Rate of ending from a phase [1/s].
    pub(super) fn exit(&self, phase: usize) -> f64 {
        (-self.rates.row_sum(phase)).max(0.0)
    }

    /// Mean \[s], E X² [s²], E X³ [s³].
    pub(super) fn raw_moments(&self) -> [f64; 3] {
        let minus = Matrix::zeros(self.phases(), self.phases()).minus(&self.rates);
        // The generator of a phase-type law is an M-matrix: its inverse exists.
        let Ok(times) = minus.inverse() else { return [f64::INFINITY; 3] };
        let once = times.after(&self.start);
        let twice = times.after(&once);
        let thrice = times.after(&twice);
        [once.iter().sum(), 2.0 * twice.iter().sum::<f64>(), 6.0 * thrice.iter().sum::<f64>()]
    }

    /// The waiting time of M/PH/1: a geometric number of residual services.
    pub(super) fn wait_at(&self, arrivals: f64) -> PhaseType {
        let n = self.phases();
        let mean = self.raw_moments()[0];
        let busy = arrivals * mean;
        let minus = Matrix::zeros(n, n).minus(&self.rates);
        let residual: Vec<f64> = match minus.inverse() {
            Ok(times) => times.after(&self.start).iter().map(|t| t / mean).collect(),
            Err(_) => self.start.clone(),
        };
        let mut rates = self.rates.clone();
        for i in 0..n {
            for j in 0..n {
                rates[(i, j)] += busy * self.exit(i) * residual[j];
            }
        }
        PhaseType { start: residual.iter().map(|p| busy * p).collect(), rates }
    }

    /// The law of the sum of this and an independent `other`.
    pub(super) fn followed_by(&self, other: &PhaseType) -> PhaseType {
        let (n, m) = (self.phases(), other.phases());
        let mut rates = Matrix::zeros(n + m, n + m);
        for i in 0..n {
            for j in 0..n {
                rates[(i, j)] = self.rates[(i, j)];
            }
            for j in 0..m {
                rates[(i, n + j)] = self.exit(i) * other.start[j];
            }
        }
        for i in 0..m {
            for j in 0..m {
                rates[(n + i, n + j)] = other.rates[(i, j)];
            }
        }
        let none = 1.0 - self.start.iter().sum::<f64>();
        let mut start = self.start.clone();
        start.extend(other.start.iter().map(|p| none * p));
        PhaseType { start, rates }
    }

    pub(super) fn series(&self) -> TailSeries {
        let n = self.phases();
        let fastest = (0..n).map(|i| -self.rates[(i, i)]).fold(0.0, f64::max);
        let mut step = Matrix::identity(n);
        for i in 0..n {
            for j in 0..n {
                step[(i, j)] += self.rates[(i, j)] / fastest;
            }
        }
        TailSeries::new(fastest, self.start.clone(), |state| step.after(state))
    }
}

/// P(X > x) = Σ Poisson(n; q·x)·alive(n): the chain sampled at the ticks of a Poisson clock of rate q.
#[derive(Clone, Debug)]
pub(super) struct TailSeries {
    clock: f64,
    alive: Vec<f64>,
}

impl TailSeries {
    pub(super) fn new(clock: f64, start: Vec<f64>, step: impl Fn(&[f64]) -> Vec<f64>) -> Self {
        let mut state = start;
        let mut alive = vec![];
        while alive.len() < LONGEST_SERIES {
            let left: f64 = state.iter().sum();
            alive.push(left);
            if left < 1e-17 {
                break;
            }
            state = step(&state);
        }
        TailSeries { clock, alive }
    }

    pub(super) fn tail(&self, x: f64) -> f64 {
        let ticks = self.clock * x;
        let reach = 9.0 * ticks.sqrt() + 40.0;
        let first = (ticks - reach).max(0.0) as usize;
        let last = ((ticks + reach) as usize).min(self.alive.len() - 1);
        (first..=last).map(|n| root::poisson(n as u64, ticks) * self.alive[n]).sum()
    }

    pub(super) fn quantile(&self, p: f64) -> f64 {
        root::quantile(|x| self.tail(x), p, 1.0 / self.clock)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exponential_has_its_textbook_quantile() {
        let law = PhaseType::exponential(Span::from_millis(10)).unwrap();
        let p99 = law.quantile(Ratio::from_fraction(0.99)).unwrap().as_secs_f64();
        assert!((p99 - 0.01 * 100.0_f64.ln()).abs() < 1e-9);
    }

    #[test]
    fn erlang_stages_halve_the_squared_variation() {
        let law = PhaseType::erlang(2, Span::from_millis(10)).unwrap();
        assert!((law.moments().scv() - 0.5).abs() < 1e-12);
    }

    #[test]
    fn shares_must_add_up() {
        let half = (Ratio::from_fraction(0.4), Rate::per_second(1.0));
        assert!(PhaseType::hyperexponential(&[half, half]).is_err());
        assert!(PhaseType::hyperexponential(&[]).is_err());
    }
}
