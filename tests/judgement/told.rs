//! What is told of an incident: what people paused.

use brownout::experiment::{ClaimVerdict, LEAST_DIFFERENCE, compare};
use brownout::scenario::Phase;

use super::{claim, outage, outcomes, phase, run, said};

#[test]
fn who_is_paused_is_not_served_before_he_is_let_in_again() {
    // Gone from 120 s to 180 s; from 130 s on people let nobody in, and tell all so: for good, or until 240 s.
    let closed = |open: &str| {
        outage(&format!(
            "runbook: [{{name: close, when: {{at: 130s}}, do: {{pause: shop.buy}}}}{open}]\n\
             slos: {{shop.buy: {{availability: 99.95%}}}}\n\
             claims: {{open: {{says: a, expect: 'availability(shop.buy) >= 99%', after: done(close), for: 50s}}}}\n"
        ))
    };
    let for_good = closed("");
    let ends = closed(", {name: open, when: {at: 240s}, do: {resume: shop.buy}}");
    let (for_good, ends) = (run(&for_good, &[]), run(&ends, &[]));
    for (results, hit_s, back) in [(&for_good, 180.0, (0, None)), (&ends, 120.0, (3, Some(120.0)))] {
        let found = outcomes(results);
        assert_eq!((phase(results, Phase::Mitigate), phase(results, Phase::Recover)), (back, back));
        // It does not collapse: all have an answer. But nobody has what he came for.
        assert_eq!((found.collapsed, found.by_itself.mean, found.blast.share.mean), (0, 0.0, 1.0));
        let budget = &found.budgets[0];
        for (found_s, wanted_s) in [
            (budget.burnt_s.mean, hit_s),
            (budget.burnt_by_pause_s.mean, hit_s - 10.0),
            (found.blast.operation_s.mean, hit_s),
        ] {
            assert!((found_s - wanted_s).abs() <= 1.0, "{found_s} of {wanted_s}");
        }
        assert_eq!(claim(results, "open").verdict, ClaimVerdict::Refuted);
        let text = said(results);
        let told = "shop.buy is paused from 2 min 10 s on and not resumed: nobody is served there.";
        assert_eq!(text.contains(told), back.0 == 0, "{text}");
        assert!(text.contains("of it while people had it paused)"), "{text}");
    }
    let since: Vec<(&str, u32, f64)> =
        outcomes(&for_good).paused.iter().map(|it| (it.operation.as_str(), it.runs, it.from_s)).collect();
    assert_eq!(since, [("shop.buy", 3, 130.0)]);
    // Whoever compares it with doing nothing is not told that it is better.
    let open = run(&outage("slos: {shop.buy: {availability: 99.95%}}"), &[]);
    let compared = compare([("open", &open), ("closed", &for_good)], LEAST_DIFFERENCE).expect("an incident");
    for measure in ["blast-radius", "budget-burnt"] {
        let row = compared.rows.iter().find(|row| row.measure == measure).expect("the measure");
        let difference = row.difference.difference.mean;
        assert!((difference - 120.0).abs() <= 1.0, "{measure}: {row:?}");
    }
}
