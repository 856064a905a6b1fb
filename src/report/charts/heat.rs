//! A heat map: stations by time.

use plotters::prelude::*;

use super::axis::TimeAxis;
use super::canvas::{
    Align, Canvas, HEIGHT, IN_MEMORY, INK, MARGIN, SOFT, WIDTH, drawn, elided, text_width, write,
};
use super::legend::{self, HEADER, KEY};
use super::panel::TAG_ROW;
use super::strip::{Strip, TAG};
use crate::experiment::{Band, Results};
use crate::report::stations::mean;

/// A row.
pub(super) struct HeatRow {
    /// What it is of.
    pub(super) label: String,
    /// Shares of one, interval by interval.
    pub(super) bands: Vec<Band>,
}

impl HeatRow {
    /// Its mean over time.
    pub(super) fn mean(&self) -> f64 {
        mean(self.bands.iter().map(|band| band.mean).filter(|mean| mean.is_finite()))
    }

    /// Its highest value.
    pub(super) fn peak(&self) -> f64 {
        self.bands.iter().map(|band| band.mean).fold(f64::NAN, f64::max)
    }
}

/// A heat map of shares.
pub(super) struct HeatMap {
    /// Its title.
    pub(super) title: String,
    /// What it shows, in a line.
    pub(super) subtitle: String,
    /// Its rows, from the top.
    pub(super) rows: Vec<HeatRow>,
}

/// Steps of the scale; cells of one step are drawn together.
const STEPS: f64 = 25.0;
/// Size of labels \[px].
const LABEL: f64 = 12.0;
/// Space for the column of peaks \[px].
const PEAKS: i32 = 64;
/// Space for labels of time and the title of its axis \[px].
const BOTTOM: i32 = 46;

impl HeatMap {
    /// Draws the map.
    pub(super) fn draw(&self, results: &Results) -> String {
        let label_px =
            self.rows.iter().map(|row| text_width(&row.label, LABEL)).fold(0.0, f64::max).min(260.0);
        let left = MARGIN + label_px.ceil() as i32 + 12;
        let plot_px = WIDTH as i32 - MARGIN - PEAKS - left;
        let strip = Strip::new(results, f64::from(plot_px));
        let key_px = if strip.key.is_empty() { 0 } else { KEY };
        let top = HEADER + key_px + strip.rows.max(1) as i32 * TAG_ROW + 8;
        let count = self.rows.len() as i32;
        let row_px = ((HEIGHT as i32 - top - BOTTOM) / count).clamp(18, 40);
        let plot = Plot { left, top, width: plot_px, row: row_px, bottom: top + count * row_px };
        drawn((plot.bottom + BOTTOM) as u32, |canvas| {
            legend::title(canvas, &self.title, &self.subtitle);
            legend::scale(canvas, colour);
            legend::key(canvas, &strip.key);
            write(canvas, "peak", 11.0, SOFT, Align::Right, (WIDTH as i32 - MARGIN, top - 10));
            self.cells(canvas, &plot, results);
            plot.frame(canvas, &strip, &TimeAxis::new(results.duration.as_secs_f64()));
        })
    }

    fn cells(&self, canvas: &Canvas<'_>, plot: &Plot, results: &Results) {
        let end_s = results.duration.as_secs_f64().max(1e-9);
        let x = |time_s: f64| plot.left + (time_s / end_s * f64::from(plot.width)).round() as i32;
        for (index, row) in self.rows.iter().enumerate() {
            let top = plot.top + index as i32 * plot.row;
            let middle = top + plot.row / 2;
            let label = elided(&row.label, LABEL, f64::from(plot.left - MARGIN - 10));
            write(canvas, &label, LABEL, INK, Align::Right, (plot.left - 8, middle));
            let peak = format!("{:.0} %", row.peak() * 100.0);
            write(canvas, &peak, LABEL, INK, Align::Right, (WIDTH as i32 - MARGIN, middle));
            for (from_s, to_s, step) in runs(&results.series.times_s, &row.bands) {
                let corners = [(x(from_s), top), (x(to_s.min(end_s)), top + plot.row - 2)];
                let colour = colour((step + 0.5) / STEPS);
                canvas.draw(&Rectangle::new(corners, colour.filled())).expect(IN_MEMORY);
            }
        }
    }
}

/// Where cells are \[px].
struct Plot {
    left: i32,
    top: i32,
    width: i32,
    row: i32,
    bottom: i32,
}

impl Plot {
    /// Windows above the cells, time below them.
    fn frame(&self, canvas: &Canvas<'_>, strip: &Strip, time: &TimeAxis) {
        let x = |time_s: f64| self.left + (time_s / time.end_s * f64::from(self.width)).round() as i32;
        for tag in &strip.tags {
            let at = (self.left + tag.middle_px as i32, self.top - 10 - tag.row as i32 * TAG_ROW);
            write(canvas, &tag.text, TAG, SOFT, Align::Middle, at);
        }
        for edge in strip.marks.iter().flat_map(|mark| [mark.span_s.0, mark.span_s.1]) {
            // Dark on light cells and light on dark ones.
            let ends = [(x(edge), self.top - 4), (x(edge), self.bottom)];
            canvas.draw(&PathElement::new(ends, WHITE.stroke_width(3))).expect(IN_MEMORY);
            canvas.draw(&PathElement::new(ends, INK.stroke_width(1))).expect(IN_MEMORY);
        }
        let axis = [(self.left, self.bottom + 2), (self.left + self.width, self.bottom + 2)];
        canvas.draw(&PathElement::new(axis, SOFT)).expect(IN_MEMORY);
        for (at, label) in time.ticks(10.0) {
            let tick = [(x(at), self.bottom + 2), (x(at), self.bottom + 6)];
            canvas.draw(&PathElement::new(tick, SOFT)).expect(IN_MEMORY);
            write(canvas, &label, 11.0, INK, Align::Middle, (x(at), self.bottom + 15));
        }
        let middle = self.left + self.width / 2;
        write(canvas, time.title, 11.0, SOFT, Align::Middle, (middle, self.bottom + 33));
    }
}

/// Stretches of one colour: start, end \[s] and step of the scale. Intervals without a value are left out.
fn runs(times_s: &[f64], bands: &[Band]) -> Vec<(f64, f64, f64)> {
    let mut runs: Vec<(f64, f64, f64)> = Vec::new();
    let mut start_s = 0.0;
    for (end_s, band) in times_s.iter().zip(bands) {
        if band.mean.is_finite() {
            let step = (band.mean.clamp(0.0, 1.0) * STEPS).floor().min(STEPS - 1.0);
            match runs.last_mut() {
                Some(last) if last.1 == start_s && last.2 == step => last.1 = *end_s,
                Some(_) | None => runs.push((start_s, *end_s, step)),
            }
        }
        start_s = *end_s;
    }
    runs
}

/// The colour of a share: from light to dark, so that it reads in grey.
fn colour(share: f64) -> RGBColor {
    const STOPS: [(f64, [f64; 3]); 5] = [
        (0.0, [244.0, 243.0, 238.0]),
        (0.35, [249.0, 214.0, 130.0]),
        (0.6, [240.0, 148.0, 62.0]),
        (0.85, [196.0, 52.0, 47.0]),
        (1.0, [88.0, 10.0, 36.0]),
    ];
    let upper = STOPS.iter().position(|(at, _)| *at >= share).unwrap_or(STOPS.len() - 1).max(1);
    let ((from, low), (to, high)) = (STOPS[upper - 1], STOPS[upper]);
    let part = ((share - from) / (to - from)).clamp(0.0, 1.0);
    let mix = |index: usize| (low[index] + (high[index] - low[index]) * part).round() as u8;
    RGBColor(mix(0), mix(1), mix(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn darker_is_busier_in_grey() {
        let grey = |share: f64| {
            let RGBColor(red, green, blue) = colour(share);
            0.2126 * f64::from(red) + 0.7152 * f64::from(green) + 0.0722 * f64::from(blue)
        };
        let greys: Vec<f64> = (0..=20).map(|step| grey(f64::from(step) / 20.0)).collect();
        assert!(greys.windows(2).all(|pair| pair[0] > pair[1]), "{greys:?}");
    }

    #[test]
    fn equal_cells_are_one_and_gaps_stay() {
        let band = |mean: f64| Band { mean, low: mean, high: mean };
        let bands = [0.5, 0.5, f64::NAN, 0.5].map(band);
        assert_eq!(runs(&[1.0, 2.0, 3.0, 4.0], &bands), [(0.0, 2.0, 12.0), (3.0, 4.0, 12.0)]);
    }
}
