//! Numbers for people: three significant digits, a unit that fits, half-widths in the unit of their mean.

use crate::scenario::Unit;
use crate::stats::Estimate;

/// A number and the half-width of its interval, apart so that a table can align both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shown {
    /// The number with its unit, such as `41.2 ms`.
    pub(super) value: String,
    /// The half-width, such as `±1.8`; empty without an interval.
    pub(super) half: String,
}

impl Shown {
    /// A text without an interval.
    pub(super) fn plain(value: impl Into<String>) -> Self {
        Self { value: value.into(), half: String::new() }
    }

    /// Number and half-width in one text.
    pub(super) fn joined(&self) -> String {
        if self.half.is_empty() { self.value.clone() } else { format!("{} {}", self.value, self.half) }
    }
}

/// What stands for a value that does not exist.
pub(super) const NONE: &str = "–";

/// A time \[s].
pub(super) fn time(secs: f64) -> String {
    if !secs.is_finite() {
        return NONE.to_owned();
    }
    if secs >= 119.5 {
        return long_time(secs);
    }
    let (unit, scale) = time_unit(secs);
    if secs == 0.0 { "0 ms".to_owned() } else { format!("{} {unit}", digits(secs * scale)) }
}

/// A time that was chosen rather than measured, without needless digits \[s].
pub(super) fn setting(secs: f64) -> String {
    if secs >= 60.0 {
        return long_time(secs);
    }
    let text = time(secs);
    match text.split_once(' ') {
        Some((value, unit)) if value.contains('.') => {
            format!("{} {unit}", value.trim_end_matches('0').trim_end_matches('.'))
        }
        Some(_) | None => text,
    }
}

/// A time with its half-width \[s].
pub(super) fn time_shown(estimate: Estimate) -> Shown {
    let half = half_width(estimate);
    let half = if estimate.mean >= 119.5 {
        half.map(|half| if half < 119.5 { format!("±{half:.0} s") } else { format!("±{}", time(half)) })
    } else {
        let (_, scale) = time_unit(estimate.mean);
        half.map(|half| half_digits(half * scale))
    };
    Shown { value: time(estimate.mean), half: half.unwrap_or_default() }
}

/// A time with the ends of its interval, such as `2.91 s (2.80–3.02)` \[s].
pub(super) fn time_range(estimate: Estimate) -> String {
    if half_width(estimate).is_none() || estimate.mean >= 119.5 {
        return range(time(estimate.mean), estimate, time);
    }
    let (_, scale) = time_unit(estimate.mean);
    range(time(estimate.mean), estimate, |end| digits(end * scale))
}

/// A share \[1] as a percentage.
pub(super) fn percent(share: f64) -> String {
    if share.is_nan() { NONE.to_owned() } else { format!("{} %", percent_digits(share)) }
}

/// A share \[1] as a percentage of two digits, for lists.
pub(super) fn short_percent(share: f64) -> String {
    let value = share * 100.0;
    let decimals = if value >= 9.95 { 0 } else { 1 + usize::from(value < 0.095) };
    if value < 0.005 { percent(share) } else { format!("{value:.decimals$} %") }
}

/// A share \[1] with its half-width.
pub(super) fn percent_shown(estimate: Estimate) -> Shown {
    let half = half_width(estimate).map(|half| half_digits(half * 100.0));
    Shown { value: percent(estimate.mean), half: half.unwrap_or_default() }
}

/// A share \[1] with the ends of its interval, such as `63.2 % (59.1–67.0)`.
pub(super) fn percent_range(estimate: Estimate) -> String {
    range(percent(estimate.mean), estimate, percent_digits)
}

/// A probability estimated from few runs, in whole percent, such as `85 %, 64–95`.
pub(super) fn probability(estimate: Estimate) -> String {
    let whole = |share: f64| format!("{:.0}", share * 100.0);
    match half_width(estimate) {
        Some(_) => format!("{} %, {}–{}", whole(estimate.mean), whole(estimate.low), whole(estimate.high)),
        None => format!("{} %", whole(estimate.mean)),
    }
}

/// A share close to one, with the digits that tell it from one, such as `99.98 % (99.96–99.99)`.
pub(super) fn availability_range(estimate: Estimate) -> String {
    let missing = (1.0 - estimate.mean).abs() * 100.0;
    let decimals = if missing >= 10.0 {
        1
    } else if missing > 0.0 {
        (-missing.log10().floor()).clamp(2.0, 5.0) as usize
    } else {
        2
    };
    let show = |share: f64| {
        let text = format!("{:.decimals$}", share * 100.0);
        if share == 1.0 { "100".to_owned() } else { text }
    };
    range(format!("{} %", show(estimate.mean)), estimate, show)
}

/// A rate [1/s].
pub(super) fn rate(per_s: f64) -> String {
    if per_s.is_finite() { format!("{}/s", digits(per_s)) } else { NONE.to_owned() }
}

/// A rate with its half-width [1/s].
pub(super) fn rate_shown(estimate: Estimate) -> Shown {
    let half = half_width(estimate).map(half_digits);
    Shown { value: rate(estimate.mean), half: half.unwrap_or_default() }
}

/// A number of things, such as a mean queue.
pub(super) fn number(value: f64) -> String {
    if value.is_finite() { digits(value) } else { NONE.to_owned() }
}

/// A number of things with its half-width.
pub(super) fn number_shown(estimate: Estimate) -> Shown {
    let half = half_width(estimate).map(half_digits);
    Shown { value: number(estimate.mean), half: half.unwrap_or_default() }
}

/// A whole number with thousands apart.
pub(super) fn whole(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A claim's value with the ends of its interval.
pub(super) fn claim_range(estimate: Estimate, unit: Unit) -> String {
    match unit {
        Unit::Seconds => time_range(estimate),
        Unit::Share => percent_range(estimate),
        Unit::PerSecond => range(rate(estimate.mean), estimate, digits),
        Unit::Number => range(number(estimate.mean), estimate, digits),
        Unit::Multiple => range(format!("{}×", number(estimate.mean)), estimate, digits),
    }
}

/// Half of the interval's width; `None` for a single run.
fn half_width(estimate: Estimate) -> Option<f64> {
    let half = (estimate.high - estimate.low) / 2.0;
    (estimate.n > 1 && half.is_finite()).then_some(half)
}

fn range(mean: String, estimate: Estimate, end: impl Fn(f64) -> String) -> String {
    match half_width(estimate) {
        Some(_) => format!("{mean} ({}–{})", end(estimate.low), end(estimate.high)),
        None => mean,
    }
}

fn time_unit(secs: f64) -> (&'static str, f64) {
    let secs = secs.abs();
    if secs == 0.0 || (0.000_999_5..0.999_5).contains(&secs) {
        ("ms", 1e3)
    } else if secs < 0.000_999_5 {
        ("µs", 1e6)
    } else {
        ("s", 1.0)
    }
}

fn long_time(secs: f64) -> String {
    let secs = secs.round() as u64;
    let (hours, minutes, rest) = (secs / 3600, secs / 60 % 60, secs % 60);
    match (hours, minutes, rest) {
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, rest) => format!("{minutes} min {rest} s"),
        (1, 0, 0) => "60 min".to_owned(),
        (hours, 0, _) => format!("{hours} h"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// Decimals that leave three significant digits.
fn decimals(value: f64) -> usize {
    let value = value.abs();
    if value >= 99.95 {
        0
    } else if value >= 9.995 {
        1
    } else if value >= 0.9995 || value == 0.0 {
        2
    } else {
        3
    }
}

fn digits(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if value.abs() >= 999.5 {
        let sign = if value < 0.0 { "−" } else { "" };
        return format!("{sign}{}", whole(value.abs().round() as u64));
    }
    if value.abs() < 0.000_5 {
        return if value > 0.0 { "<0.001".to_owned() } else { "0".to_owned() };
    }
    format!("{value:.*}", decimals(value))
}

/// A half-width with one significant digit; empty where every run says the same.
fn half_digits(half: f64) -> String {
    if half < 0.000_5 {
        return String::new();
    }
    if half >= 9.5 {
        return format!("±{}", whole(half.round() as u64));
    }
    let decimals = if half >= 0.95 {
        0
    } else if half >= 0.095 {
        1
    } else {
        2 + usize::from(half < 0.009_5)
    };
    format!("±{half:.decimals$}")
}

fn percent_digits(share: f64) -> String {
    let value = share * 100.0;
    if value.abs() < 1e-9 {
        "0".to_owned()
    } else if value > 0.0 && value < 0.005 {
        "<0.01".to_owned()
    } else {
        let text = format!("{value:.*}", decimals(value).min(2));
        text.strip_suffix(".0").filter(|text| *text == "100").map_or(text.clone(), str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(mean: f64, low: f64, high: f64) -> Estimate {
        Estimate { mean, low, high, n: 20, confidence: 0.95 }
    }

    #[test]
    fn times_take_the_unit_that_fits() {
        for (secs, text) in [
            (0.0, "0 ms"),
            (0.000_041_2, "41.2 µs"),
            (0.006, "6.00 ms"),
            (0.041_23, "41.2 ms"),
            (0.999_6, "1.00 s"),
            (2.914, "2.91 s"),
            (119.6, "2 min"),
            (730.0, "12 min 10 s"),
            (3600.0, "60 min"),
            (5400.0, "1 h 30 min"),
            (f64::NAN, NONE),
        ] {
            assert_eq!(time(secs), text, "{secs}");
        }
    }

    #[test]
    fn settings_have_no_needless_digits() {
        for (secs, text) in
            [(60.0, "1 min"), (4.1, "4.1 s"), (30.0, "30 s"), (90.0, "1 min 30 s"), (0.25, "250 ms")]
        {
            assert_eq!(setting(secs), text);
        }
    }

    #[test]
    fn intervals_share_the_unit_of_their_mean() {
        assert_eq!(time_shown(estimate(0.041_23, 0.039_4, 0.043)).joined(), "41.2 ms ±2");
        assert_eq!(time_range(estimate(2.91, 2.8, 3.02)), "2.91 s (2.80–3.02)");
        assert_eq!(time_shown(estimate(730.0, 670.0, 790.0)).joined(), "12 min 10 s ±60 s");
        assert_eq!(percent_shown(estimate(0.632, 0.591, 0.673)).joined(), "63.2 % ±4");
        assert_eq!(probability(estimate(0.85, 0.64, 0.948)), "85 %, 64–95");
        assert_eq!(availability_range(estimate(0.9998, 0.9997, 0.9999)), "99.98 % (99.97–99.99)");
        assert_eq!(time_shown(Estimate { n: 1, ..estimate(0.1, f64::NAN, f64::NAN) }).joined(), "100 ms");
    }

    #[test]
    fn shares_never_round_a_failure_away() {
        for (share, text) in
            [(0.0, "0 %"), (0.000_01, "<0.01 %"), (0.004, "0.40 %"), (0.1, "10.0 %"), (1.0, "100 %")]
        {
            assert_eq!(percent(share), text);
        }
        assert_eq!([0.51, 0.091, 0.0004].map(short_percent), ["51 %", "9.1 %", "0.04 %"]);
        assert_eq!(rate(1200.4), "1,200/s");
        assert_eq!(rate(99.97), "100/s");
        assert_eq!(whole(1_234_567), "1,234,567");
    }
}
