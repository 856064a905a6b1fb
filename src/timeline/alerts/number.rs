//! Numbers as Go prints them.
//!
//! Source: Go's `strconv.FormatFloat`; Prometheus 3, `template/template.go` for the words of size.

/// Digits of a finite number and the place of its point: 0.ddd × 10^point.
fn digits(value: f64, significant: Option<usize>) -> (Vec<u8>, i32) {
    if value == 0.0 {
        return (vec![b'0'], 1);
    }
    let written = match significant {
        Some(count) => format!("{:.*e}", count.max(1) - 1, value.abs()),
        None => format!("{:e}", value.abs()),
    };
    let (mantissa, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    let mut digits: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).collect();
    while digits.len() > 1 && digits.last() == Some(&b'0') {
        digits.pop();
    }
    (digits, exponent.parse::<i32>().unwrap_or(0) + 1)
}

/// `exponential` is the first power of ten that is written with an exponent.
fn general(value: f64, significant: Option<usize>, exponential: i32) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let (digits, point) = digits(value, significant);
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let exponent = point - 1;
    if exponent < -4 || exponent >= exponential {
        let rest = if digits.len() > 1 { format!(".{}", text(&digits[1..])) } else { String::new() };
        let e = if exponent < 0 { '-' } else { '+' };
        return format!("{sign}{}{rest}e{e}{:02}", text(&digits[..1]), exponent.abs());
    }
    if point <= 0 {
        return format!("{sign}0.{}{}", "0".repeat(point.unsigned_abs() as usize), text(&digits));
    }
    let point = point as usize;
    if point >= digits.len() {
        return format!("{sign}{}{}", text(&digits), "0".repeat(point - digits.len()));
    }
    format!("{sign}{}.{}", text(&digits[..point]), text(&digits[point..]))
}

/// `%v`: as many digits as it takes.
pub(super) fn shortest(value: f64) -> String {
    general(value, None, 6)
}

/// `%.Ng`: so many significant digits.
pub(super) fn significant(value: f64, count: usize) -> String {
    let count = count.max(1);
    general(value, Some(count), count as i32)
}

/// One conversion of `printf`.
pub(super) fn printf(value: f64, conversion: char, digits: Option<usize>) -> String {
    if !value.is_finite() {
        return shortest(value);
    }
    match (conversion, digits) {
        ('f', digits) => format!("{value:.*}", digits.unwrap_or(6)),
        ('e', digits) => {
            let written = format!("{value:.*e}", digits.unwrap_or(6));
            let (mantissa, exponent) = written.split_once('e').unwrap_or((&written, "0"));
            let (sign, exponent) = match exponent.strip_prefix('-') {
                Some(exponent) => ('-', exponent),
                None => ('+', exponent),
            };
            format!("{mantissa}e{sign}{exponent:0>2}")
        }
        ('G', _) => printf(value, 'g', digits).to_uppercase(),
        (_, Some(digits)) => significant(value, digits),
        (_, None) => shortest(value),
    }
}

fn scaled(mut value: f64, factor: f64, words: &[&str], enough: impl Fn(f64) -> bool) -> String {
    let mut word = "";
    for next in words {
        if enough(value.abs()) {
            break;
        }
        word = next;
        value *= factor;
    }
    format!("{}{word}", significant(value, 4))
}

const SMALL: [&str; 8] = ["m", "u", "n", "p", "f", "a", "z", "y"];

/// `humanize`: 123.5k.
pub(super) fn humanize(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        significant(value, 4)
    } else if value.abs() >= 1.0 {
        let words = ["k", "M", "G", "T", "P", "E", "Z", "Y"];
        scaled(value, 1e-3, &words, |size| size < 1000.0)
    } else {
        scaled(value, 1e3, &SMALL, |size| size >= 1.0)
    }
}

/// `humanize1024`: 1.5Mi.
pub(super) fn humanize_1024(value: f64) -> String {
    if value.abs() <= 1.0 || !value.is_finite() {
        return significant(value, 4);
    }
    let words = ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"];
    scaled(value, 1.0 / 1024.0, &words, |size| size < 1024.0)
}

/// `humanizeDuration`: 1h 2m 3s.
pub(super) fn humanize_duration(value: f64) -> String {
    if !value.is_finite() {
        return significant(value, 4);
    }
    // Nothing keeps its sign, as in Go.
    if value == 0.0 {
        return format!("{}s", significant(value, 4));
    }
    if value.abs() < 1.0 {
        return format!("{}s", scaled(value, 1e3, &SMALL, |size| size >= 1.0));
    }
    let (sign, size) = if value < 0.0 { ("-", -value) } else { ("", value) };
    let whole = size as i64;
    let (seconds, minutes, hours, days) = (whole % 60, whole / 60 % 60, whole / 3600 % 24, whole / 86_400);
    if days != 0 {
        format!("{sign}{days}d {hours}h {minutes}m {seconds}s")
    } else if hours != 0 {
        format!("{sign}{hours}h {minutes}m {seconds}s")
    } else if minutes != 0 {
        format!("{sign}{minutes}m {seconds}s")
    } else {
        format!("{sign}{}s", significant(size, 4))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_look_as_in_go() {
        let shown = [0.05, 1e5, 1_234_567.0, 1e-5, 123.456, f64::NAN, f64::INFINITY, -2.5, 0.0].map(shortest);
        assert_eq!(shown, ["0.05", "100000", "1.234567e+06", "1e-05", "123.456", "NaN", "+Inf", "-2.5", "0"]);
        let shown = [1234.5, 12345.0, 0.000_012_34, 99.999, 5.0].map(|value| significant(value, 4));
        assert_eq!(shown, ["1234", "1.234e+04", "1.234e-05", "100", "5"]);
    }

    #[test]
    fn sizes_have_words() {
        assert_eq!(
            [0.0, 1.0, 1234.0, 1_500_000.0, 0.0012].map(humanize),
            ["0", "1", "1.234k", "1.5M", "1.2m"]
        );
        assert_eq!([1.0, 1024.0, 1_572_864.0].map(humanize_1024), ["1", "1ki", "1.5Mi"]);
        let shown = [0.0, -0.0, 0.25, 59.5, 61.0, 3661.0, 90_061.0, -61.0].map(humanize_duration);
        assert_eq!(shown, ["0s", "-0s", "250ms", "59.5s", "1m 1s", "1h 1m 1s", "1d 1h 1m 1s", "-1m 1s"]);
    }
}
