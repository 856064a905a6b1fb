//! Markov chains in levels: from each level one can only go one level up, stay, or go one level down.
//!
//! Levels are censored from the top (Gaver, Jacobs & Latouche 1984), keeping diagonals as negative row sums
//! (Grassmann, Taksar & Heyman 1985), so that no accuracy is lost to cancellation. An endless run of equal
//! levels is solved for its fixed point: a quasi-birth-death chain (Neuts 1981).

use super::SizingError;
use super::guard::Sized;
use super::matrix::Matrix;

/// The rates out of one level; the diagonal of `local` is ignored.
#[derive(Clone, Debug)]
pub(super) struct Level {
    pub(super) up: Matrix,
    pub(super) local: Matrix,
    pub(super) down: Matrix,
}

/// Stationary probabilities of each level's phases.
#[derive(Clone, Debug)]
pub(super) struct Stationary {
    /// Levels 0..; the last is the first of the equal levels if the chain is endless.
    pub(super) levels: Vec<Vec<f64>>,
    /// Level k+1 is level k times this, from the last of `levels` on.
    ratio: Option<Matrix>,
}

const MOST_ITERATIONS: u32 = 200_000;

impl Level {
    pub(super) fn new(below: usize, here: usize, above: usize) -> Self {
        Level {
            up: Matrix::zeros(here, above),
            local: Matrix::zeros(here, here),
            down: Matrix::zeros(here, below),
        }
    }
}

/// Solves a chain whose levels are all given.
pub(super) fn finite(levels: &[Level]) -> Sized<Stationary> {
    let Some(top) = levels.last() else {
        return Err(SizingError::NoConvergence { what: "a chain without levels" });
    };
    let censored = with_diagonal(&top.local, &top.down);
    solve(levels, censored, None)
}

/// Solves a chain whose levels repeat the last one for ever.
pub(super) fn endless(levels: &[Level]) -> Sized<Stationary> {
    let Some(repeated) = levels.last() else {
        return Err(SizingError::NoConvergence { what: "a chain without levels" });
    };
    let mut censored = with_diagonal(&repeated.local, &repeated.down);
    for _ in 0..MOST_ITERATIONS {
        let ratio = repeated.up.times(&negative(&censored).inverse()?);
        let next = censor(repeated, &ratio, &repeated.down);
        let change = next.largest_difference(&censored);
        let size = (0..next.rows).map(|i| next[(i, i)].abs()).fold(0.0, f64::max);
        censored = next;
        if change <= 1e-15 * size {
            let ratio = repeated.up.times(&negative(&censored).inverse()?);
            return solve(levels, censored, Some(ratio));
        }
    }
    Err(SizingError::NoConvergence { what: "the ratio of successive levels" })
}

fn solve(levels: &[Level], top: Matrix, ratio: Option<Matrix>) -> Sized<Stationary> {
    let mut ratios = vec![];
    let mut censored = top;
    for n in (0..levels.len() - 1).rev() {
        let step = levels[n].up.times(&negative(&censored).inverse()?);
        censored = censor(&levels[n], &step, &levels[n + 1].down);
        ratios.push(step);
    }
    let mut solution = vec![null_vector(censored)];
    for step in ratios.iter().rev() {
        let above = step.after(&solution[solution.len() - 1]);
        solution.push(above);
    }
    let mut found = Stationary { levels: solution, ratio };
    let total = found.total()?;
    for cell in found.levels.iter_mut().flatten() {
        *cell /= total;
    }
    Ok(found)
}

impl Stationary {
    /// Σ over levels n of (weight at level n) · probability, where `weight` is linear from the last level on.
    pub(super) fn mean(&self, weight: impl Fn(usize, usize) -> f64) -> Sized<f64> {
        let last = self.levels.len() - 1;
        let sum_at = |n: usize, level: &[f64]| -> f64 {
            level.iter().enumerate().map(|(phase, p)| p * weight(n, phase)).sum()
        };
        let below: f64 = self.levels[..last].iter().enumerate().map(|(n, level)| sum_at(n, level)).sum();
        let Some(ratio) = &self.ratio else {
            return Ok(below + sum_at(last, &self.levels[last]));
        };
        let geometric = Matrix::identity(ratio.rows).minus(ratio).inverse()?;
        let mass = geometric.after(&self.levels[last]);
        let extra = geometric.after(&ratio.after(&mass));
        let slope: f64 = extra
            .iter()
            .enumerate()
            .map(|(phase, p)| p * (weight(last + 1, phase) - weight(last, phase)))
            .sum();
        Ok(below + sum_at(last, &mass) + slope)
    }

    /// The probabilities of levels 0.. until what is left is below `rest`, at most `most` levels.
    pub(super) fn unrolled(&self, rest: f64, most: usize) -> Vec<Vec<f64>> {
        let mut levels = self.levels.clone();
        if let Some(ratio) = &self.ratio {
            while levels.len() < most && levels[levels.len() - 1].iter().sum::<f64>() > rest {
                let next = ratio.after(&levels[levels.len() - 1]);
                levels.push(next);
            }
        }
        levels
    }

    fn total(&self) -> Sized<f64> {
        self.mean(|_, _| 1.0)
    }
}

fn negative(a: &Matrix) -> Matrix {
    Matrix::zeros(a.rows, a.cols).minus(a)
}

fn with_diagonal(local: &Matrix, down: &Matrix) -> Matrix {
    let mut generator = local.clone();
    for i in 0..local.rows {
        generator[(i, i)] = 0.0;
        let out = generator.row_sum(i) + down.row_sum(i);
        generator[(i, i)] = -out;
    }
    generator
}

/// The chain on this level and below, as seen when one does not look at the levels above.
fn censor(level: &Level, ratio_up: &Matrix, down_above: &Matrix) -> Matrix {
    let back = ratio_up.times(down_above);
    let mut local = level.local.clone();
    for i in 0..local.rows {
        for j in 0..local.cols {
            local[(i, j)] += back[(i, j)];
        }
    }
    with_diagonal(&local, &level.down)
}

/// The stationary vector of a generator, up to a factor, by elimination without subtractions.
fn null_vector(mut generator: Matrix) -> Vec<f64> {
    let n = generator.rows;
    for k in (1..n).rev() {
        let out: f64 = generator.row(k)[..k].iter().sum();
        if out == 0.0 {
            continue;
        }
        for i in 0..k {
            generator[(i, k)] /= out;
        }
        for i in 0..k {
            let into = generator[(i, k)];
            if into != 0.0 {
                for j in (0..k).filter(|j| *j != i) {
                    let cell = generator[(k, j)];
                    generator[(i, j)] += into * cell;
                }
            }
        }
    }
    let mut vector = vec![0.0; n];
    vector[0] = 1.0;
    for k in 1..n {
        vector[k] = (0..k).map(|i| vector[i] * generator[(i, k)]).sum();
    }
    vector
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one_by_one(up: f64, down: f64) -> Level {
        let mut level = Level::new(1, 1, 1);
        level.up[(0, 0)] = up;
        level.down[(0, 0)] = down;
        level
    }

    #[test]
    fn an_endless_chain_of_single_states_is_geometric() {
        let levels = [one_by_one(0.8, 0.0), one_by_one(0.8, 1.0)];
        let solution = endless(&levels).unwrap();
        assert!((solution.levels[0][0] - 0.2).abs() < 1e-12);
        assert!((solution.mean(|n, _| n as f64).unwrap() - 4.0).abs() < 1e-10);
    }

    #[test]
    fn a_finite_chain_adds_up_to_one() {
        let levels = [one_by_one(2.0, 0.0), one_by_one(2.0, 1.0), one_by_one(0.0, 1.0)];
        let solution = finite(&levels).unwrap();
        let expected = [1.0 / 7.0, 2.0 / 7.0, 4.0 / 7.0];
        for (level, p) in solution.levels.iter().zip(expected) {
            assert!((level[0] - p).abs() < 1e-15);
        }
    }
}
