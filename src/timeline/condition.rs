//! What a target suffers at a moment.

use crate::units::Ratio;

/// What one fault does to its target while it lasts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Disturbance {
    /// It is gone: what it did is lost and connections are refused.
    Down,
    /// It is gone, and its machine with it.
    DownWithHost,
    /// It accepts work and does none.
    Hung,
    /// Its work takes this many times as long. Range: above 0.
    Slow(f64),
    /// Each request waits longer, for a time of the law with this number.
    Delayed(u16),
    /// It answers this share of requests with an error. Range: 0 to 1.
    Errors(Ratio),
    /// This share of the messages is lost and sent again. Range: 0 to 1.
    Loss(Ratio),
    /// Nothing gets through.
    Cut,
    /// Only this share of its capacity is left. Range: 0 to 1.
    Capacity(Ratio),
    /// This share of its memory is taken by something else. Range: 0 to 1.
    Pressure(Ratio),
}

/// What a target suffers: the sum of the disturbances that last.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// Whether it is gone.
    pub down: bool,
    /// Whether its machine went with it, if it is gone.
    pub host: bool,
    /// Whether it accepts work and does none.
    pub hung: bool,
    /// Whether nothing gets through to it.
    pub cut: bool,
    /// How many times as long its work takes; 1 is normal.
    pub slowness: f64,
    /// Numbers of the laws that requests wait for longer.
    pub delays: Vec<u16>,
    /// Probability that a request is answered with an error.
    pub errors: f64,
    /// Probability that a message is lost.
    pub loss: f64,
    /// Share of the capacity that is left.
    pub capacity: f64,
    /// Share of the memory that is taken by something else.
    pub pressure: f64,
}

impl Condition {
    /// Nothing is wrong.
    pub const CALM: Condition = Condition {
        down: false,
        host: false,
        hung: false,
        cut: false,
        slowness: 1.0,
        delays: Vec::new(),
        errors: 0.0,
        loss: 0.0,
        capacity: 1.0,
        pressure: 0.0,
    };

    /// The sum of disturbances: factors multiply, probabilities join as those of independent events, the smallest
    /// capacity and the greatest pressure count.
    pub fn of(disturbances: impl IntoIterator<Item = Disturbance>) -> Condition {
        let mut sum = Condition::CALM;
        let either = |a: f64, b: f64| 1.0 - (1.0 - a) * (1.0 - b);
        for disturbance in disturbances {
            match disturbance {
                Disturbance::Down => sum.down = true,
                Disturbance::DownWithHost => (sum.down, sum.host) = (true, true),
                Disturbance::Hung => sum.hung = true,
                Disturbance::Cut => sum.cut = true,
                Disturbance::Slow(factor) => sum.slowness *= factor,
                Disturbance::Delayed(law) => sum.delays.push(law),
                Disturbance::Errors(share) => sum.errors = either(sum.errors, share.as_fraction()),
                Disturbance::Loss(share) => sum.loss = either(sum.loss, share.as_fraction()),
                Disturbance::Capacity(share) => sum.capacity = sum.capacity.min(share.as_fraction()),
                Disturbance::Pressure(share) => sum.pressure = sum.pressure.max(share.as_fraction()),
            }
        }
        sum
    }

    /// Whether nothing is wrong.
    pub fn is_calm(&self) -> bool {
        *self == Condition::CALM
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(fraction: f64) -> Ratio {
        Ratio::from_fraction(fraction)
    }

    #[test]
    fn nothing_sums_to_calm() {
        assert!(Condition::of([]).is_calm());
    }

    #[test]
    fn disturbances_add_up_in_any_order() {
        let all = [
            Disturbance::Slow(2.0),
            Disturbance::Slow(3.0),
            Disturbance::Errors(share(0.5)),
            Disturbance::Errors(share(0.5)),
            Disturbance::Capacity(share(0.7)),
            Disturbance::Capacity(share(0.4)),
            Disturbance::Pressure(share(0.1)),
            Disturbance::Pressure(share(0.6)),
            Disturbance::Hung,
        ];
        let sum = Condition::of(all);
        assert_eq!((sum.slowness, sum.errors, sum.capacity, sum.pressure), (6.0, 0.75, 0.4, 0.6));
        assert!(sum.hung && !sum.down && !sum.is_calm());
        assert_eq!(Condition::of(all.into_iter().rev()), sum);
    }
}
