//! Random operations files.

use proptest::prelude::*;
use proptest::sample::select;

use crate::policies::retry;

/// Modules may call those after them, so that no operation calls itself.
const MODULES: [&str; 3] = ["a", "b", "c"];

/// Where a step stands.
#[derive(Clone, Copy)]
struct Place {
    module: usize,
    /// How deep scopes may still nest.
    depth: u32,
    in_transaction: bool,
}

impl Place {
    fn inside(self) -> Place {
        Place { depth: self.depth - 1, ..self }
    }

    /// Branches are outside of a transaction that is open around them.
    fn branch(self) -> Place {
        Place { in_transaction: false, ..self.inside() }
    }

    fn transaction(self) -> Place {
        Place { in_transaction: true, ..self.inside() }
    }
}

pub(crate) fn law() -> impl Strategy<Value = String> {
    (
        1u32..30,
        select(vec![
            "{exponential: {mean: Xms}}",
            "Xms",
            "{uniform: {from: 0s, to: Xms}}",
            "{lognormal: {mean: Xms, cv: 2}}",
            "{erlang: {stages: 3, mean: Xms}}",
            "{hyperexponential: {mean: Xms, cv: 3}}",
        ]),
    )
        .prop_map(|(ms, law)| law.replace('X', &ms.to_string()))
}

fn key() -> impl Strategy<Value = &'static str> {
    select(vec!["hot", "wide"])
}

fn simple(place: Place) -> BoxedStrategy<String> {
    let table = select(vec!["t", "u"]);
    let fixed = vec![
        "{publish: {topic: news, key: wide}}",
        "{publish: {topic: news}}",
        "{request: party}",
        "{increment: {cache: count, key: hot}}",
        "{increment: {cache: count, by: 2, limit: 9, ttl: 500ms, on-error: skip}}",
        "{rank-update: {cache: rank, member: wide}}",
        "{rank-read: {cache: rank, top: 10, on-error: skip}}",
        "{delete: {cache: page, key: hot}}",
        "{get: {cache: page, key: hot, size: 4KiB, on-error: skip}}",
        "{set: {cache: page, key: wide, size: 2KiB, on-error: skip}}",
        "{check: {stock: goods, key: hot}}",
        "{take: {stock: goods, key: hot}}",
        "{take: {stock: goods, key: wide, checked: false}}",
        "{take: {stock: kept, key: hot}}",
        "{once: {key: wide, remember: 500ms}}",
        "{once: {key: hot, in: main}}",
        "{effect: done}",
        "{visit: desk}",
        "{visit: cores}",
        "{visit: short}",
        "{visit: together}",
        "{spawn: c.rest}",
    ];
    let failure = select(vec!["error", "declined", "unavailable", "external-error"]);
    let mut choices: Vec<(u32, BoxedStrategy<String>)> = vec![
        (4, law().prop_map(|law| format!("{{cpu: {law}}}")).boxed()),
        (2, law().prop_map(|law| format!("{{delay: {law}}}")).boxed()),
        (8, select(fixed).prop_map(str::to_owned).boxed()),
        (
            2,
            (table.clone(), select(vec!["", ", from: primary", ", key: hot"]))
                .prop_map(|(table, more)| format!("{{read: {{table: {table}, rows: 3{more}}}}}"))
                .boxed(),
        ),
        (
            2,
            (table.clone(), key())
                .prop_map(|(t, key)| format!("{{write: {{table: {t}, key: {key}}}}}"))
                .boxed(),
        ),
        (1, table.prop_map(|table| format!("{{write: {{table: {table}}}}}")).boxed()),
        (1, key().prop_map(|key| format!("{{get: {{cache: page, key: {key}}}}}")).boxed()),
        (1, key().prop_map(|key| format!("{{set: {{cache: page, key: {key}, ttl: 300ms}}}}")).boxed()),
        (1, failure.prop_map(|kind| format!("{{fail: {kind}}}")).boxed()),
    ];
    let callees: Vec<String> =
        MODULES[place.module + 1..].iter().map(|m| format!("{{call: {m}.go}}")).collect();
    if !callees.is_empty() {
        choices.push((5, select(callees).boxed()));
    }
    if place.in_transaction {
        let lock = (key(), select(vec!["for-update", "for-share"]))
            .prop_map(|(key, mode)| format!("{{lock: {{table: t, key: {key}, mode: {mode}}}}}"));
        choices.push((8, lock.boxed()));
    }
    proptest::strategy::Union::new_weighted(choices).boxed()
}

/// A list of steps, as YAML.
fn steps(place: Place, most: usize) -> BoxedStrategy<String> {
    prop::collection::vec(step(place), 1..=most).prop_map(|steps| format!("[{}]", steps.join(", "))).boxed()
}

fn step(place: Place) -> BoxedStrategy<String> {
    if place.depth == 0 {
        return simple(place);
    }
    let inner = || steps(place.inside(), 3);
    let branch = || steps(place.branch(), 2);
    let ended =
        select(vec!["timeout", "error", "queue-full", "lock-timeout", "pool-timeout", "circuit-open"]);
    let hold = (select(vec!["desk", "short"]), inner())
        .prop_map(|(station, steps)| format!("{{hold: {{station: {station}, steps: {steps}}}}}"));
    // What warms an entry is outside of the transaction of the request.
    let cure = select(vec!["", ", size: 3KiB", ", early-expiry: 100%, ttl-jitter: 20%", ", on-error: skip"]);
    let cached = (key(), 50u32..2000, branch(), cure).prop_map(|(key, ttl, steps, cure)| {
        format!("{{cached: {{cache: page, key: {key}, ttl: {ttl}ms{cure}, on-miss: {steps}}}}}")
    });
    // Who fetches for others, or renews behind them, must not come back to the same entry, or it would wait for itself.
    let last = Place { module: MODULES.len() - 1, depth: 0, in_transaction: false };
    let alone = select(vec![
        "single-flight: true",
        "stale: 200ms, size: 3KiB",
        "single-flight: true, stale: 100ms, early-expiry: 300%, on-error: skip",
    ]);
    let single = (key(), 50u32..2000, steps(last, 3), alone).prop_map(|(key, ttl, steps, more)| {
        format!("{{cached: {{cache: page, key: {key}, ttl: {ttl}ms, {more}, on-miss: {steps}}}}}")
    });
    let lock_key =
        (key(), 10u32..500, select(vec!["", ", wait: 200ms, pause: 20ms", ", on-error: skip"]), inner())
            .prop_map(|(key, ttl, more, steps)| {
                format!("{{lock-key: {{cache: lock, key: {key}, ttl: {ttl}ms{more}, steps: {steps}}}}}")
            });
    let when = (inner(), inner())
        .prop_map(|(then, other)| format!("{{when: {{flag: spare, then: {then}, else: {other}}}}}"));
    let parallel = (
        select(vec!["all", "any", "{quorum: 2}"]),
        select(vec!["cancel", "keep-serving"]),
        prop::collection::vec(branch(), 2..4),
    )
        .prop_map(|(need, rest, branches)| {
            format!("{{parallel: {{need: {need}, rest: {rest}, branches: [{}]}}}}", branches.join(", "))
        });
    let choose = (0u32..=100, inner(), inner(), any::<bool>()).prop_map(|(share, one, other, by_key)| {
        let by = if by_key { "by: wide, " } else { "" };
        let rest = 100 - share;
        format!(
            "{{choose: {{{by}branches: [{{weight: {share}%, steps: {one}}}, {{weight: {rest}%, steps: {other}}}]}}}}"
        )
    });
    let repeat = (select(vec!["2", "{uniform: {from: 0, to: 3}}", "{geometric: {mean: 2}}"]), inner())
        .prop_map(|(times, steps)| format!("{{repeat: {{times: {times}, steps: {steps}}}}}"));
    let on_failure = (inner(), ended, inner(), any::<bool>(), any::<bool>()).prop_map(
        |(attempt, kind, then, all, rethrow)| {
            let of = if all { String::new() } else { format!("of: [{kind}], ") };
            format!("{{on-failure: {{try: {attempt}, {of}then: {then}, rethrow: {rethrow}}}}}")
        },
    );
    let attempt = (1u32..200, retry(), inner())
        .prop_map(|(ms, retry, steps)| format!("{{attempt: {{timeout: {ms}ms, {retry}, steps: {steps}}}}}"));
    let mut choices: Vec<(u32, BoxedStrategy<String>)> = vec![
        (10, simple(place)),
        (2, hold.boxed()),
        (3, cached.boxed()),
        (2, single.boxed()),
        (1, lock_key.boxed()),
        (1, when.boxed()),
        (2, parallel.boxed()),
        (1, choose.boxed()),
        (1, repeat.boxed()),
        (2, on_failure.boxed()),
        (2, attempt.boxed()),
    ];
    // A connection that is forgotten comes back, or it would be held after the end.
    let more = if place.in_transaction {
        select(vec!["", ", propagation: requires-new"])
    } else {
        select(vec![
            "",
            ", propagation: requires-new",
            ", propagation: requires-new, leak: {when: always, probability: 20%, for: 2s}",
            ", propagation: requires-new, leak: {transaction: open, for: 1s, of: [error, timeout, lock-timeout]}",
        ])
    };
    let transaction = (steps(place.transaction(), 4), more)
        .prop_map(|(steps, more)| format!("{{transaction: {{in: main{more}, steps: {steps}}}}}"));
    choices.push((if place.in_transaction { 1 } else { 4 }, transaction.boxed()));
    proptest::strategy::Union::new_weighted(choices).boxed()
}

/// An operations file with an operation `go` in each module, and what consumers, fallbacks and spawned work do.
///
/// What a consumer does fills the cache, so that there is always something to warm it with.
pub(crate) fn operations() -> impl Strategy<Value = String> {
    let go = |module, depth| steps(Place { module, depth, in_transaction: false }, 3);
    (go(0, 2), go(1, 2), go(2, 2), law()).prop_map(|(a, b, c, law)| {
        format!(
            "{{keys: {{hot: {{count: 3, popularity: {{zipf: 1}}}}, wide: {{count: 1000, popularity: uniform}}}},
              schemas: {{main: [t], side: [u]}}, stocks: {{goods: {{amount: 20}}, kept: {{amount: 5, in: main}}}},
              flags: {{spare: {{default: off}}}},
              modules: {{a: {{operations: {{go: {a}}}}}, b: {{operations: {{go: {b}}}}},
                c: {{operations: {{go: {c}, rest: [{{delay: {law}}}, {{effect: rested}}],
                  lite: [{{cpu: {law}}}],
                  consume: [{{cpu: {law}}}, {{write: {{table: t, key: hot}}}}, {{effect: consumed}},
                    {{cached: {{cache: page, key: hot, ttl: 300ms, on-error: skip, on-miss: [{{delay: {law}}}]}}}}]}}}}}}}}"
        )
    })
}
