//! The timeline: one lane per verdict, and a mark that leads to each execution. Executions that
//! would cover each other share a mark.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use maud::{Markup, html};

use super::table::started;
use crate::judge::evaluate::Evaluated;
use crate::judge::verdict::Verdict;
use crate::render::human::verdict_counts;
use crate::report::Report;

/// The height of a lane and of the top margin, in pixels.
const LANE: i64 = 44;
const TOP: i64 = 8;
const TICKS: i64 = 6;
/// The places of marks along a lane. More of them would cover each other.
const PLACES: i64 = 180;

/// The executions at one place of a lane, newest first, each with its position in the report.
type Mark<'a> = Vec<(usize, &'a Evaluated)>;

pub(super) fn section(report: &Report) -> Markup {
    let Some((first, last)) = report.covered() else {
        return html! {};
    };
    let lanes: Vec<Verdict> =
        Verdict::ALL.into_iter().filter(|verdict| report.count(*verdict) > 0).collect();
    let scale = Scale::new(first, last);
    let bottom = TOP + LANE * i64::try_from(lanes.len()).unwrap_or(0);
    html! {
        section aria-labelledby="timeline" {
            h2 #timeline { "Timeline" }
            svg.timeline width="100%" height=(bottom + 28) role="group" aria-label="Executions over time, by verdict" aria-describedby="timeline-text" {
                desc #timeline-text { (description(report, first, last)) }
                @for tick in 0..=TICKS {
                    @let x = percent(tick * PLACES / TICKS);
                    line.tick x1=(x) x2=(x) y1=(TOP) y2=(bottom) {}
                    text.odd[tick % 2 == 1] x=(x) y=(bottom + 18) text-anchor=(anchor(tick)) { (scale.label(tick)) }
                }
                @for (lane, verdict) in (0_i64..).zip(&lanes) {
                    @let top = TOP + LANE * lane;
                    @let y = top + 30;
                    text x="0" y=(top + 14) { (verdict.as_str()) " (" (report.count(*verdict)) ")" }
                    line.lane x1="0" x2="100%" y1=(y) y2=(y) {}
                    // What to look at is drawn last, on top.
                    @for look in [false, true] {
                        @for (place, executions) in marks(report, *verdict, look, &scale) {
                            (mark(&executions, look, &percent(place), y))
                        }
                    }
                }
            }
            p.key {
                span { svg.sample.timeline-key viewBox="0 0 12 12" aria-hidden="true" { circle cx="6" cy="6" r="5" fill="currentColor" {} } "an execution, or several" }
                span { svg.sample.timeline-key viewBox="0 0 12 12" aria-hidden="true" { path d="M6 0l6 6-6 6-6-6z" fill="currentColor" {} } "to look at" }
            }
        }
    }
}

/// The marks of a lane by their places.
fn marks<'a>(
    report: &'a Report,
    verdict: Verdict,
    look: bool,
    scale: &Scale,
) -> BTreeMap<i64, Mark<'a>> {
    let mut marks: BTreeMap<i64, Mark<'a>> = BTreeMap::new();
    for (position, evaluated) in report.executions.iter().enumerate() {
        let is_here = evaluated.verdict == verdict && evaluated.is_exceptional() == look;
        if let Some(at) = evaluated.execution.started.filter(|_| is_here) {
            marks.entry(scale.place(at)).or_default().push((position, evaluated));
        }
    }
    marks
}

/// A link to the newest execution of a mark: a circle, or a diamond for what to look at. Colour
/// alone would not distinguish them for all readers.
fn mark(executions: &Mark<'_>, look: bool, x: &str, y: i64) -> Markup {
    let Some((position, newest)) = executions.first() else {
        return html! {};
    };
    let name = name(executions, newest);
    let verdict = newest.verdict.as_str();
    html! {
        // The table has the same links for the keyboard, so only what to look at is a stop here.
        a href={ "#e" (position) } aria-label=(name) tabindex=[(!look).then_some("-1")] {
            title { (name) }
            @if look {
                svg x=(x) y=(y) overflow="visible" { path.mark.look.(verdict) d="M0-8l8 8-8 8-8-8z" {} }
            } @else {
                circle.mark.(verdict) cx=(x) cy=(y) r="5" {}
            }
        }
    }
}

fn name(executions: &Mark<'_>, newest: &Evaluated) -> String {
    let verdict = newest.verdict.as_str();
    match executions.last().filter(|_| executions.len() > 1) {
        Some((_, oldest)) => format!(
            "{} executions from {} to {}, {verdict}",
            executions.len(),
            started(oldest),
            started(newest)
        ),
        None => format!("{}, {verdict}", started(newest)),
    }
}

fn description(report: &Report, first: Timestamp, last: Timestamp) -> String {
    let day = |at: Timestamp| at.strftime("%Y-%m-%d").to_string();
    format!(
        "From {} to {}: {}. The table below has each of them.",
        day(first),
        day(last),
        verdict_counts(report)
    )
}

/// A place as a part of the width, with room for half a mark at both ends.
fn percent(place: i64) -> String {
    let hundredths = 150 + place * 9700 / PLACES;
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

fn anchor(tick: i64) -> &'static str {
    match tick {
        0 => "start",
        TICKS => "end",
        _ => "middle",
    }
}

/// Converts times to places.
struct Scale {
    first: i64,
    span: i64,
}

impl Scale {
    fn new(first: Timestamp, last: Timestamp) -> Self {
        let first = first.as_millisecond();
        Self { first, span: (last.as_millisecond() - first).max(1) }
    }

    fn place(&self, at: Timestamp) -> i64 {
        let offset = i128::from(at.as_millisecond() - self.first) * i128::from(PLACES);
        i64::try_from(offset / i128::from(self.span)).unwrap_or(0)
    }

    /// The label of a tick: the day, or the minute if the timeline covers less than two days.
    fn label(&self, tick: i64) -> String {
        const TWO_DAYS: SignedDuration = SignedDuration::from_hours(48);
        let at =
            i128::from(self.first) + i128::from(self.span) * i128::from(tick) / i128::from(TICKS);
        let at = i64::try_from(at).ok().and_then(|at| Timestamp::from_millisecond(at).ok());
        let format = if SignedDuration::from_millis(self.span) < TWO_DAYS {
            "%m-%d %H:%M"
        } else {
            "%Y-%m-%d"
        };
        at.map(|at| at.to_zoned(TimeZone::UTC).strftime(format).to_string()).unwrap_or_default()
    }
}
