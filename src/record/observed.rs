//! What a store or a topic counted in a run.

/// One quantity over one segment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ObservedSegment {
    /// Length of the segment \[s].
    pub span_s: f64,
    /// Of a counter, what was counted; of a gauge, its integral over time.
    pub total: f64,
    /// Of a gauge, the largest value.
    pub max: f64,
}

impl ObservedSegment {
    /// Adds all that `other` holds.
    pub fn merge(&mut self, other: &ObservedSegment) {
        self.span_s += other.span_s;
        self.total += other.total;
        self.max = self.max.max(other.max);
    }

    /// Of a counter, the rate \[1/s]; of a gauge, its mean over time. NaN for a segment without length.
    pub fn per_second(&self) -> f64 {
        if self.span_s > 0.0 { self.total / self.span_s } else { f64::NAN }
    }
}

/// One quantity over a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ObservedRecord {
    /// Per segment.
    pub segments: Vec<ObservedSegment>,
    /// Per interval of the series: a counter's rate \[1/s], a gauge's mean.
    pub series: Vec<f64>,
}
