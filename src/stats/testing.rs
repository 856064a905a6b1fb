//! A tiny generator for tests of statistics.

/// SplitMix64 (Steele, Lea & Flood 2014).
pub(super) struct SplitMix(u64);

impl SplitMix {
    pub(super) fn new(seed: u64) -> Self {
        SplitMix(seed)
    }

    pub(super) fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A standard normal value (Box & Muller).
    pub(super) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

#[test]
fn t_intervals_cover_as_often_as_they_say() {
    let mut random = SplitMix::new(1);
    let covered = (0..4_000)
        .filter(|_| {
            let samples: Vec<f64> = (0..5).map(|_| 3.0 + random.normal()).collect();
            let estimate = super::t_interval(&samples, 0.9);
            estimate.low <= 3.0 && 3.0 <= estimate.high
        })
        .count();
    // 3,600 expected; three standard errors are 57. A normal quantile in place of Student's would give 3,300.
    assert!((3_543..=3_657).contains(&covered), "{covered}");
}

#[test]
fn wilson_intervals_cover_about_as_often_as_they_say() {
    let mut random = SplitMix::new(2);
    let covered = (0..4_000)
        .filter(|_| {
            let successes = (0..60).filter(|_| random.uniform() < 0.3).count() as u32;
            let estimate = super::proportion_interval(successes, 60, 0.9);
            estimate.low <= 0.3 && 0.3 <= estimate.high
        })
        .count();
    assert!((3_480..=3_720).contains(&covered), "{covered}");
}
