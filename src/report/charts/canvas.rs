//! The drawing surface, its font and its colours.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// What all charts draw on.
pub(super) type Canvas<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Width of every chart \[px].
pub(super) const WIDTH: u32 = 1000;
/// The usual height \[px].
pub(super) const HEIGHT: u32 = 600;
/// Space at the left and right \[px].
pub(super) const MARGIN: i32 = 16;

/// The embedded font first; the others are as wide, for browsers that lack it.
pub(super) const FONT: &str = "DejaVu Sans, Verdana, sans-serif";

/// Text.
pub(super) const INK: RGBColor = RGBColor(0x22, 0x26, 0x2b);
/// Text of less weight, and axes.
pub(super) const SOFT: RGBColor = RGBColor(0x5b, 0x63, 0x6d);
/// Grid lines.
pub(super) const GRID: RGBColor = RGBColor(0xdd, 0xe1, 0xe6);
/// Every other window.
pub(super) const SHADE: RGBColor = RGBColor(0xf1, 0xf3, 0xf6);

/// What drawing into memory cannot do.
pub(super) const IN_MEMORY: &str = "drawing into memory does not fail";

/// Which end of a text is at its position.
#[derive(Clone, Copy)]
pub(super) enum Align {
    /// Its left end.
    Left,
    /// Its middle.
    Middle,
    /// Its right end.
    Right,
}

/// Draws a chart of the usual width.
pub(super) fn drawn(height: u32, draw: impl FnOnce(&Canvas<'_>)) -> String {
    let mut svg = String::new();
    {
        let canvas = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
        canvas.fill(&WHITE).expect(IN_MEMORY);
        draw(&canvas);
        canvas.present().expect(IN_MEMORY);
    }
    svg
}

/// A text style of a size \[px]. The SVG back end divides sizes by 1.24.
pub(super) fn style(size_px: f64, colour: RGBColor, align: Align) -> TextStyle<'static> {
    let horizontal = match align {
        Align::Left => HPos::Left,
        Align::Middle => HPos::Center,
        Align::Right => HPos::Right,
    };
    TextStyle {
        font: (FONT, size_px * 1.24).into_font(),
        color: colour.to_backend_color(),
        pos: Pos::new(horizontal, VPos::Center),
    }
}

/// Writes a text whose middle line is at `at.1`.
pub(super) fn write(
    canvas: &Canvas<'_>,
    text: &str,
    size_px: f64,
    colour: RGBColor,
    align: Align,
    at: (i32, i32),
) {
    canvas.draw_text(text, &style(size_px, colour, align), at).expect(IN_MEMORY);
}

/// Width of a text \[px].
pub(super) fn text_width(text: &str, size_px: f64) -> f64 {
    text.chars().map(advance).sum::<f64>() * size_px
}

/// The text, or its start and `…` where it is wider.
pub(super) fn shortened(text: &str, size_px: f64, most_px: f64) -> String {
    if text_width(text, size_px) <= most_px {
        return text.to_owned();
    }
    let mut short = String::new();
    for sign in text.chars() {
        if text_width(&short, size_px) + (advance(sign) + 1.0) * size_px > most_px {
            break;
        }
        short.push(sign);
    }
    short.push('…');
    short
}

/// The text, or its ends around `…` where it is wider: names often differ in how they end.
pub(super) fn elided(text: &str, size_px: f64, most_px: f64) -> String {
    if text_width(text, size_px) <= most_px {
        return text.to_owned();
    }
    let signs: Vec<char> = text.chars().collect();
    let shorter = (1..signs.len()).rev().map(|kept| {
        let start = kept / 3;
        let end = &signs[signs.len() - (kept - start)..];
        signs[..start].iter().chain(&['…']).chain(end).collect::<String>()
    });
    shorter.into_iter().find(|text| text_width(text, size_px) <= most_px).unwrap_or_default()
}

/// Advance of a sign \[em].
fn advance(sign: char) -> f64 {
    let index = (sign as usize).wrapping_sub(' ' as usize);
    match ADVANCES.get(index) {
        Some(thousandths) => f64::from(*thousandths) / 1000.0,
        None => 1.0,
    }
}

/// Advances of the signs from space to tilde [em/1000].
///
/// Source: table `hmtx` of DejaVu Sans 2.37.
const ADVANCES: [u16; 95] = [
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636,
    636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295,
    295, 656, 557, 863, 748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838,
    500, 500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521,
    392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
];
