//! The frozen hash that turns names and numbers into generator states.

/// The step of a splitmix64 counter: 2^64 divided by the golden ratio, made odd.
pub(super) const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// Sets sites apart; small multiples of it, [`STEP`] and [`KEY_STEP`] are never close to each other.
///
/// Source: Steele and Vigna, "Computationally easy, spectrally good multipliers" (2021).
pub(super) const APART: u64 = 0xD134_2543_DE82_EF95;

/// Sets keys apart: the fraction of the square root of 3.
pub(super) const KEY_STEP: u64 = 0xBB67_AE85_84CA_A73B;

/// Spreads every bit of `z` over the whole word; a bijection.
///
/// Source: the output function of splitmix64 (Stafford's mixer 13).
#[inline]
pub(super) const fn spread(z: u64) -> u64 {
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Hashes two words into one; the order matters.
///
/// Frozen: its values are part of the results of every model.
#[inline]
pub const fn mix(a: u64, b: u64) -> u64 {
    spread(spread(a.wrapping_add(STEP)).wrapping_add(b.wrapping_mul(APART)).wrapping_add(STEP))
}

/// [`mix`] with the first word known beforehand: half of the work is done once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mixer(u64);

impl Mixer {
    /// Takes the first word.
    pub(crate) const fn new(a: u64) -> Mixer {
        Mixer(spread(a.wrapping_add(STEP)).wrapping_add(STEP))
    }

    /// Hashes it with the second word.
    #[inline]
    pub(crate) const fn with(self, b: u64) -> u64 {
        spread(self.0.wrapping_add(b.wrapping_mul(APART)))
    }
}

/// Hashes a name, such as a component path, into a word.
///
/// Frozen: its values are part of the results of every model.
///
/// Source: FNV-1a over the bytes of UTF-8, then the mixer of splitmix64.
pub const fn name_hash(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let mut hash: u64 = 0xCBF2_9CE4_8422_2325;
    let mut index = 0;
    while index < bytes.len() {
        hash = (hash ^ bytes[index] as u64).wrapping_mul(0x0000_0100_0000_01B3);
        index += 1;
    }
    spread(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mixer_gives_what_mix_gives() {
        for (a, b) in [(0, 0), (1, 2), (u64::MAX, 7), (7, u64::MAX), (1 << 63, 1 << 40)] {
            assert_eq!(Mixer::new(a).with(b), mix(a, b));
        }
    }

    #[test]
    fn the_hash_is_frozen() {
        assert_eq!(mix(0, 0), 12_035_550_249_420_947_055);
        assert_eq!(mix(1, 2), 13_717_283_516_741_380_569);
        assert_eq!(name_hash(""), 17_665_956_581_633_026_203);
        assert_eq!(name_hash("orders-db"), 566_363_624_241_751_911);
    }

    /// The least distance, in steps of `step`, between the starts of up to 10 000 neighbours `apart` apart.
    fn nearest(apart: u64, step: u64) -> u64 {
        let inverse = (0..6).fold(step, |x, _| x.wrapping_mul(2u64.wrapping_sub(step.wrapping_mul(x))));
        assert_eq!(step.wrapping_mul(inverse), 1);
        let distance = |gap: u64| (gap.wrapping_mul(apart).wrapping_mul(inverse) as i64).unsigned_abs();
        (1..=10_000).map(distance).min().unwrap_or_default()
    }

    #[test]
    fn neighbours_do_not_run_into_each_other() {
        for (apart, step) in [(APART, STEP), (KEY_STEP, STEP), (KEY_STEP, APART)] {
            assert!(
                nearest(apart, step) > 1 << 40,
                "{apart:x} meets {step:x} after {}",
                nearest(apart, step)
            );
        }
        assert_eq!(nearest(STEP.wrapping_mul(3), STEP), 3);
    }
}
