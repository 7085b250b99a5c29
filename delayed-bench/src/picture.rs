//! A saved run as a picture: a bar for each peer, on a logarithmic scale.

use std::fmt::Write;

use crate::peers::{self, OURS};
use crate::report::{Graph, Report};
use crate::workloads::Kind;

/// The width of a panel's bars, and of the names to the left of them.
const BARS: f64 = 300.0;
const NAMES: f64 = 80.0;
/// The room for the figure to the right of the longest bar.
const FIGURES: f64 = 70.0;
const ROW: f64 = 22.0;
/// Above the bars of a panel: its title. Below them: the scale.
const TITLE: f64 = 34.0;
const SCALE: f64 = 34.0;
/// Above all panels.
const HEAD: f64 = 74.0;
const MARGIN: f64 = 20.0;

/// The scale's ends, in ns a task.
const LEAST: f64 = 1.0;
const MOST: f64 = 10_000.0;

/// Total ns a task of each peer, one panel a workload.
pub(crate) fn svg(report: &Report) -> String {
    let kinds: Vec<Kind> =
        Kind::ALL.into_iter().filter(|&kind| report.graphs.iter().any(|graph| graph.workload == kind)).collect();
    let names: Vec<&str> = peers::ALL
        .iter()
        .map(|peer| peer.name)
        .filter(|name| report.graphs.iter().any(|graph| graph.peer == *name))
        .collect();
    let (panel_width, panel_height) = (NAMES + BARS + FIGURES + MARGIN, TITLE + ROW * names.len() as f64 + SCALE);
    let (width, height) = (2.0 * panel_width + MARGIN, HEAD + panel_height * kinds.len().div_ceil(2) as f64 + MARGIN);
    let mut svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" font-family="Helvetica, Arial, DejaVu Sans, sans-serif" font-size="12">
<title>Time a task, of delayed and its peers</title>
<style>
  text {{ fill: #222 }} .small {{ font-size: 10.5px; fill: #555 }} .head {{ font-size: 17px; font-weight: bold }} .title {{ font-size: 13px; font-weight: bold }}
  .grid {{ stroke: #ddd }} .one {{ fill: #9aa5b1 }} .two {{ fill: #cfd6dd }} .ours.one {{ fill: #d9480f }} .ours.two {{ fill: #f5b18d }} .strong {{ font-weight: bold }}
</style>
<rect width="{width}" height="{height}" fill="#fff"/>
<text x="{MARGIN}" y="30" class="head">What a task costs: build, plan, run and drop, ns of CPU time</text>
"##
    );
    legend(&mut svg);
    for (number, &kind) in kinds.iter().enumerate() {
        let left = MARGIN + (number % 2) as f64 * panel_width;
        let top = HEAD + (number / 2) as f64 * panel_height;
        panel(&mut svg, report, kind, &names, left, top);
    }
    svg.push_str("</svg>\n");
    svg
}

fn legend(svg: &mut String) {
    let mut x = MARGIN;
    let items = [("one", "one worker"), ("two", "two workers"), ("ours one", ""), ("ours two", "delayed")];
    for (class, text) in items {
        let _ = writeln!(svg, r#"<rect x="{x}" y="43" width="14" height="12" class="{class}"/>"#);
        let _ = writeln!(svg, r#"<text x="{}" y="53">{text}</text>"#, x + 19.0);
        // The two colours of `delayed` stand side by side, before one name.
        x += if text.is_empty() { 14.0 } else { 100.0 };
    }
    let _ = writeln!(svg, r#"<text x="{x}" y="53" class="small">logarithmic scale; shorter is better</text>"#);
}

fn panel(svg: &mut String, report: &Report, kind: Kind, names: &[&str], left: f64, top: f64) {
    let zero = left + NAMES;
    let bottom = top + TITLE + ROW * names.len() as f64;
    let _ = writeln!(svg, r#"<text x="{zero}" y="{}" class="title">{kind} {}</text>"#, top + 22.0, kind.about());
    let mut tick = LEAST;
    while tick <= MOST {
        let x = zero + length(tick);
        let _ = writeln!(svg, r#"<line x1="{x}" y1="{}" x2="{x}" y2="{bottom}" class="grid"/>"#, top + TITLE - 4.0);
        let label = if tick < 1000.0 { format!("{tick} ns") } else { format!("{} us", tick / 1000.0) };
        let y = bottom + 14.0;
        let _ = writeln!(svg, r#"<text x="{x}" y="{y}" class="small" text-anchor="middle">{label}</text>"#);
        tick *= 10.0;
    }
    for (row, name) in names.iter().enumerate() {
        let y = top + TITLE + ROW * row as f64;
        let (strong, ours) = if *name == OURS { ("strong", "ours ") } else { ("", "") };
        let middle = y + ROW / 2.0 + 2.0;
        let _ =
            writeln!(svg, r#"<text x="{}" y="{middle}" text-anchor="end" class="{strong}">{name}</text>"#, zero - 6.0);
        let total = |workers| report.graph(kind, name, workers).map(|graph: &Graph| graph.total.cpu.median);
        // A peer that knows one worker only says nothing more with two.
        let parallel = peers::ALL.iter().any(|peer| peer.name == *name && peer.parallel);
        let bars: Vec<(&str, f64)> = [("one", total(1)), ("two", total(2).filter(|_| parallel))]
            .into_iter()
            .filter_map(|(class, total)| Some((class, total?)))
            .collect();
        let thick = (ROW - 6.0) / bars.len().max(1) as f64;
        for (number, (class, total)) in bars.iter().enumerate() {
            let y = y + 1.0 + thick * number as f64;
            let width = length(*total);
            let _ = writeln!(
                svg,
                r#"<rect x="{zero}" y="{y}" width="{width:.1}" height="{thick}" class="{ours}{class}"/>"#
            );
        }
        let figures: Vec<String> = bars.iter().map(|(_, total)| figure(*total)).collect();
        let end = zero + bars.iter().map(|(_, total)| length(*total)).fold(0.0, f64::max) + 5.0;
        let figures = figures.join(" / ");
        let _ = writeln!(svg, r#"<text x="{end:.1}" y="{middle}" class="small {strong}">{figures}</text>"#);
    }
}

fn length(ns: f64) -> f64 {
    BARS * ((ns / LEAST).log10() / (MOST / LEAST).log10()).clamp(0.0, 1.0)
}

fn figure(ns: f64) -> String {
    match ns {
        ns if ns < 10.0 => format!("{ns:.1}"),
        ns => format!("{ns:.0}"),
    }
}
