//! The terminal summary.

use brownout::experiment::{Results, TimelineResult, Warning};
use brownout::record::HappeningKind;
use brownout::report::terminal::{SummaryOptions, summary};
use brownout::units::Span;

use crate::fixture::{queue, shop};
use crate::single::single_run;

fn options() -> SummaryOptions {
    SummaryOptions {
        elapsed: Some(Span::from_millis(4100)),
        output_folder: Some("output/surge-x10".to_owned()),
        outputs: ["manifest.json", "6 csv", "8 charts"].map(str::to_owned).to_vec(),
        assumed: Some((14, 61)),
        next: Some(
            "brownout compare scenarios/surge-x10.yaml --deployment msa --deployment monolith".to_owned(),
        ),
        ..SummaryOptions::default()
    }
}

fn widest(text: &str) -> usize {
    text.lines().map(|line| line.chars().count()).max().unwrap_or(0)
}

#[test]
fn the_page_that_detected_and_the_step_that_mitigated_are_never_left_out() {
    let mut results = shop();
    let happens = |kind, subject: &str, at_s: f64| TimelineResult {
        kind,
        subject: subject.to_owned(),
        detail: String::new(),
        runs: 20,
        median_s: at_s,
        first_s: at_s,
        last_s: at_s,
        told: Some((at_s, at_s as u32)),
    };
    let outcomes = results.outcomes.as_mut().expect("an incident");
    let (from_s, told) = (outcomes.from_s, outcomes.told_run);
    let run = &mut outcomes.runs[told];
    (run.detected_by, run.phases_s[0]) = (Some("HighErrorRate".to_owned()), Some(300.0));
    run.mitigated_after = Some(("step 29".to_owned(), from_s + 329.0));
    // A page before the incident, the one that told of it, and thirty steps.
    results.timeline = vec![
        happens(HappeningKind::Notified, "Early", from_s - 10.0),
        happens(HappeningKind::Notified, "HighErrorRate", from_s + 300.0),
        happens(HappeningKind::Notified, "HighErrorRate", from_s + 500.0),
    ];
    let steps = (0..30).map(|step| (format!("step {step}"), from_s + 300.0 + f64::from(step)));
    let done = steps.map(|(name, at_s)| happens(HappeningKind::StepDone, &name, at_s));
    results.timeline.extend(done);
    let text = summary(&results, &options());
    let lines = |words: &str| text.lines().filter(|line| line.contains(words)).count();
    assert_eq!((lines("HighErrorRate is sent"), lines("step 29: done")), (1, 1), "{text}");
    assert_eq!((lines("Early is sent"), lines("and 17 more in timeline.csv")), (0, 1), "{text}");
}

#[test]
fn a_surge_reads_answer_first() {
    insta::assert_snapshot!(summary(&shop(), &options()));
}

#[test]
fn a_plain_queue_shows_every_mean_with_its_interval() {
    let options = SummaryOptions {
        assumed: None,
        next: None,
        output_folder: Some("output/mm2".to_owned()),
        ..options()
    };
    insta::assert_snapshot!(summary(&queue(), &options));
}

#[test]
fn a_single_run_shows_no_interval() {
    let text = summary(&single_run(), &SummaryOptions::default());
    assert!(text.contains("[single-run]") && !text.contains("NaN") && !text.contains('±'), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn no_line_is_wider_than_asked() {
    let mut crowded = shop();
    crowded.objectives[0].objective.text =
        "catalogue.recommendation.personalised ".repeat(4).trim().to_owned();
    for window in &mut crowded.windows {
        window.operations[0].name.name = "catalogue.recommendation.personalised-for-you".to_owned();
        window.name.push_str(" of the flash sale at noon");
    }
    crowded.windows = [crowded.windows.clone(), crowded.windows.clone()].concat();
    crowded.warnings = (0..9)
        .map(|index| Warning::Unstable {
            station: format!("catalogue-recommendation-{index} threads"),
            window: "during the flash sale at noon".to_owned(),
        })
        .collect();
    let check = |results: &Results, width: usize| {
        let options = SummaryOptions { width, next: None, ..options() };
        let text = summary(results, &options);
        assert!(widest(&text) <= width, "wider than {width}:\n{text}");
    };
    for results in [&shop(), &queue(), &single_run(), &crowded] {
        for width in [100, 80] {
            check(results, width);
        }
    }
}

#[test]
fn colour_adds_nothing_but_colour() {
    let plain = summary(&shop(), &options());
    let mut coloured = summary(&shop(), &SummaryOptions { colour: true, ..options() });
    assert!(coloured.contains("\u{1b}[31m✗"));
    for code in ["0", "1", "2", "31", "32", "33"] {
        coloured = coloured.replace(&format!("\u{1b}[{code}m"), "");
    }
    assert_eq!(coloured, plain);
}
