//! Functions and operators of single values.
//!
//! Source: Prometheus 3, `promql/functions.go`, `promql/engine.go#scalarBinop`.

use super::ast::Operator;
use super::function::Elementwise;

impl Elementwise {
    /// The function of a value, given its parameters; none if the parameters leave no result.
    pub(super) fn of(self, parameters: &[f64]) -> Option<impl Fn(f64) -> f64> {
        let parameter = |index: usize, default: f64| parameters.get(index).copied().unwrap_or(default);
        let (low, high) = match self {
            Elementwise::Clamp => (parameter(0, 0.0), parameter(1, 0.0)),
            Elementwise::ClampMin => (parameter(0, 0.0), f64::INFINITY),
            Elementwise::ClampMax => (f64::NEG_INFINITY, parameter(0, 0.0)),
            _ => (0.0, 0.0),
        };
        if high < low {
            return None;
        }
        let per_step = 1.0 / parameter(0, 1.0);
        Some(move |value: f64| match self {
            Elementwise::Abs => value.abs(),
            Elementwise::Ceil => value.ceil(),
            Elementwise::Floor => value.floor(),
            Elementwise::Round => (value * per_step + 0.5).floor() / per_step,
            Elementwise::Exp => value.exp(),
            Elementwise::Sqrt => value.sqrt(),
            Elementwise::Ln => value.ln(),
            Elementwise::Log2 => value.log2(),
            Elementwise::Log10 => value.log10(),
            Elementwise::Sgn if value > 0.0 => 1.0,
            Elementwise::Sgn if value < 0.0 => -1.0,
            Elementwise::Sgn => value,
            Elementwise::Clamp | Elementwise::ClampMin | Elementwise::ClampMax => {
                larger(low, smaller(high, value))
            }
        })
    }
}

/// What is not a number wins.
fn larger(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b) }
}

fn smaller(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { a.min(b) }
}

impl Operator {
    /// What arithmetic gives, and the left value for a comparison.
    #[inline]
    pub(super) fn value(self, left: f64, right: f64) -> f64 {
        match self {
            Operator::Add => left + right,
            Operator::Sub => left - right,
            Operator::Mul => left * right,
            Operator::Div => left / right,
            Operator::Mod => left % right,
            Operator::Pow => left.powf(right),
            Operator::Atan2 => left.atan2(right),
            Operator::Eq | Operator::Ne | Operator::Gt | Operator::Lt | Operator::Ge | Operator::Le => left,
            Operator::And | Operator::Or | Operator::Unless => left,
        }
    }

    /// Whether a comparison holds; arithmetic always does.
    #[inline]
    pub(super) fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Operator::Eq => left == right,
            Operator::Ne => left != right,
            Operator::Gt => left > right,
            Operator::Lt => left < right,
            Operator::Ge => left >= right,
            Operator::Le => left <= right,
            Operator::Add | Operator::Sub | Operator::Mul | Operator::Div | Operator::Mod => true,
            Operator::Pow | Operator::Atan2 | Operator::And | Operator::Or | Operator::Unless => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(function: Elementwise, parameters: &[f64], value: f64, expected: f64) {
        assert_eq!(function.of(parameters).unwrap()(value), expected, "{function:?} of {value}");
    }

    #[test]
    fn values_change() {
        check(Elementwise::Round, &[], 2.5, 3.0);
        check(Elementwise::Round, &[], -2.5, -2.0);
        check(Elementwise::Round, &[0.5], 1.3, 1.5);
        check(Elementwise::Clamp, &[0.0, 1.0], 7.0, 1.0);
        check(Elementwise::ClampMin, &[2.0], 1.0, 2.0);
        check(Elementwise::Sgn, &[], -3.0, -1.0);
        assert!(Elementwise::Clamp.of(&[1.0, 0.0]).is_none());
        assert!(Elementwise::ClampMax.of(&[1.0]).unwrap()(f64::NAN).is_nan());
    }

    #[test]
    fn operators_do_as_in_go() {
        assert_eq!(Operator::Mod.value(-7.0, 3.0), -1.0);
        assert_eq!(Operator::Pow.value(2.0, -1.0), 0.5);
        assert!(Operator::Ne.holds(f64::NAN, f64::NAN) && !Operator::Eq.holds(f64::NAN, f64::NAN));
    }
}
