//! Reading quantities from text and printing them, with their units.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::{Serialize, Serializer};

use super::quantity::{Bytes, Cores, Instant, Rate, Ratio, Span};

/// Why a text is not a quantity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseQuantityError {
    /// A number without a unit where one is needed.
    #[error("`{number}` has no unit: write {likely}")]
    NoUnit {
        /// The number as written.
        number: String,
        /// What was probably meant.
        likely: String,
    },
    /// A unit that this quantity does not have.
    #[error("`{unit}` is not a unit of {quantity}: use {units}")]
    UnknownUnit {
        /// The unit as written.
        unit: String,
        /// What is being read.
        quantity: &'static str,
        /// The units it has.
        units: &'static str,
    },
    /// Not a number at all.
    #[error("`{text}` is not {quantity}: expected a number and a unit, like {example}")]
    NotANumber {
        /// The text as written.
        text: String,
        /// What is being read.
        quantity: &'static str,
        /// A good example.
        example: &'static str,
    },
    /// A negative number.
    #[error("`{text}` is negative: {quantity} cannot be below zero")]
    Negative {
        /// The text as written.
        text: String,
        /// What is being read.
        quantity: &'static str,
    },
    /// A number too large for the quantity.
    #[error("`{text}` is too large for {quantity}: write at most {most}")]
    TooLarge {
        /// The text as written.
        text: String,
        /// What is being read.
        quantity: &'static str,
        /// A large value that will do.
        most: &'static str,
    },
}

/// What one kind of quantity looks like in text.
struct Grammar {
    quantity: &'static str,
    example: &'static str,
    units: &'static str,
    /// Unit and its size in the base unit.
    table: &'static [(&'static str, f64)],
    /// The units that a bare number most likely meant, or `None` if a bare number is a value.
    bare: Option<&'static [&'static str]>,
    largest: f64,
    /// A value that is large enough for anything.
    most: &'static str,
    pattern: &'static str,
}

const SPAN: Grammar = Grammar {
    quantity: "a length of time",
    example: "250ms",
    units: "ns, us, ms, s, m, h or d",
    table: &[
        ("ns", 1.0),
        ("us", 1e3),
        ("µs", 1e3),
        ("ms", 1e6),
        ("s", 1e9),
        ("m", 6e10),
        ("h", 3.6e12),
        ("d", 8.64e13),
    ],
    bare: Some(&["ms", "s"]),
    largest: i64::MAX as f64,
    most: "100000d",
    pattern: r"^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h|d) ?)+$",
};

const RATE: Grammar = Grammar {
    quantity: "a rate",
    example: "200/s",
    units: "/s, /m, /h or /d",
    table: &[("/s", 1.0), ("/m", 1.0 / 60.0), ("/h", 1.0 / 3600.0), ("/d", 1.0 / 86_400.0)],
    bare: Some(&["/s"]),
    largest: 1e15,
    most: "1e9/s",
    pattern: r"^[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?/(s|m|h|d)$",
};

const RATIO: Grammar = Grammar {
    quantity: "a share",
    example: "5%",
    units: "%, or a plain fraction",
    table: &[("%", 0.01)],
    bare: None,
    largest: 1e15,
    most: "1e6",
    pattern: r"^[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?%?$",
};

const BYTES: Grammar = Grammar {
    quantity: "an amount of data",
    example: "64MiB",
    units: "B, kB, MB, GB, TB, KiB, MiB, GiB or TiB",
    table: &[
        ("B", 1.0),
        ("kB", 1e3),
        ("KB", 1e3),
        ("MB", 1e6),
        ("GB", 1e9),
        ("TB", 1e12),
        ("KiB", 1024.0),
        ("MiB", 1_048_576.0),
        ("GiB", 1_073_741_824.0),
        ("TiB", 1_099_511_627_776.0),
    ],
    bare: Some(&["B"]),
    largest: 9e18,
    most: "1000000TiB",
    pattern: r"^[0-9]+(\.[0-9]+)?(B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB)$",
};

const CORES: Grammar = Grammar {
    quantity: "a number of cores",
    example: "2 or 500m",
    units: "m (thousandths), or a plain number",
    table: &[("m", 0.001)],
    bare: None,
    largest: 1e6,
    most: "1e6",
    pattern: r"^[0-9]+(\.[0-9]+)?m?$",
};

/// The units of data, and what somebody has to know who wrote bits, or a rate.
fn bytes_for(unit: &str) -> &'static str {
    let bare = unit.trim_end_matches("/s");
    if bare.ends_with("bit") || bare.ends_with("bps") || bare.ends_with('b') {
        "B, kB, MB, GB, TB, KiB, MiB, GiB or TiB; these are bytes of eight bits, so that 100 Mbit are `12.5MB`"
    } else if bare != unit {
        "B, kB, MB, GB, TB, KiB, MiB, GiB or TiB; an amount has no `/s`; a bandwidth is what goes in a second"
    } else {
        BYTES.units
    }
}

/// Splits `text` into its leading number and what follows it.
fn split(text: &str) -> (&str, &str) {
    let bytes = text.as_bytes();
    let mut end = 0;
    while end < bytes.len() {
        let byte = bytes[end];
        let exponent_sign =
            (byte == b'+' || byte == b'-') && (end == 0 || matches!(bytes[end - 1], b'e' | b'E'));
        let exponent = matches!(byte, b'e' | b'E')
            && end > 0
            && bytes.get(end + 1).is_some_and(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-'));
        if byte.is_ascii_digit() || matches!(byte, b'.' | b'_') || exponent_sign || exponent {
            end += 1;
        } else {
            break;
        }
    }
    (&text[..end], text[end..].trim())
}

impl Grammar {
    fn read(&self, text: &str) -> Result<f64, ParseQuantityError> {
        let text = text.trim();
        let (number, unit) = split(text);
        let value: f64 = number.replace('_', "").parse().map_err(|_| ParseQuantityError::NotANumber {
            text: text.to_owned(),
            quantity: self.quantity,
            example: self.example,
        })?;
        let size = if unit.is_empty() {
            match self.bare {
                Some(likely) if value != 0.0 => {
                    return Err(ParseQuantityError::NoUnit {
                        number: number.to_owned(),
                        likely: {
                            let likely: Vec<String> =
                                likely.iter().map(|unit| format!("`{number}{unit}`")).collect();
                            format!("{} (units: {})", likely.join(" or "), self.units)
                        },
                    });
                }
                _ => 1.0,
            }
        } else {
            self.table.iter().find(|(name, _)| *name == unit).map(|(_, size)| *size).ok_or_else(|| {
                ParseQuantityError::UnknownUnit {
                    unit: unit.to_owned(),
                    quantity: self.quantity,
                    units: if self.quantity == BYTES.quantity { bytes_for(unit) } else { self.units },
                }
            })?
        };
        self.in_range(value * size, text)
    }

    fn in_range(&self, value: f64, text: &str) -> Result<f64, ParseQuantityError> {
        if value < 0.0 {
            return Err(ParseQuantityError::Negative { text: text.to_owned(), quantity: self.quantity });
        }
        if !value.is_finite() || value > self.largest {
            return Err(ParseQuantityError::TooLarge {
                text: text.to_owned(),
                quantity: self.quantity,
                most: self.most,
            });
        }
        Ok(value)
    }
}

/// Reads a span that may have several parts, such as `1h30m`.
fn read_span(text: &str) -> Result<f64, ParseQuantityError> {
    let text = text.trim();
    let mut rest = text;
    let mut total = 0.0;
    loop {
        let (number, after) = split(rest);
        let letters = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        if number.is_empty() || letters == after.len() {
            return SPAN.in_range(total + SPAN.read(rest)?, text);
        }
        let part = rest.len() - after.len() + letters;
        total += SPAN.read(&rest[..part])?;
        rest = rest[part..].trim_start();
    }
}

/// Prints `value` with as few digits as give it back to within 1e-12 of itself.
fn trimmed(value: f64) -> String {
    let digits = format!("{value:.6}");
    let short = digits.trim_end_matches('0').trim_end_matches('.');
    if short.parse::<f64>().is_ok_and(|back| (back - value).abs() <= value.abs() * 1e-12) {
        short.to_owned()
    } else {
        format!("{value}")
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.as_nanos();
        if nanos == 0 {
            return f.pad("0s");
        }
        let whole = [("h", 3_600_000_000_000), ("m", 60_000_000_000)];
        let exact = whole.into_iter().find(|(_, size)| nanos.is_multiple_of(*size) && nanos >= *size);
        if let Some((unit, size)) = exact {
            return f.pad(&format!("{}{unit}", nanos / size));
        }
        let (unit, size) = match nanos {
            0..1_000 => ("ns", 1.0),
            1_000..1_000_000 => ("us", 1e3),
            1_000_000..1_000_000_000 => ("ms", 1e6),
            _ => ("s", 1e9),
        };
        f.pad(&format!("{}{unit}", trimmed(nanos as f64 / size)))
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.since(Instant::START).fmt(f)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}/s", trimmed(self.as_per_second())))
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}%", trimmed(self.as_fraction() * 100.0)))
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.as_u64();
        let binary = [("TiB", 1u64 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
        let decimal = [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];
        let exact = binary.into_iter().chain(decimal).filter(|(_, size)| bytes.is_multiple_of(*size));
        match exact.max_by_key(|(_, size)| *size) {
            Some((unit, size)) if bytes > 0 => f.pad(&format!("{}{unit}", bytes / size)),
            _ => f.pad(&format!("{bytes}B")),
        }
    }
}

impl fmt::Display for Cores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&trimmed(self.as_f64()))
    }
}

/// Gives a quantity its `FromStr`, serde and schema implementations from its grammar.
macro_rules! textual {
    ($type:ident, $grammar:expr, $read:expr, $make:expr) => {
        impl FromStr for $type {
            type Err = ParseQuantityError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $read(text).map($make)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;
                impl Visitor<'_> for Text {
                    type Value = $type;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        write!(f, "{}, like {}", $grammar.quantity, $grammar.example)
                    }
                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$type, E> {
                        text.parse().map_err(E::custom)
                    }
                    fn visit_u64<E: de::Error>(self, number: u64) -> Result<$type, E> {
                        self.visit_str(&number.to_string())
                    }
                    fn visit_i64<E: de::Error>(self, number: i64) -> Result<$type, E> {
                        self.visit_str(&number.to_string())
                    }
                    fn visit_f64<E: de::Error>(self, number: f64) -> Result<$type, E> {
                        self.visit_str(&number.to_string())
                    }
                }
                deserializer.deserialize_any(Text)
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                let description = format!("{}, like `{}`", $grammar.quantity, $grammar.example);
                match $grammar.bare {
                    Some(_) => json_schema!({
                        "type": "string", "pattern": $grammar.pattern, "description": description
                    }),
                    None => json_schema!({
                        "type": ["string", "number"], "pattern": $grammar.pattern, "description": description
                    }),
                }
            }
        }
    };
}

textual!(Span, SPAN, read_span, |nanos: f64| Span::from_nanos((nanos + 0.5) as u64));
textual!(Rate, RATE, |text| RATE.read(text), Rate::per_second);
textual!(Ratio, RATIO, |text| RATIO.read(text), Ratio::from_fraction);
textual!(Bytes, BYTES, |text| BYTES.read(text), |bytes: f64| Bytes::new(bytes as u64));
textual!(Cores, CORES, |text| CORES.read(text), Cores::new);

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check<T>(text: &str, shown: &str)
    where
        T: FromStr<Err = ParseQuantityError> + fmt::Display,
    {
        match text.parse::<T>() {
            Ok(value) => assert_eq!(value.to_string(), shown, "of {text}"),
            Err(error) => assert_eq!(error.to_string(), shown, "of {text}"),
        }
    }

    #[test]
    fn spans_read_and_print() {
        check::<Span>("250ms", "250ms");
        check::<Span>("1h30m", "90m");
        check::<Span>("1m 30s", "90s");
        check::<Span>("1.5s", "1.5s");
        check::<Span>("0", "0s");
        check::<Span>("300us", "300us");
        check::<Span>("7ns", "7ns");
        check::<Span>("250", "`250` has no unit: write `250ms` or `250s` (units: ns, us, ms, s, m, h or d)");
        check::<Span>("2 weeks", "`weeks` is not a unit of a length of time: use ns, us, ms, s, m, h or d");
        check::<Span>("-3s", "`-3s` is negative: a length of time cannot be below zero");
        check::<Span>("soon", "`soon` is not a length of time: expected a number and a unit, like 250ms");
        check::<Span>("9e40s", "`9e40s` is too large for a length of time: write at most 100000d");
    }

    #[test]
    fn rates_ratios_bytes_and_cores_read_and_print() {
        check::<Rate>("200/s", "200/s");
        check::<Rate>("90/m", "1.5/s");
        check::<Rate>("9", "`9` has no unit: write `9/s` (units: /s, /m, /h or /d)");
        check::<Ratio>("0.3%", "0.3%");
        check::<Ratio>("0.25", "25%");
        check::<Bytes>("64MiB", "64MiB");
        check::<Bytes>("2GB", "2GB");
        check::<Bytes>("2097152kB", "2000MiB");
        check::<Bytes>("1001B", "1001B");
        check::<Bytes>("0", "0B");
        check::<Cores>("500m", "0.5");
        check::<Cores>("2", "2");
        check::<Ratio>("NaN", "`NaN` is not a share: expected a number and a unit, like 5%");
    }

    #[test]
    fn printed_quantities_read_back() {
        for nanos in [1, 999, 1_000, 1_234_567, 60_000_000_000, 3_600_000_000_000, 123_456_789_012] {
            let span = Span::from_nanos(nanos);
            assert_eq!(span.to_string().parse(), Ok(span));
        }
    }
}
