//! What has no closed form here, and why.

/// Cases that no formula covers.
pub(crate) const NO_CLOSED_FORM: &[(&str, &str)] = &[
    (
        "MONGO-OSDI22-base_.45cpu_10s",
        "a threshold found by simulation; late_retries gives only its fixed points",
    ),
    (
        "MONGO-OSDI22-short_.40cpu_9s",
        "a threshold found by simulation; late_retries gives only its fixed points",
    ),
    (
        "MONGO-OSDI22-lowload_.40cpu_10s_x0.7",
        "a threshold found by simulation; late_retries gives only its fixed points",
    ),
];

/// Single metrics that are not computed although their case is.
pub(crate) const NOT_COMPUTED: &[(&str, &str, &str)] = &[
    ("SRP-CLOSED-1", "n_states", "the size of a chain, not a result"),
    ("SRP-CLOSED-2", "n_states", "the size of a chain, not a result"),
    ("SRP-CLOSED-3", "n_states", "the size of a chain, not a result"),
];

/// For simulated rows: how far the formula itself may be from what was simulated, relatively.
pub(crate) fn model_error(case: &str) -> f64 {
    match case {
        // The supermarket model is the limit of endlessly many servers; the rows are for 100.
        "POD100-0.99-d2" | "POD100-0.99-d3" => 0.14,
        "POD100-0.5-d2" | "POD100-0.5-d3" => 0.01,
        // Nelson and Tantawi claim 5 % up to 32 branches.
        _ => 0.05,
    }
}
