//! Values of covered cases that no model is asked for.

/// By reason: cases, and the metrics of each.
pub(crate) const UNASKED: &[(&str, &[(&str, &str)])] = &[
    (
        "It is a number of the model that is put in, not of what comes out.",
        &[
            ("MG1-E4", "scv_S"),
            ("MG1-H2-4", "scv_S"),
            ("MG1-H2-20", "scv_S"),
            ("MG1-BROOKER-BIMOD", "scv_S"),
            ("FAILOVER-1", "outage"),
        ],
    ),
    (
        "It is about the equations: how many states or solutions they have. A simulation has none.",
        &[
            ("SRP-CLOSED-1", "n_states"),
            ("SRP-CLOSED-2", "n_states"),
            ("SRP-CLOSED-3", "n_states"),
            ("RETRYFP-1", "n_roots"),
            ("RETRYFP-2", "n_roots"),
            ("METAFP-2", "healthy_state_exists congested_state_exists hidden_capacity_mu_over_m"),
            ("METAFP-4", "healthy_state_exists congested_state_exists hidden_capacity_mu_over_m"),
        ],
    ),
    (
        "A run that begins empty settles in the healthy state, and none stays where it tips.",
        &[("METAFP-2", "tipping_attempt_rate congested_attempt_rate")],
    ),
    (
        "No discipline of the language interrupts who is served.",
        &[("PRIO-2", "W_preempt_resume_class1 W_preempt_resume_class2 W_preempt_resume_class3")],
    ),
    (
        "The spread at this instant is so large beside the value that an interval of 2 %, or of 0.01 for a probability, \
         needs more than 10,000 surges: 10^8 customers and more for each such run of one station, of which there \
         would have to be several.",
        &[
            (
                "SURGE-3X",
                "L_t90 P_wait_t90 Ewait_arrival_t90 sdL_t90 Ewait_arrival_t110 sdL_t110 Ewait_arrival_t130 sdL_t130 \
                 Ewait_arrival_t160 sdL_t160",
            ),
            (
                "SURGE-1.5X",
                "L_t130 P_wait_t130 Ewait_arrival_t130 sdL_t130 P_wait_t180 Ewait_arrival_t180 sdL_t180",
            ),
            ("SURGE-10X-ABAND", "abandon_rate_t65 abandon_rate_t70 abandon_rate_t80"),
        ],
    ),
    (
        "Just half of them do not wait, so that the median jumps between nothing and little.",
        &[("MM1-1", "Wq_p50")],
    ),
    (
        "It is so rare, or so far out, that an interval of 2 % needs hundreds of millions of customers more.",
        &[
            ("MMC-4", "Wq_p99.9 W_p99.9"),
            ("MMC-5", "Wq_p50 Wq_p99.9"),
            ("MG1-BROOKER-BIMOD", "var_Wq Wq_p99.9 W_p99.9"),
            ("SRP-CLOSED-1", "Lq_thread"),
            ("SRP-CLOSED-2", "Lq_thread"),
            ("SRP-CLOSED-3", "Lq_thread"),
            ("SRP-OPEN-3", "Lq_accept Wq_accept"),
            ("HOTLOCK-1", "Lq_pool Wq_pool"),
            ("HOTLOCK-3", "Lq_pool Wq_pool"),
        ],
    ),
    (
        "Its spread is larger than that of the other values, so that an interval of 2 % needs some tens of millions of \
         customers more than their longest run has.",
        &[("MMC-4", "Wq_p99"), ("MMC-5", "Wq_p99")],
    ),
    (
        "The standard deviation over runs is known to 2 % by 8,300 runs, which is 2.7 × 10^8 requests that fail.",
        &[("FAILOVER-1", "sd_failed")],
    ),
    (
        "When a mean over runs passes a level is not measured; how many are there at instants about it is.",
        &[("SURGE-3X", "fluid_drain_time_after_surge"), ("SURGE-1.5X", "fluid_drain_time_after_surge")],
    ),
    (
        "An interval of 2 % needs some 10^9 customers at one server that is busy for 99 % of the time.",
        &[("POD-0.99", "W_d1")],
    ),
    (
        "Redis finds what was used least recently in a sample, among candidates that it keeps; so does the cache. Of five \
         entries some of those candidates have been used since.",
        &[("LRU-EXACT-4", "hit_LRU hit_LRU_Che")],
    ),
    (
        "It is a step of the approximation; how long entries live that are not used is not shown.",
        &[
            ("LRU-CHE-1", "T_C_in_requests"),
            ("LRU-CHE-3", "T_C_in_requests"),
            ("LRU-CHE-4", "T_C_in_requests"),
            ("LRU-CHE-5", "T_C_in_requests"),
        ],
    ),
    (
        "Concurrent misses each store the value, so the last of them sets the end of its life, as Redis' SET does; the \
         case lets it live from the first.",
        &[("STAMPEDE-1", "db_rate_no_coalescing hit_ratio_no_coalescing")],
    ),
    (
        "The ratio of a cache that knows beforehand which keys are asked for most; no policy does.",
        &[
            ("LRU-EXACT-4", "static_best"),
            ("LRU-CHE-1", "static_best"),
            ("LRU-CHE-3", "static_best"),
            ("LRU-CHE-4", "static_best"),
            ("LRU-CHE-5", "static_best"),
        ],
    ),
    (
        "The keys that a cache shows may have expired, and Little's law does not apply where use makes lives longer.",
        &[("TTL-2", "size_sliding")],
    ),
    (
        "How often a breaker opens and closes is not counted, only what it refuses. The chance \
         goes into `mean_calls_to_open`.",
        &[("BREAKER-3", "P_halfopen_closes")],
    ),
];
