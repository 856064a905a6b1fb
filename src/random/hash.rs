//! The frozen hash that turns names and numbers into generator states.

/// The step of a splitmix64 counter: 2^64 divided by the golden ratio, made odd.
pub(super) const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// Sets sites apart; no small multiple of it is near a small multiple of [`STEP`].
///
/// Source: Steele and Vigna, "Computationally easy, spectrally good multipliers" (2021).
pub(super) const APART: u64 = 0xD134_2543_DE82_EF95;

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
    fn the_hash_is_frozen() {
        assert_eq!(mix(0, 0), 0);
        assert_eq!(mix(1, 2), 0);
        assert_eq!(name_hash(""), 0);
        assert_eq!(name_hash("orders-db"), 0);
    }

    #[test]
    fn sites_do_not_meet_on_the_counter() {
        let inverse = (0..6).fold(STEP, |x, _| x.wrapping_mul(2u64.wrapping_sub(STEP.wrapping_mul(x))));
        assert_eq!(STEP.wrapping_mul(inverse), 1);
        // The number of steps from one site's counter to that of a site `gap` away.
        let nearest = (1..=10_000u64)
            .map(|gap| (gap.wrapping_mul(APART).wrapping_mul(inverse) as i64).unsigned_abs())
            .min();
        assert!(nearest > Some(1 << 40), "sites meet after {nearest:?} draws");
    }
}
