//! Effects that must not come about are put against calm: in a Redis without memory sessions and payments are forgotten, though
//! nothing is slow or fails.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use brownout::experiment::{ClaimVerdict, LinkFact, Options, Results, replicate};
use brownout::record::HappeningKind;
use brownout::report::csv::outcomes_csv;
use brownout::report::incident::{About, Language, incident_md};
use brownout::report::terminal::{SummaryOptions, summary};
use brownout::scenario::{Overrides, load};

fn memory_full(policy: &str) -> Results {
    let set = vec![("deployment.caches.redis.policy".to_owned(), policy.to_owned())];
    let overrides = Overrides { replications: Some(3), set, ..Overrides::default() };
    let files = |path: &Path| std::fs::read(path).map_err(|error| error.to_string());
    let loaded = load(Path::new("scenarios/redis-memory-full.yaml"), &overrides, &files);
    let plan = loaded.plan.expect("the scenario has no mistakes");
    replicate(&plan, &Options::default(), &|_| {}, &AtomicBool::new(false)).expect("the books balance")
}

fn report(results: &Results, language: Language) -> String {
    let about = About { language, description: "", command: "", assumed: &[], sourced_of: 0 };
    incident_md(results, &about)
}

fn verdict<'r>(results: &'r Results, name: &str) -> &'r ClaimVerdict {
    &results.claims.iter().find(|result| result.claim.name == name).expect("the claim").verdict
}

/// Whether an effect came about more often than in calm.
fn is_more(results: &Results, name: &str) -> bool {
    let effect = results.effects.iter().find(|effect| effect.name == name).expect("the effect");
    effect.beyond.expect("there is calm before the incident").is_more()
}

#[test]
fn what_evictions_do_is_graded_told_and_part_of_the_chain() {
    let results = memory_full("allkeys-lru");
    assert_eq!(
        results.outcomes.as_ref().map(|outcomes| outcomes.unaffected),
        Some(3),
        "nothing is slow or fails"
    );
    for name in ["signed-in-again", "payment-charged-again", "entries-lost-session"] {
        assert!(is_more(&results, name), "{name}");
    }
    // Coupons are overtaken in calm as well, and no order is forgotten.
    assert!(!is_more(&results, "coupon-overtaken") && !is_more(&results, "order-left-open"));
    let text = summary(&results, &SummaryOptions::default());
    assert!(text.contains("no operation leaves its bounds") && !text.contains("hits nobody"), "{text}");
    assert!(text.contains("More than in calm, per run, of what must not be:"), "{text}");
    let page = report(&results, Language::English);
    assert!(!page.contains("**grade**: info"), "{page}");
    for part in [
        "business effect, per run: signed-in-again",
        "business effect, per run: payment-charged-again",
        "lost from a cache, per run: entries-lost-session",
        "business effects no more than in calm",
        "redis evicts entries",
        "payment-charged-again comes about",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    assert!(!page.contains("business effect, per run: coupon-overtaken"), "{page}");
    let korean = report(&results, Language::Korean);
    for part in ["평시보다 늘어난 업무 이상", "redis 캐시 축출", "평시 수준인 업무 영향"]
    {
        assert!(korean.contains(part), "{part} in {korean}");
    }
    let table = String::from_utf8(outcomes_csv(&results)).expect("UTF-8");
    assert!(table.contains("effect-beyond-calm,signed-in-again"), "{table}");
    // Nothing comes before what brings it.
    let place = |is: &dyn Fn(&LinkFact) -> bool| results.chain.iter().position(|link| is(&link.fact));
    let begins = place(&|fact| matches!(fact, LinkFact::Happened { kind: HappeningKind::FaultBegan, .. }))
        .expect("a fault");
    let evicts = place(&|fact| matches!(fact, LinkFact::Evicts { .. })).expect("it evicts");
    let lost = |name: &'static str| {
        place(&|fact| matches!(fact, LinkFact::Effect { effect, .. } if effect == name)).expect("an effect")
    };
    assert!(begins < evicts && evicts < lost("entries-lost-session"));
    assert!(lost("entries-lost-session") < lost("signed-in-again"));
    for name in ["B2-full-evicts", "B2-full-sign-in", "B2-full-charges"] {
        assert_eq!(verdict(&results, name), &ClaimVerdict::Supported, "{name}");
    }
}

#[test]
fn without_evictions_what_is_said_of_them_is_refuted() {
    let results = memory_full("noeviction");
    for name in ["B2-full-evicts", "B2-full-sign-in", "B2-full-charges"] {
        assert_eq!(verdict(&results, name), &ClaimVerdict::Refuted, "{name}");
    }
    assert!(!results.chain.iter().any(|link| matches!(link.fact, LinkFact::Evicts { .. })));
    // Sessions that are never stored have users sign in as well.
    assert!(is_more(&results, "signed-in-again") && !is_more(&results, "entries-lost-session"));
}
