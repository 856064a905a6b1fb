//! The functions of PromQL: which are evaluated, and what they take.
//!
//! Source: Prometheus 3.15, `promql/parser/functions.go`.

/// What a part of an expression gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::timeline) enum ValueType {
    /// A number without labels.
    Scalar,
    /// An element for each label set.
    Vector,
    /// Samples over a time for each label set.
    Range,
    /// A text.
    Text,
}

impl ValueType {
    /// Its name, with an article.
    pub(super) const fn name(self) -> &'static str {
        match self {
            ValueType::Scalar => "a scalar",
            ValueType::Vector => "an instant vector",
            ValueType::Range => "a range vector",
            ValueType::Text => "a text",
        }
    }
}

/// A function of one range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::timeline) enum OverTime {
    Rate,
    Increase,
    Delta,
    Irate,
    Idelta,
    Deriv,
    PredictLinear,
    Avg,
    Min,
    Max,
    Sum,
    Count,
    First,
    Last,
    Present,
    Quantile,
    Stddev,
    Stdvar,
    Changes,
    Resets,
}

/// A function of each element by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::timeline) enum Elementwise {
    Abs,
    Ceil,
    Floor,
    Round,
    Exp,
    Sqrt,
    Ln,
    Log2,
    Log10,
    Sgn,
    Clamp,
    ClampMin,
    ClampMax,
}

/// What a function does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::timeline) enum Meaning {
    Over(OverTime),
    AbsentOverTime,
    Absent,
    Each(Elementwise),
    HistogramQuantile,
    LabelReplace,
    LabelJoin,
    Scalar,
    Vector,
    Time,
    Pi,
    Timestamp,
    /// The order of elements, which means nothing in a rule.
    Sort,
    /// Known to Prometheus and not evaluated.
    Unsupported,
}

/// A function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::timeline) struct Function {
    pub(in crate::timeline) name: &'static str,
    pub(in crate::timeline) meaning: Meaning,
    pub(super) takes: &'static [ValueType],
    /// How many of the last of these may be left out; the last may be repeated if it is [`MANY`].
    pub(super) optional: u8,
}

/// The last parameter may be repeated.
pub(super) const MANY: u8 = u8::MAX;

impl Function {
    /// What it gives.
    pub(in crate::timeline) const fn gives(&self) -> ValueType {
        match self.meaning {
            Meaning::Scalar | Meaning::Time | Meaning::Pi => ValueType::Scalar,
            _ => ValueType::Vector,
        }
    }

    /// The function with a name.
    pub(super) fn named(name: &str) -> Option<Function> {
        FUNCTIONS.iter().find(|function| function.name == name).copied().or_else(|| {
            let name = UNSUPPORTED.iter().find(|known| **known == name)?;
            Some(function(name, Meaning::Unsupported, &[], 0))
        })
    }
}

/// All names that are evaluated.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|function| function.name)
}

const fn function(
    name: &'static str,
    meaning: Meaning,
    takes: &'static [ValueType],
    optional: u8,
) -> Function {
    Function { name, meaning, takes, optional }
}

const fn over(name: &'static str, what: OverTime) -> Function {
    function(name, Meaning::Over(what), &[ValueType::Range], 0)
}

const fn each(name: &'static str, what: Elementwise) -> Function {
    function(name, Meaning::Each(what), &[ValueType::Vector], 0)
}

const FUNCTIONS: &[Function] = {
    use ValueType::{Range, Scalar, Text, Vector};
    &[
        each("abs", Elementwise::Abs),
        function("absent", Meaning::Absent, &[Vector], 0),
        function("absent_over_time", Meaning::AbsentOverTime, &[Range], 0),
        over("avg_over_time", OverTime::Avg),
        each("ceil", Elementwise::Ceil),
        over("changes", OverTime::Changes),
        function("clamp", Meaning::Each(Elementwise::Clamp), &[Vector, Scalar, Scalar], 0),
        function("clamp_max", Meaning::Each(Elementwise::ClampMax), &[Vector, Scalar], 0),
        function("clamp_min", Meaning::Each(Elementwise::ClampMin), &[Vector, Scalar], 0),
        over("count_over_time", OverTime::Count),
        over("delta", OverTime::Delta),
        over("deriv", OverTime::Deriv),
        each("exp", Elementwise::Exp),
        over("first_over_time", OverTime::First),
        each("floor", Elementwise::Floor),
        function("histogram_quantile", Meaning::HistogramQuantile, &[Scalar, Vector], 0),
        over("idelta", OverTime::Idelta),
        over("increase", OverTime::Increase),
        over("irate", OverTime::Irate),
        function("label_join", Meaning::LabelJoin, &[Vector, Text, Text, Text], MANY),
        function("label_replace", Meaning::LabelReplace, &[Vector, Text, Text, Text, Text], 0),
        over("last_over_time", OverTime::Last),
        each("ln", Elementwise::Ln),
        each("log10", Elementwise::Log10),
        each("log2", Elementwise::Log2),
        over("max_over_time", OverTime::Max),
        over("min_over_time", OverTime::Min),
        function("pi", Meaning::Pi, &[], 0),
        function("predict_linear", Meaning::Over(OverTime::PredictLinear), &[Range, Scalar], 0),
        over("present_over_time", OverTime::Present),
        function("quantile_over_time", Meaning::Over(OverTime::Quantile), &[Scalar, Range], 0),
        over("rate", OverTime::Rate),
        over("resets", OverTime::Resets),
        function("round", Meaning::Each(Elementwise::Round), &[Vector, Scalar], 1),
        function("scalar", Meaning::Scalar, &[Vector], 0),
        each("sgn", Elementwise::Sgn),
        function("sort", Meaning::Sort, &[Vector], 0),
        function("sort_desc", Meaning::Sort, &[Vector], 0),
        each("sqrt", Elementwise::Sqrt),
        over("stddev_over_time", OverTime::Stddev),
        over("stdvar_over_time", OverTime::Stdvar),
        over("sum_over_time", OverTime::Sum),
        function("time", Meaning::Time, &[], 0),
        function("timestamp", Meaning::Timestamp, &[Vector], 0),
        function("vector", Meaning::Vector, &[Scalar], 0),
    ]
};

const UNSUPPORTED: &[&str] = &[
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atanh",
    "cos",
    "cosh",
    "day_of_month",
    "day_of_week",
    "day_of_year",
    "days_in_month",
    "deg",
    "double_exponential_smoothing",
    "end",
    "histogram_avg",
    "histogram_count",
    "histogram_fraction",
    "histogram_quantiles",
    "histogram_stddev",
    "histogram_stdvar",
    "histogram_sum",
    "holt_winters",
    "hour",
    "info",
    "integral",
    "mad_over_time",
    "max_of",
    "min_of",
    "minute",
    "month",
    "rad",
    "range",
    "sin",
    "sinh",
    "sort_by_label",
    "sort_by_label_desc",
    "start",
    "start_timestamp",
    "step",
    "tan",
    "tanh",
    "ts_of_first_over_time",
    "ts_of_last_over_time",
    "ts_of_max_over_time",
    "ts_of_min_over_time",
    "year",
];
