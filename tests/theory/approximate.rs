//! How far approximations and simulations by others may themselves be from the truth.

/// What is known of the error of values that are not exact.
pub(crate) struct OwnError {
    /// How the ids of the cases begin.
    cases: &'static str,
    /// The metric, or how it begins; all of the cases if empty.
    metrics: &'static str,
    /// How far off they may be.
    most: Most,
    /// Why it is not exact, in a sentence.
    pub(crate) sentence: &'static str,
}

enum Most {
    /// Of the value.
    Share(f64),
    /// As it is.
    Absolute(f64),
    /// What its own interval of 95 % says: half as much again for 99 %.
    Interval,
    /// It is a bound: any distance on its side.
    Bound,
}

impl OwnError {
    /// How far the value may be off; `interval` is its relative half-width.
    pub(crate) fn allowed(&self, value: f64, interval: f64) -> f64 {
        match self.most {
            Most::Share(share) => share * value.abs(),
            Most::Absolute(absolute) => absolute,
            Most::Interval => 1.5 * interval * value.abs(),
            Most::Bound => 0.0,
        }
    }

    /// The cases that it is about, for people.
    pub(crate) fn name(&self) -> String {
        if self.metrics.is_empty() {
            format!("`{}`…", self.cases)
        } else {
            format!("`{}`…, {}…", self.cases, self.metrics)
        }
    }
}

/// By case and metric; the first that fits counts.
pub(crate) const OWN_ERRORS: &[OwnError] = &[
    OwnError {
        cases: "ADTHR",
        metrics: "",
        most: Most::Share(0.01),
        sentence: "The formula is that of a fluid: a demand and shares that do not vary. The client counts \
            over the last second, so that what it rejects follows what was accepted late and by chance. Its \
            own error is taken to be 1 %.",
    },
    OwnError {
        cases: "ADAPT",
        metrics: "",
        most: Most::Share(0.01),
        sentence: "The formula leaves out that the bucket is full at first: 100 tokens for 100,000 requests, \
            which is a retry more for each thousand of them. Its own error is taken to be 1 %.",
    },
    OwnError {
        cases: "RETRYFP",
        metrics: "",
        most: Most::Share(0.01),
        sentence: "The fixed point takes retries for Poisson arrivals that know nothing of the queue; pauses \
            of a minute come near to that. Its own error is taken to be 1 %.",
    },
    OwnError {
        cases: "METAFP-2",
        metrics: "",
        most: Most::Share(0.01),
        sentence: "The fixed point takes retries for Poisson arrivals that know nothing of the queue; here they come \
            after a minute, not at once, which comes near to that. Its own error is taken to be 1 %; retries \
            are 2 % of the attempts.",
    },
    OwnError {
        cases: "METAFP",
        metrics: "late_prob",
        most: Most::Absolute(0.001),
        sentence: "The fixed point takes retries for Poisson arrivals; those of late attempts follow at once. \
            They find the queue that made the first ones late, and are late more often. With one late attempt \
            in 3,000 its own error is taken to be 0.001.",
    },
    OwnError {
        cases: "METAFP",
        metrics: "",
        most: Most::Share(0.01),
        sentence: "As above; of the rate of attempts its own error is taken to be 1 %. All retries together are \
            0.03 % of it, so that these two values show that retries are rare, and not how rare.",
    },
    OwnError {
        cases: "ORWP",
        metrics: "",
        most: Most::Share(0.01),
        sentence: "The operational law takes nobody to wait for a connection, and users who wait are fewer \
            who think: it is a little off where they do. Its own error is taken to be 1 %.",
    },
    OwnError {
        cases: "LRU",
        metrics: "hit_LRU",
        most: Most::Absolute(0.01),
        sentence: "Che's approximation is of exact recency. As in Redis, who goes is the least recently used of a sample \
            and of candidates that are kept, here of 64 entries. Its own error is taken to be 0.01.",
    },
    OwnError {
        cases: "LRU",
        metrics: "",
        most: Most::Absolute(1e-3),
        sentence: "Che's approximation is typically within 0.001 of the hit ratio, as `oracles.csv` says.",
    },
    OwnError {
        cases: "POD100",
        metrics: "",
        most: Most::Interval,
        sentence: "Simulated by others: held to one and a half times their own interval of 95 %.",
    },
    OwnError {
        cases: "FJMC",
        metrics: "",
        most: Most::Interval,
        sentence: "Simulated by others: held to one and a half times their own interval of 95 %.",
    },
    OwnError {
        cases: "POD-0.99",
        metrics: "",
        most: Most::Share(0.02),
        sentence: "The limit is that of endlessly many servers; here there are a thousand. With a hundred, \
            simulations by others are 10 % off at this load, and the difference falls with their number. Its \
            own error is taken to be 2 %.",
    },
    OwnError {
        cases: "POD",
        metrics: "",
        most: Most::Share(0.01),
        sentence: "The limit is that of endlessly many servers; here there are some hundreds. Its own error \
            is taken to be 1 %.",
    },
    OwnError {
        cases: "SURGE",
        metrics: "fluid",
        most: Most::Share(0.012),
        sentence: "The fluid leaves out the queue that is there before the surge and the chance in it. By the \
            exact values of the same cases its own error is 0.3 % and 1.1 %.",
    },
    OwnError {
        cases: "FJ-0.9",
        metrics: "R_K",
        most: Most::Share(0.05),
        sentence: "Nelson and Tantawi say that their formula is within 5 %. An upper bound has to be above \
            what is measured.",
    },
    OwnError {
        cases: "GB",
        metrics: "X_",
        most: Most::Bound,
        sentence: "Bounds on either side: what is measured has to be between them.",
    },
];

/// What is known of the error of a value that is not exact.
pub(crate) fn own_error(case: &str, metric: &str) -> &'static OwnError {
    let found = OWN_ERRORS.iter().find(|it| case.starts_with(it.cases) && metric.starts_with(it.metrics));
    found.unwrap_or_else(|| panic!("{case} {metric} is not exact, and nothing says how far it may be off"))
}
