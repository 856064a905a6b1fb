//! Quantities from hostile hands: what is read is printed so that it is read as the same again, to twelve digits, which
//! is what printing promises.

#![no_main]

use std::fmt::{Debug, Display};
use std::str::FromStr;

use brownout::units::{Bytes, Cores, Rate, Ratio, Span};

fn round_trip<T>(text: &str, size: impl Fn(T) -> f64)
where
    T: FromStr<Err: Debug> + Display,
{
    if let Ok(value) = text.parse::<T>() {
        let printed = value.to_string();
        let (before, after) = (size(value), size(printed.parse().expect("what we print can be read")));
        assert!((before - after).abs() <= before * 1e-11, "{text:?} → {printed:?}: {before} is not {after}");
    }
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    round_trip(text, |span: Span| span.as_nanos() as f64);
    round_trip(text, |rate: Rate| rate.as_per_second());
    round_trip(text, |share: Ratio| share.as_fraction());
    round_trip(text, |bytes: Bytes| bytes.as_u64() as f64);
    round_trip(text, |cores: Cores| cores.as_f64());
});
