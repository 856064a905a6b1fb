//! A rate that changes with time, its integral, and the inverse of that integral.
//!
//! All is exact but for rounding: a straight piece is inverted by the quadratic formula, a sine by
//! Newton's method on its closed-form integral, to a ten-thousandth of a nanosecond or the last digit.

use std::f64::consts::TAU;

/// A rate over time; times are in nanoseconds, rates in events per nanosecond.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Curve {
    pieces: Vec<Piece>,
    /// The rate after the last piece.
    last: f64,
}

/// A part of a curve with one formula.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Piece {
    pub(super) start: u64,
    pub(super) length: f64,
    pub(super) shape: Shape,
}

/// The formula of a piece.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Shape {
    /// Straight from a rate, changing by `slope` each nanosecond.
    Line { from: f64, slope: f64 },
    /// A sine that starts at its lowest.
    Wave { low: f64, high: f64, period: f64 },
}

/// Where a piece takes a process that has some cumulative rate left to use up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Step {
    /// It is used up here, counted from the piece's start.
    At(f64),
    /// So much is left at the piece's end.
    Past(f64),
}

impl Curve {
    /// Joins `pieces`, each starting where the one before ends; `last` is the rate from there on.
    pub(super) fn new(pieces: Vec<Piece>, last: f64) -> Curve {
        Curve { pieces, last }
    }

    pub(super) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    pub(super) fn last(&self) -> f64 {
        self.last
    }

    /// Where the last piece ends.
    pub(super) fn end(&self) -> u64 {
        self.pieces.last().map_or(0, |piece| piece.start + piece.length as u64)
    }

    pub(super) fn rate(&self, at: u64) -> f64 {
        let after = self.pieces.partition_point(|piece| piece.start <= at);
        match after.checked_sub(1).map(|index| self.pieces[index]) {
            Some(piece) if ((at - piece.start) as f64) < piece.length => {
                piece.shape.rate((at - piece.start) as f64)
            }
            _ => self.last,
        }
    }

    /// The integral of the rate from the start to `until`: the expected number of events.
    pub(super) fn mass(&self, until: u64) -> f64 {
        let started = self.pieces.iter().take_while(|piece| piece.start < until);
        let inside: f64 = started
            .map(|piece| {
                let upto = ((until - piece.start) as f64).min(piece.length);
                piece.shape.mass(0.0, upto)
            })
            .sum();
        inside + until.saturating_sub(self.end()) as f64 * self.last
    }

    /// The highest rate.
    pub(super) fn highest(&self) -> f64 {
        let highest = self.pieces.iter().map(|piece| match piece.shape {
            Shape::Line { .. } => piece.shape.rate(0.0).max(piece.shape.rate(piece.length)),
            Shape::Wave { high, .. } => high,
        });
        highest.fold(self.last, f64::max)
    }

    pub(super) fn scaled(&self, factor: f64) -> Curve {
        let scale = |piece: &Piece| Piece { shape: piece.shape.scaled(factor), ..*piece };
        Curve { pieces: self.pieces.iter().map(scale).collect(), last: self.last * factor }
    }
}

impl Piece {
    /// Goes on from `x` until `mass` of cumulative rate is used up.
    pub(super) fn advance(&self, x: f64, mass: f64) -> Step {
        let left = self.shape.mass(x, self.length);
        if mass > left {
            return Step::Past(mass - left);
        }
        Step::At(self.shape.invert(x, mass, self.length).clamp(x, self.length))
    }
}

impl Shape {
    /// The straight line from one rate to another; a step, if it has no length.
    pub(super) fn line(from: f64, to: f64, length: f64) -> Shape {
        Shape::Line { from, slope: if length > 0.0 { (to - from) / length } else { 0.0 } }
    }

    /// The rate at `x` from the piece's start.
    pub(super) fn rate(self, x: f64) -> f64 {
        match self {
            Shape::Line { from, slope } => (from + slope * x).max(0.0),
            Shape::Wave { low, high, period } => {
                low + (high - low) * (1.0 - (TAU * (x / period).fract()).cos()) / 2.0
            }
        }
    }

    /// The integral of the rate from `x` to `y`.
    fn mass(self, x: f64, y: f64) -> f64 {
        let width = y - x;
        match self {
            Shape::Line { .. } => width * (self.rate(x) + self.rate(y)) / 2.0,
            Shape::Wave { low, high, period } => {
                // sin b − sin a as a product, which keeps its digits when the two are close.
                let middle = TAU * (f64::midpoint(x, y) / period).fract();
                let half = TAU * (width / 2.0 / period).fract();
                let swing = (high - low) / 2.0;
                f64::midpoint(low, high) * width - swing * period / TAU * 2.0 * middle.cos() * half.sin()
            }
        }
    }

    /// The `y`, at most `length`, until which the integral from `x` is `mass`.
    fn invert(self, x: f64, mass: f64, length: f64) -> f64 {
        let here = self.rate(x);
        match self {
            Shape::Line { slope, .. } if slope != 0.0 => {
                let there = (here * here + 2.0 * slope * mass).max(0.0).sqrt();
                if here + there > 0.0 { x + 2.0 * mass / (here + there) } else { length }
            }
            Shape::Line { .. } if here > 0.0 => x + mass / here,
            Shape::Line { .. } => length,
            Shape::Wave { .. } => {
                let (mut low, mut high) = (x, length);
                let close = 1e-4 + 1e-15 * length;
                let mut y = x + mass / here;
                for _ in 0..100 {
                    if !(low..=high).contains(&y) {
                        y = f64::midpoint(low, high);
                    }
                    let excess = self.mass(x, y) - mass;
                    if excess > 0.0 {
                        high = y;
                    } else {
                        low = y;
                    }
                    let next = y - excess / self.rate(y);
                    if (next - y).abs() < close || high - low < close {
                        return y;
                    }
                    y = next;
                }
                f64::midpoint(low, high)
            }
        }
    }

    fn scaled(self, factor: f64) -> Shape {
        match self {
            Shape::Line { from, slope } => Shape::Line { from: from * factor, slope: slope * factor },
            Shape::Wave { low, high, period } => {
                Shape::Wave { low: low * factor, high: high * factor, period }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RAMP: Piece = Piece { start: 0, length: 100.0, shape: Shape::Line { from: 0.0, slope: 0.04 } };
    const WAVE: Piece =
        Piece { start: 100, length: 250.0, shape: Shape::Wave { low: 0.0, high: 2.0, period: 100.0 } };

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-9 * b.abs().max(1.0)
    }

    #[test]
    fn the_integral_is_exact() {
        let curve = Curve::new(vec![RAMP, WAVE], 3.0);
        // (until, triangle + whole periods + rest)
        for (until, mass) in [
            (0, 0.0),
            (50, 50.0),
            (100, 200.0),
            (150, 250.0),
            (200, 300.0),
            (225, 300.0 + 25.0 - 100.0 / TAU),
            (350, 450.0),
            (360, 480.0),
        ] {
            assert!(close(curve.mass(until), mass), "until {until}: {} is not {mass}", curve.mass(until));
        }
        for (at, rate) in [(0, 0.0), (50, 2.0), (100, 0.0), (150, 2.0), (225, 1.0), (349, 1.999), (350, 3.0)]
        {
            assert!((curve.rate(at) - rate).abs() < 2e-3, "at {at}: {} is not {rate}", curve.rate(at));
        }
    }

    #[test]
    fn advancing_inverts_the_integral() {
        let down = Piece { shape: Shape::line(4.0, 0.0, 100.0), ..RAMP };
        let flat = Piece { shape: Shape::line(2.0, 2.0, 100.0), ..RAMP };
        let silent = Piece { shape: Shape::Wave { low: 0.0, high: 1e-9, period: 1e3 }, ..RAMP };
        for piece in [RAMP, down, flat, WAVE, silent] {
            let whole = piece.shape.mass(0.0, piece.length);
            for from in [0.0, 0.1, 0.5, 0.99].map(|share| share * piece.length) {
                let left = piece.shape.mass(from, piece.length);
                for mass in [1e-9, 0.01, 0.3, 0.999, 1.0].map(|share| share * left) {
                    let Step::At(to) = piece.advance(from, mass) else { panic!("{piece:?} ended early") };
                    let back = piece.shape.mass(from, to);
                    assert!(
                        (back - mass).abs() < 1e-4 * piece.shape.rate(to) + 1e-12 * whole,
                        "{piece:?}: {back}, {mass}"
                    );
                }
                let Step::Past(rest) = piece.advance(from, left + 1.0) else { panic!("{piece:?} went on") };
                assert!(close(rest, 1.0));
            }
        }
    }

    #[test]
    fn a_piece_without_length_or_rate_holds_nothing() {
        let step = Piece { length: 0.0, shape: Shape::line(0.0, 4.0, 0.0), ..RAMP };
        assert_eq!(step.advance(0.0, 1.0), Step::Past(1.0));
        let none = Piece { shape: Shape::line(0.0, 0.0, 100.0), ..RAMP };
        assert_eq!(none.advance(0.0, 1.0), Step::Past(1.0));
        assert_eq!(none.advance(0.0, 0.0), Step::At(100.0));
    }
}
