//! The incident report: the same sections in both languages and layouts, and nothing from outside.

use brownout::experiment::{LEAST_DIFFERENCE, TimelineResult, compare};
use brownout::record::HappeningKind;
use brownout::report::csv::{COMPARISON_CSV_SCHEMA, comparison_csv};
use brownout::report::incident::{
    About, AboutComparison, Language, attribution_svg, comparison_html, comparison_md, incident_md,
    report_html, timeline_svg,
};
use brownout::report::{charts, json, terminal};

use crate::fixture::{queue, shop};

fn about(language: Language) -> About<'static> {
    About {
        language,
        description: "Ten times the load & <nobody> helps",
        command: "brownout run scenarios/surge-x10.yaml --seed 7",
        assumed: &[],
        sourced_of: 61,
    }
}

#[test]
fn the_report_has_the_sections_of_an_operations_team() {
    let english = incident_md(&shop(), &about(Language::English));
    for part in [
        "# Incident report: surge-x10 (msa)",
        "**start**: 20:00",
        "**kind**: system",
        "**grade**: critical",
        "20:10 | 20:05–20:20 | order threads run short (8.00 % → 100 % used, up to 98.2 wait)",
        "47:15 | 47:10–47:25, in 6 of 20 runs | order.place is as before",
        "34:10 | 34:05–34:20 | limit is carried out: rate-limit order.place to 100/s",
        // What happened, in sentences.
        "Surge of all hits 2 of 5 operations; somebody is told after 5 min 41 s in 18 of 20 runs; users are served as",
        "Collapses in 17 of 20 seeds",
        // One run, with the range of all; and what only others saw.
        "This is run 4 of 20",
        "25:42 HighErrorRate is sent (25:36–25:46, in 18 of 20 runs)",
        "in other runs: 40:00 restart does not work (39:55–40:05, in 2 of 20 runs)",
        "**time to recover**: 27 min 10 s ±82 s (6 / 20)",
        "**of which after the cause was gone**: 12 min 10 s ±36 s (6 / 20)",
        "**worst minute**: 25:45 order.place (in 19 of 20 runs): 97.0 % failed or late",
        "**immediate action, until users are served as before**: limit (rate-limit order.place to 100/s)",
        // It is put down to what was done last until then, and to no step after it.
        "**users served as before**: 38:50, 4 min 39 s after limit, the last step until then",
        "**time to detect**: 5 min 41 s ±17 s (18 / 20): HighErrorRate, which fires in calm too",
        "**services affected**: order",
        "**users affected**: those of order.place",
        "**lost from a cache, per run: entries-lost-product**: 6,560",
        "**business effects**: none of oversold",
        "5 min 41 s until somebody was told, 13 min 9 s from then to mitigation",
        "**recovery, from then on**: none",
        "**teams**: told: critical; teams of the alerts: commerce, platform",
        "**time to detect**: 5 min 41 s ±17 s (18 / 20)",
        "conditional: maximum-pool-size ≥ 20",
        "**owner**: \\_\\_\\_\\_",
        "brownout run scenarios/surge-x10.yaml --seed 7",
    ] {
        let part = part.replace("\\_\\_\\_\\_", "____");
        assert!(english.contains(&part), "{part} in\n{english}");
    }
    let korean = incident_md(&shop(), &about(Language::Korean));
    for part in [
        "# 장애 보고서",
        "발생 시각",
        "장애 등급**: 심각",
        "limit: 조치 완료: order.place 유입량을 100/s로 제한",
        "영향받은 서비스**: order",
        "캐시 데이터 유실(회당): entries-lost-product",
        "영향 범위",
        "재발 방지",
        "조건부",
        "5분 41초",
        "## 에러 버짓",
        "## 가설 검증",
        "| 기각 |",
        "10분 48초 (10분 28초–11분 8초)",
        "20회 중 3회만 측정",
        "원인 파악",
        "복구까지 (MTTR)**: 27분 10초",
    ] {
        assert!(korean.contains(part), "{part} in\n{korean}");
    }
    for part in ["이(가)", "measured in", "오류 예산", "주장"] {
        assert!(!korean.contains(part), "{part} in\n{korean}");
    }
    let sections = |text: &str| text.lines().filter(|line| line.starts_with("## ")).count();
    assert_eq!(sections(&english), sections(&korean));
    // What people did is no cause, and what is as it should be is no symptom.
    let section =
        |title: &str| english.split("\n## ").find(|part| part.starts_with(title)).expect("a section");
    assert!(!section("Cause").contains("HighErrorRate") && section("Response").contains("HighErrorRate"));
    assert!(section("Symptoms").contains("**business effects**: none of oversold"), "{english}");
    assert!(!english.contains("payment-charged"), "{english}");
    assert!(
        english.contains("| order.place | during surge | 1.16 s: thread 81 %, pool 6 %, service 6 % |")
            && english.contains("| order.place | during surge | not served (63.2 %), 3.00 s: thread 81 %"),
        "{english}"
    );
    let calm = incident_md(&queue(), &about(Language::English));
    assert!(calm.contains("no incident to report") && !calm.contains("grade"), "{calm}");
}

#[test]
fn the_page_needs_nothing_from_outside_and_takes_no_markup() {
    for language in [Language::English, Language::Korean] {
        let page = report_html(&shop(), &about(language));
        assert!(
            page.starts_with("<!doctype html>")
                && page.contains("<svg")
                && page.contains("prefers-color-scheme")
        );
        assert!(page.contains("load &amp; &lt;nobody&gt; helps"));
        // Only what is wider than a whole line is broken: a time in a table is not.
        let cells = page.split("th, td {").nth(1).and_then(|rest| rest.split('}').next());
        assert!(cells.is_some_and(|rules| rules.contains("overflow-wrap: break-word")), "{cells:?}");
        for outside in ["src=", "href=", "url(", "@import", "<script"] {
            assert!(!page.contains(outside), "{outside}");
        }
        // Only the name of the language of pictures looks like an address.
        assert_eq!(
            page.matches("http").count(),
            page.matches("xmlns=\"http://www.w3.org/2000/svg\"").count()
        );
        assert!(!page.contains("NaN") && !page.contains("inf"), "{page}");
    }
}

#[test]
fn pictures_can_be_drawn_and_names_do_not_overlap() {
    let timelines = [shop(), queue()].map(|results| timeline_svg(&results, Language::English));
    assert!(attribution_svg(&queue(), Language::English).is_none());
    let attribution = attribution_svg(&shop(), Language::English).expect("something is known of the shop");
    assert!(attribution.contains(">not served, during surge<") && attribution.contains(">thread<"));
    for svg in timelines.into_iter().chain([attribution]) {
        assert!(charts::png(&svg).is_ok_and(|png| png.len() > 1000));
        assert!(!svg.contains("NaN"), "{svg}");
        // Texts of one row: each starts behind the end of the one before.
        let mut rows: std::collections::BTreeMap<i64, Vec<(f64, f64)>> = std::collections::BTreeMap::new();
        for text in svg.split("<text").skip(1) {
            let number = |key: &str| {
                let at = text.find(&format!(" {key}=\"")).expect("a place") + key.len() + 3;
                text[at..].split('"').next().and_then(|it| it.parse::<f64>().ok()).expect("a number")
            };
            let content = text.split('>').nth(1).and_then(|it| it.split('<').next()).expect("a text");
            let width = 7.0 * content.chars().count() as f64;
            let (x, y) = (number("x"), number("y"));
            let tag = text.split('>').next().unwrap_or_default();
            let left = match (tag.contains("\"end\""), tag.contains("\"middle\"")) {
                (true, _) => x - width,
                (_, true) => x - width / 2.0,
                _ => x,
            };
            assert!(left > -1.0 && left + width < 965.0, "{content} is cut off");
            rows.entry(y.round() as i64).or_default().push((left, left + width));
        }
        for (y, mut spans) in rows {
            spans.sort_by(|a, b| a.0.total_cmp(&b.0));
            assert!(spans.windows(2).all(|pair| pair[0].1 <= pair[1].0 + 4.0), "at {y}: {spans:?}");
        }
    }
}

#[test]
fn the_timeline_shows_every_alert_the_people_and_all_that_fails() {
    let mut results = shop();
    let alert = results.timeline.iter().find(|it| it.kind == HappeningKind::AlertFiring).cloned();
    let alert = alert.expect("an alert");
    for (index, at_s) in (0..12).map(|index| (index, 1600.0 + f64::from(index))).chain([(99, 300.0)]) {
        let subject = format!("Alert{index}");
        results.timeline.push(TimelineResult { subject, told: Some((at_s, 1)), ..alert.clone() });
    }
    let svg = timeline_svg(&results, Language::English);
    for text in (0..12).map(|index| format!(">alert: Alert{index}<")) {
        assert!(svg.contains(&text), "{text}");
    }
    // What fired in calm is one row, the last.
    let place = |text: &str| svg.find(text).unwrap_or_else(|| panic!("no {text} in {svg}"));
    assert!(place(">false alarm: Alert99<") > place(">alert: Alert11<"));
    assert!(place(">people: detect<") < place(">people: identify<"));
    assert!(place(">people: identify<") < place(">step: limit<"));
    let strips = svg.split("share that fails").nth(1).expect("a title");
    for operation in ["order.place", "product.search"] {
        assert!(strips.contains(&format!(">{operation}<")), "{operation}");
    }
    assert!(!strips.contains(">bestseller.top<"), "nothing of it fails");
}

#[test]
fn an_alert_that_fired_before_the_incident_is_told_of_it_all_the_same() {
    let mut results = shop();
    let entry = |kind, subject: &str, detail: &str, at_s: f64, told: Option<(f64, u32)>| TimelineResult {
        kind,
        subject: subject.to_owned(),
        detail: detail.to_owned(),
        runs: 20,
        median_s: at_s,
        first_s: at_s,
        last_s: at_s,
        told,
    };
    use HappeningKind::{AlertFiring, AlertResolved, Notified};
    // The alert of the incident fired in calm too; another tells two teams, of which one was not told in the run shown.
    results.timeline.splice(
        0..0,
        [
            entry(AlertFiring, "HighErrorRate", "", 300.0, Some((300.0, 0))),
            entry(AlertResolved, "HighErrorRate", "", 400.0, Some((400.0, 1))),
            entry(AlertFiring, "Slow", "", 1300.0, Some((1300.0, 2))),
            entry(Notified, "Slow", "first", 1310.0, None),
            entry(Notified, "Slow", "second", 1320.0, Some((1320.0, 3))),
        ],
    );
    let text = incident_md(&results, &about(Language::English));
    assert!(text.contains("25:32 HighErrorRate fires") && !text.contains("05:00"), "{text}");
    let svg = timeline_svg(&results, Language::English);
    let row = |label: &str| svg.split("<text").find(|part| part.contains(label)).expect("a row").to_owned();
    for label in [">false alarm: HighErrorRate<", ">alert: HighErrorRate<"] {
        assert_eq!(row(label).matches("<rect class=\"bar\"").count(), 1, "{label}");
    }
    assert_eq!(row(">alert: Slow<").matches("<circle").count(), 1);
}

#[test]
fn what_hangs_is_as_dark_as_what_fails() {
    let mut results = shop();
    let search = results.series.operations.iter_mut().find(|it| it.name.name == "bestseller.top");
    let search = search.expect("an operation of which nothing fails");
    for band in search.served_per_s.iter_mut().skip(200) {
        (band.mean, band.low, band.high) = (0.0, 0.0, 0.0);
    }
    let strips = |results: &brownout::experiment::Results| {
        let svg = timeline_svg(results, Language::English);
        svg.split("share that fails").nth(1).expect("a title").to_owned()
    };
    assert!(strips(&results).contains(">bestseller.top<"));
    // Who is turned down has an answer.
    let search = results.series.operations.iter_mut().find(|it| it.name.name == "bestseller.top");
    let search = search.expect("an operation of which nothing fails");
    search.declined_per_s.clone_from(&search.offered_per_s);
    assert!(!strips(&results).contains(">bestseller.top<"));
}

#[test]
fn each_loss_is_told_once() {
    use brownout::experiment::LossResult;
    let mut results = shop();
    let all = |station: &str| LossResult {
        station: station.to_owned(),
        lost: crate::fixture::estimate(20.0, 0.0),
        of: 20.0,
        lasts_s: None,
    };
    results.losses = vec![all("order connections"), all("payment connections")];
    let bottleneck = results.bottleneck.as_mut().expect("a bottleneck");
    bottleneck.waited_for[0].lost = Some((20.0, 20.0));
    let text = incident_md(&results, &about(Language::English));
    assert!(text.contains("All 20.0 payment connections are never given back."), "{text}");
    assert!(!text.contains("All 20.0 order connections"), "{text}");
}

#[test]
fn a_comparison_with_itself_is_a_tie() {
    let shop = shop();
    let same = compare([("msa", &shop), ("msa again", &shop)], LEAST_DIFFERENCE);
    let same = same.expect("an incident on both sides");
    let text = terminal::comparison(&same, 100, false);
    assert!(text.contains("msa again is better in 0 of") && text.contains("same"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    assert!(json::comparison_json(&same).contains("\"second_is\": \"same\""));
    let table = String::from_utf8(comparison_csv(&same)).expect("UTF-8");
    let heads = table.lines().next().expect("heads");
    let page = include_str!("../../docs/output.md");
    for head in heads.split(',') {
        assert!(page.contains(&format!("`{head}`")), "{head} is not documented");
    }
    assert!(page.contains(&format!("## comparison.csv\n\nSchema {COMPARISON_CSV_SCHEMA}.")));
    assert!(compare([("msa", &shop), ("queue", &queue())], LEAST_DIFFERENCE).is_none());
}

#[test]
fn a_comparison_says_where_each_side_is_better() {
    let (mut first, mut second) = (shop(), shop());
    let late = |results: &mut brownout::experiment::Results, index: usize, secs: f64| {
        for run in &mut results.outcomes.as_mut().expect("an incident").runs {
            run.phases_s[index] = Some(secs);
        }
    };
    // The first side is told sooner, the second recovers sooner.
    late(&mut first, 0, 60.0);
    late(&mut second, 0, 90.0);
    late(&mut first, 3, 600.0);
    late(&mut second, 3, 300.0);
    let comparison = compare([("monolith", &first), ("msa", &second)], LEAST_DIFFERENCE);
    let comparison = comparison.expect("an incident on both sides");
    let idle = ["restart".to_owned(), "warm".to_owned()];
    let about = |language| AboutComparison {
        language,
        descriptions: &["Ten times the load"],
        idle: &idle,
        command: "brownout compare surge.yaml --deployment msa",
    };
    let english = comparison_md(&comparison, &about(Language::English));
    let section =
        |title: &str| english.split("\n## ").find(|part| part.starts_with(title)).expect("a section");
    assert!(english.contains("take the same time for restart, warm and nothing comes of it"), "{english}");
    assert!(
        section("Where monolith is better").contains("| time to detect | 60.0 s | 90.0 s | +30.0 s |"),
        "{english}"
    );
    assert!(section("Where msa is better").contains("time to recover"), "{english}");
    assert!(
        english.contains("monolith is better in 1 of") && english.contains(": time to detect."),
        "{english}"
    );
    let page = comparison_html(&comparison, [&first, &second], &about(Language::Korean));
    assert_eq!(page.matches("<svg").count(), 2);
    for part in ["비교 보고서", "탐지까지", "나은 항목: monolith", "재현 방법"] {
        assert!(page.contains(part), "{part} in\n{page}");
    }
}

#[test]
fn what_limits_the_system_is_told_in_both_languages() {
    let text = |results: &brownout::experiment::Results, language| incident_md(results, &about(language));
    let mut results = shop();
    let korean = text(&results, Language::Korean);
    for words in [
        "병목 order threads: 시작 20분 10초 후부터 부족, 복제본당 200개 모두 사용 중, 수용하지 못한 요청 초당 72.4건(전체 복제본 합계).",
        "이를 기다리는 요청의 점유: edge requests 1,000개 중 평균 712개.",
        "점유한 요청의 대기 대상: order connections, 복제본당 평균 12.4건, 시작 19분 45초 후부터 부족, 복제본당 20개 모두 사용 중, 총 60개 \
         중 7.50개 미반환.",
        "주요 영향 기능 order.place: 실패율 63.2 %",
    ] {
        assert!(korean.contains(words), "no {words} in {korean}");
    }
    let bottleneck = results.bottleneck.as_mut().expect("a bottleneck");
    bottleneck.behind = bottleneck.waited_for.pop();
    (bottleneck.first.since_s, bottleneck.first.refused_per_s, bottleneck.first.used) = (None, 0.0, 0.634);
    let english = text(&results, Language::English);
    let korean = text(&results, Language::Korean);
    for (text, words) in [
        (&english, "order threads are the busiest: 63.4 % used, and 41.3 wait at each replica on average."),
        (&english, "Behind them order connections are 100 % used, with 12.4 waiting at each replica."),
        (&korean, "병목 order threads: 사용률 63.4 %로 가장 높음, 복제본당 평균 41.3건 대기."),
        (&korean, "이어지는 원인 order connections: 사용률 100 %, 복제본당 평균 12.4건 대기."),
    ] {
        assert!(text.contains(words), "no {words} in {text}");
    }
}
