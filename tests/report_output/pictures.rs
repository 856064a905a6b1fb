//! Charts: readable text, gaps, grey, pixels.

use brownout::experiment::Results;
use brownout::report::charts::{charts, png};
use resvg::usvg::roxmltree::{Document, Node};
use resvg::usvg::{self, fontdb};

use crate::fixture::{queue, shop};
use crate::single::single_run;

/// A text of a chart and its box [px]: left, top, right, bottom.
struct Text {
    said: String,
    edges: [f32; 4],
}

/// Texts with the boxes that the embedded font gives them.
fn texts(svg: &str) -> Vec<Text> {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(include_bytes!("../../assets/fonts/DejaVuSans.ttf").to_vec());
    let options = usvg::Options { fontdb: std::sync::Arc::new(fonts), ..usvg::Options::default() };
    let tree = usvg::Tree::from_str(svg, &options).expect("an SVG");
    let mut texts = Vec::new();
    collect(tree.root(), &mut texts);
    texts
}

fn collect(group: &usvg::Group, texts: &mut Vec<Text>) {
    for node in group.children() {
        match node {
            usvg::Node::Group(group) => collect(group, texts),
            usvg::Node::Text(text) => {
                let said: String = text.chunks().iter().map(|chunk| chunk.text()).collect();
                let edges = text.abs_bounding_box();
                texts.push(Text {
                    said: said.trim().to_owned(),
                    edges: [edges.left(), edges.top(), edges.right(), edges.bottom()],
                });
            }
            usvg::Node::Path(_) | usvg::Node::Image(_) => {}
        }
    }
}

fn overlap(a: &Text, b: &Text) -> bool {
    let [a, b] = [a.edges, b.edges];
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

/// Results that are hard to draw.
fn crowded() -> Results {
    let mut results = shop();
    for (index, window) in results.windows.iter_mut().enumerate() {
        window.name =
            format!("{} of the flash sale that begins at noon", ["before", "during", "after"][index]);
    }
    for series in &mut results.series.stations {
        series.name.component = format!("recommendation-service-{}", series.name.component);
    }
    for series in &mut results.series.operations {
        series.name.name = format!("recommendation-service.personalised.{}", series.name.name);
    }
    results.scenario = "a-scenario-with-a-long-name-that-explains-itself".repeat(3);
    results
}

fn all() -> Vec<(&'static str, Results)> {
    vec![("shop", shop()), ("queue", queue()), ("single", single_run()), ("crowded", crowded())]
}

#[test]
fn no_text_touches_another_or_leaves_the_picture() {
    for (fixture, results) in all() {
        for chart in charts(&results) {
            let document = Document::parse(&chart.svg).expect("well-formed XML");
            let size =
                |name| document.root_element().attribute(name).and_then(|size| size.parse::<f32>().ok());
            let (width, height) = (size("width").expect("a width"), size("height").expect("a height"));
            let texts = texts(&chart.svg);
            assert!(texts.len() > 8, "{fixture} {}: too few texts to be a chart", chart.name);
            for (index, text) in texts.iter().enumerate() {
                let [left, top, right, bottom] = text.edges;
                let inside = left >= 0.0 && top >= 0.0 && right <= width && bottom <= height;
                assert!(inside, "{fixture} {}: `{}` leaves the picture", chart.name, text.said);
                for other in &texts[index + 1..] {
                    let (a, b) = (&text.said, &other.said);
                    assert!(!overlap(text, other), "{fixture} {}: `{a}` touches `{b}`", chart.name);
                }
            }
        }
    }
}

#[test]
fn axes_say_their_units_and_windows_their_names() {
    let said = |name: &str| -> Vec<String> {
        let charts = charts(&shop());
        let chart = charts.iter().find(|chart| chart.name == name).expect("the chart");
        texts(&chart.svg).into_iter().map(|text| text.said).collect()
    };
    for (chart, words) in [
        ("latency", ["time [min]", "100 ms", "during surge"]),
        (
            "throughput",
            ["time [min]", "requests per second [1/s]; mean over 20 seeds, 95 % intervals", "after"],
        ),
        ("utilisation", ["time [min]", "100 % in use", "order threads ×3"]),
        ("queues", ["time [min]", "order threads, mean of 3", "before"]),
    ] {
        let said = said(chart);
        for word in words {
            assert!(said.iter().any(|text| text == word), "{chart} does not say `{word}`: {said:?}");
        }
    }
}

#[test]
fn a_gap_is_left_open() {
    let points = |svg: &str| -> usize {
        let document = Document::parse(svg).expect("well-formed XML");
        let solid = |node: &Node<'_, '_>| node.attribute("stroke") == Some("#1D356B");
        document.descendants().filter(|node| node.has_tag_name("polyline") && solid(node)).count()
    };
    let latency = |results: &Results| charts(results).remove(0).svg;
    let mut whole = shop();
    for series in &mut whole.series.operations {
        for bands in [&mut series.p50_s, &mut series.p95_s, &mut series.p99_s] {
            let first = bands[0];
            bands.iter_mut().filter(|band| band.mean.is_nan()).for_each(|band| *band = first);
        }
    }
    assert_eq!(points(&latency(&shop())), points(&latency(&whole)) + 1);
    for (_, results) in all() {
        for chart in charts(&results) {
            assert!(!chart.svg.contains("NaN") && !chart.svg.contains("inf"), "{}", chart.name);
        }
    }
}

#[test]
fn pictures_have_the_size_of_their_charts() {
    const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
    for (_, results) in all() {
        for chart in charts(&results) {
            let bytes = png(&chart.svg).expect("a picture");
            assert_eq!(&bytes[..8], SIGNATURE);
            let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
            let document = Document::parse(&chart.svg).expect("well-formed XML");
            let size = |name| document.root_element().attribute(name).map(str::to_owned);
            assert_eq!(Some(number(16).to_string()), size("width"));
            assert_eq!(Some(number(20).to_string()), size("height"));
            assert!(bytes.len() > 5_000, "{} is empty", chart.name);
        }
    }
}

#[test]
fn text_that_is_no_chart_is_refused() {
    let error = png("not a chart").expect_err("no SVG").to_string();
    assert!(error.starts_with("the chart is not a readable SVG"), "{error}");
}

#[test]
fn results_without_values_have_no_charts() {
    let mut results = queue();
    results.series = Default::default();
    assert!(charts(&results).is_empty());
}
