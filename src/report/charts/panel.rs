//! Small multiples: panels of lines over time under one legend.

use plotters::element::DashedPathElement;
use plotters::prelude::*;

use super::axis::{Axis, Ticked, TimeAxis};
use super::canvas::{
    Align, Canvas, GRID, HEIGHT, IN_MEMORY, INK, MARGIN, SHADE, SOFT, WIDTH, drawn, elided, style, write,
};
use super::legend::{self, HEADER, KEY};
use super::strip::{Strip, TAG};
use crate::experiment::{Band, Results};

/// How a line is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct LineStyle {
    /// What the legend calls it.
    pub(super) name: &'static str,
    /// Its colour.
    pub(super) colour: RGBColor,
    /// Its width \[px].
    pub(super) width: u32,
    /// Lengths of dash and gap \[px]; `None` for a solid line.
    pub(super) dash: Option<(i32, i32)>,
    /// Whether its interval is drawn as a band.
    pub(super) band: bool,
}

impl LineStyle {
    fn shape(&self) -> ShapeStyle {
        self.colour.stroke_width(self.width)
    }

    /// A piece of the line, for the legend.
    pub(super) fn sample(&self, canvas: &Canvas<'_>, at: (i32, i32), length: i32) {
        if self.band {
            let corners = [(at.0, at.1 - 6), (at.0 + length, at.1 + 6)];
            canvas.draw(&Rectangle::new(corners, self.colour.mix(BAND).filled())).expect(IN_MEMORY);
        }
        let ends = [at, (at.0 + length, at.1)];
        match self.dash {
            None => canvas.draw(&PathElement::new(ends, self.shape())),
            Some((dash, gap)) => canvas.draw(&DashedPathElement::new(ends, dash, gap, self.shape())),
        }
        .expect(IN_MEMORY);
    }
}

/// Opacity of bands.
const BAND: f64 = 0.22;

/// One plot.
#[derive(Clone, Debug)]
pub(super) struct Panel {
    /// Its title.
    pub(super) title: String,
    /// Its axis of values.
    pub(super) axis: Axis,
    /// A style and its values, interval by interval; lines drawn later lie above.
    pub(super) lines: Vec<(LineStyle, Vec<Band>)>,
}

/// A chart of panels.
pub(super) struct Panels<'a> {
    /// Its title.
    pub(super) title: String,
    /// What it shows, in a line.
    pub(super) subtitle: String,
    /// What the legend lists.
    pub(super) legend: &'a [LineStyle],
    /// The plots.
    pub(super) panels: Vec<Panel>,
}

/// Space for labels of values, left of a plot \[px].
const LEFT: i32 = 62;
/// Space for labels of time, below a plot \[px].
const BOTTOM: i32 = 24;
/// Space for the title of the axis of time, below the last row \[px].
const TIME: i32 = 20;
/// Height of a title of a panel \[px].
const TITLE: i32 = 22;
/// Height of a row of tags \[px].
pub(super) const TAG_ROW: i32 = 15;
/// Least height of a row of panels \[px].
const LEAST: i32 = 190;
/// Space right of a plot \[px].
const RIGHT: i32 = 14;

impl Panels<'_> {
    /// Draws the chart; `None` without panels.
    pub(super) fn draw(&self, results: &Results) -> Option<String> {
        if self.panels.is_empty() {
            return None;
        }
        let columns = match self.panels.len() {
            1 => 1,
            2..=4 => 2,
            _ => 3,
        };
        let rows = self.panels.len().div_ceil(columns) as i32;
        let column_px = (WIDTH as i32 - 2 * MARGIN) / columns as i32;
        let strip = Strip::new(results, f64::from(column_px - LEFT - RIGHT));
        let top = HEADER + if strip.key.is_empty() { 0 } else { KEY };
        let row_px = ((HEIGHT as i32 - top - TIME - 6) / rows).max(LEAST);
        let height = top + rows * row_px + TIME + 6;
        let time = TimeAxis::new(results.duration.as_secs_f64());
        Some(drawn(height as u32, |canvas| {
            legend::title(canvas, &self.title, &self.subtitle);
            legend::lines(canvas, self.legend);
            legend::key(canvas, &strip.key);
            for (index, panel) in self.panels.iter().enumerate() {
                let (row, column) = (index / columns, index % columns);
                let left = MARGIN + column as i32 * column_px;
                let upper = top + row as i32 * row_px;
                let area = Area { left, top: upper, width: column_px, height: row_px };
                panel.draw(canvas, &area, &results.series.times_s, &time, &strip);
                // The lowest panel of a column names the axis for all of them.
                if index + columns >= self.panels.len() {
                    let middle = left + LEFT + (column_px - LEFT - RIGHT) / 2;
                    write(canvas, time.title, 11.0, SOFT, Align::Middle, (middle, upper + row_px + 6));
                }
            }
        }))
    }
}

/// Where a panel is \[px].
struct Area {
    left: i32,
    top: i32,
    width: i32,
    height: i32,
}

impl Panel {
    fn draw(&self, canvas: &Canvas<'_>, area: &Area, times_s: &[f64], time: &TimeAxis, strip: &Strip) {
        let plot_left = area.left + LEFT;
        let plot_px = area.width - LEFT - RIGHT;
        let plot_top = area.top + TITLE + (strip.rows as i32 * TAG_ROW + 4).max(10);
        let title = elided(&self.title, 13.0, f64::from(area.width - 20));
        write(canvas, &title, 13.0, INK, Align::Left, (area.left + 4, area.top + 12));
        for tag in &strip.tags {
            let at = (plot_left + tag.middle_px as i32, plot_top - 8 - tag.row as i32 * TAG_ROW);
            write(canvas, &tag.text, TAG, SOFT, Align::Middle, at);
        }
        let plot_height = area.top + area.height - BOTTOM - plot_top;
        let plot = canvas.clone().shrink((area.left, plot_top), (area.width - RIGHT, plot_height + BOTTOM));
        let x_ticks = time.ticks(f64::from(plot_px) / 70.0);
        let x_range = Ticked::new((0.0, time.end_s), &x_ticks);
        let y_range = Ticked::new(self.axis.range, &self.axis.ticks);
        let mut chart = ChartBuilder::on(&plot)
            .set_label_area_size(LabelAreaPosition::Left, LEFT)
            .set_label_area_size(LabelAreaPosition::Bottom, BOTTOM)
            .build_cartesian_2d(x_range, y_range)
            .expect(IN_MEMORY);
        let (low, high) = self.axis.range;
        let shaded = strip.marks.iter().filter(|mark| mark.shaded);
        chart
            .draw_series(
                shaded.map(|mark| {
                    Rectangle::new([(mark.span_s.0, low), (mark.span_s.1, high)], SHADE.filled())
                }),
            )
            .expect(IN_MEMORY);
        chart
            .configure_mesh()
            .bold_line_style(GRID)
            .light_line_style(TRANSPARENT)
            .axis_style(SOFT)
            .label_style(style(11.0, INK, Align::Left))
            .x_label_formatter(&|at| label_at(&x_ticks, *at))
            .y_label_formatter(&|at| label_at(&self.axis.ticks, *at))
            .draw()
            .expect(IN_MEMORY);
        for edge in strip.marks.iter().flat_map(|mark| [mark.span_s.0, mark.span_s.1]) {
            if edge > 0.0 && edge < time.end_s {
                let line = PathElement::new([(edge, low), (edge, high)], SOFT.mix(0.45).stroke_width(1));
                chart.draw_series([line]).expect(IN_MEMORY);
            }
        }
        for (style, bands) in &self.lines {
            for piece in pieces(times_s, bands) {
                if style.band {
                    let outline =
                        piece.iter().map(|(at, band)| (*at, self.axis.place(band.low.min(band.mean))));
                    let back =
                        piece.iter().rev().map(|(at, band)| (*at, self.axis.place(band.high.max(band.mean))));
                    let corners: Vec<(f64, f64)> = outline.chain(back).collect();
                    let polygon = Polygon::new(corners, style.colour.mix(BAND).filled());
                    chart.draw_series([polygon]).expect(IN_MEMORY);
                }
                let points: Vec<(f64, f64)> =
                    piece.iter().map(|(at, band)| (*at, self.axis.place(band.mean))).collect();
                match style.dash {
                    None => chart.draw_series(LineSeries::new(points, style.shape())).map(drop),
                    Some((dash, gap)) => {
                        chart.draw_series(DashedLineSeries::new(points, dash, gap, style.shape())).map(drop)
                    }
                }
                .expect(IN_MEMORY);
            }
        }
    }
}

fn label_at(ticks: &[(f64, String)], at: f64) -> String {
    let nearest = ticks.iter().min_by(|a, b| (a.0 - at).abs().total_cmp(&(b.0 - at).abs()));
    nearest.map_or(String::new(), |(_, label)| label.clone())
}

/// Stretches without a gap. A lone value becomes a short line, so that it is seen; an interval that does not
/// exist has no width.
fn pieces(times_s: &[f64], bands: &[Band]) -> Vec<Vec<(f64, Band)>> {
    let step_s = match times_s {
        [first, second, ..] => second - first,
        [] | [_] => 0.0,
    };
    let mut pieces: Vec<Vec<(f64, Band)>> = vec![Vec::new()];
    for (time, band) in times_s.iter().zip(bands) {
        if !band.mean.is_finite() {
            pieces.push(Vec::new());
        } else if let Some(piece) = pieces.last_mut() {
            let end = |end: f64| if end.is_finite() { end } else { band.mean };
            piece.push((*time, Band { mean: band.mean, low: end(band.low), high: end(band.high) }));
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    for piece in &mut pieces {
        if let [(time, band)] = piece[..] {
            piece.insert(0, (time - step_s / 2.0, band));
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_cuts_the_line() {
        let band = |mean: f64| Band { mean, low: mean, high: f64::NAN };
        let bands = [1.0, 2.0, f64::NAN, 3.0].map(band);
        let pieces = pieces(&[1.0, 2.0, 3.0, 4.0], &bands);
        let times: Vec<Vec<f64>> =
            pieces.iter().map(|piece| piece.iter().map(|(time, _)| *time).collect()).collect();
        assert_eq!(times, [vec![1.0, 2.0], vec![3.5, 4.0]]);
        assert_eq!(pieces[0][0].1.high, 1.0);
    }
}
