//! Titles and legends, above the plots.

use plotters::prelude::*;

use super::canvas::{Align, Canvas, IN_MEMORY, INK, MARGIN, SOFT, WIDTH, shortened, text_width, write};
use super::panel::LineStyle;

/// Height of everything above the plots, without the key of windows \[px].
pub(super) const HEADER: i32 = 84;
/// Height of the key of windows \[px].
pub(super) const KEY: i32 = 18;

/// Title and subtitle.
pub(super) fn title(canvas: &Canvas<'_>, title: &str, subtitle: &str) {
    let most = f64::from(WIDTH as i32 - 2 * MARGIN);
    write(canvas, &shortened(title, 17.0, most), 17.0, INK, Align::Left, (MARGIN, 20));
    write(canvas, &shortened(subtitle, 12.0, most), 12.0, SOFT, Align::Left, (MARGIN, 43));
}

/// One entry a line style, in a row below the subtitle.
pub(super) fn lines(canvas: &Canvas<'_>, styles: &[LineStyle]) {
    let mut x = MARGIN;
    for style in styles {
        style.sample(canvas, (x, 66), 34);
        write(canvas, style.name, 12.0, INK, Align::Left, (x + 42, 66));
        x += 42 + text_width(style.name, 12.0) as i32 + 28;
    }
}

/// The names behind the letters of windows that are too narrow for their names.
pub(super) fn key(canvas: &Canvas<'_>, key: &str) {
    let most = f64::from(WIDTH as i32 - 2 * MARGIN);
    write(canvas, &shortened(key, 11.0, most), 11.0, SOFT, Align::Left, (MARGIN, HEADER));
}

/// A bar of colours from 0 to 100 %, and what an empty cell means.
pub(super) fn scale(canvas: &Canvas<'_>, colour: impl Fn(f64) -> RGBColor) {
    const STEPS: i32 = 20;
    const STEP: i32 = 11;
    let (top, bottom) = (60, 72);
    write(canvas, "0 %", 12.0, INK, Align::Left, (MARGIN, 66));
    let start = MARGIN + 32;
    for step in 0..STEPS {
        let corners = [(start + step * STEP, top), (start + (step + 1) * STEP, bottom)];
        let colour = colour((f64::from(step) + 0.5) / f64::from(STEPS));
        canvas.draw(&Rectangle::new(corners, colour.filled())).expect(IN_MEMORY);
    }
    let end = start + STEPS * STEP;
    canvas.draw(&Rectangle::new([(start, top), (end, bottom)], SOFT)).expect(IN_MEMORY);
    write(canvas, "100 % in use", 12.0, INK, Align::Left, (end + 8, 66));
    write(canvas, "white: no value", 12.0, SOFT, Align::Left, (end + 120, 66));
}
