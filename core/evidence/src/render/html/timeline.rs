//! The timeline: one mark per execution, one lane per verdict.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use maud::{Markup, html};

use crate::judge::evaluate::Evaluated;
use crate::judge::verdict::Verdict;
use crate::render::human::verdict_counts;
use crate::report::Report;

const WIDTH: i64 = 1000;
/// Where the lanes begin. Their names are on the left.
const LEFT: i64 = 120;
const RIGHT: i64 = 20;
const LANE: i64 = 34;
const TOP: i64 = 24;
const TICKS: i64 = 6;

pub(super) fn section(report: &Report) -> Markup {
    let times = || report.executions.iter().filter_map(|evaluated| evaluated.execution.started);
    let (Some(first), Some(last)) = (times().min(), times().max()) else {
        return html! {};
    };
    let lanes: Vec<Verdict> =
        Verdict::ALL.into_iter().filter(|verdict| report.count(*verdict) > 0).collect();
    let scale = Scale::new(first, last);
    let bottom = TOP + LANE * i64::try_from(lanes.len()).unwrap_or(0);
    html! {
        section aria-labelledby="timeline" {
            h2 #timeline { "Timeline" }
            div.wide tabindex="0" role="region" aria-label="Timeline, scrolls sideways" {
                svg.timeline viewBox={ "0 0 " (WIDTH) " " (bottom + 28) } role="img" aria-labelledby="timeline-title" aria-describedby="timeline-text" {
                    title #timeline-title { "Executions over time, by verdict" }
                    desc #timeline-text { (description(report, first, last)) }
                    @for tick in 0..=TICKS {
                        @let x = LEFT + (WIDTH - LEFT - RIGHT) * tick / TICKS;
                        line.tick x1=(x) x2=(x) y1=(TOP - 8) y2=(bottom) {}
                        text x=(x) y=(bottom + 18) text-anchor=(anchor(tick)) { (scale.label(tick)) }
                    }
                    @for (lane, verdict) in (0_i64..).zip(&lanes) {
                        @let y = TOP + LANE * lane + LANE / 2;
                        text x="0" y=(y + 4) { (verdict.as_str()) " (" (report.count(*verdict)) ")" }
                        line.lane x1=(LEFT) x2=(WIDTH - RIGHT) y1=(y) y2=(y) {}
                        // What to look at is drawn last, on top.
                        @for look in [false, true] {
                            @for evaluated in marks(report, *verdict, look) {
                                @if let Some(started) = evaluated.execution.started {
                                    (mark(evaluated, scale.x(started), y))
                                }
                            }
                        }
                    }
                }
            }
            p.key {
                span { svg.sample.timeline-key viewBox="0 0 12 12" aria-hidden="true" { circle cx="6" cy="6" r="5" fill="currentColor" {} } "an execution" }
                span { svg.sample.timeline-key viewBox="0 0 12 12" aria-hidden="true" { path d="M6 0l6 6-6 6-6-6z" fill="currentColor" {} } "an execution to look at" }
            }
        }
    }
}

fn marks(report: &Report, verdict: Verdict, look: bool) -> impl Iterator<Item = &Evaluated> {
    let executions = report.executions.iter();
    executions
        .filter(move |evaluated| evaluated.verdict == verdict && evaluated.is_exceptional() == look)
}

/// A circle, or a diamond for what to look at. Colour alone would not distinguish them for all
/// readers.
fn mark(evaluated: &Evaluated, x: i64, y: i64) -> Markup {
    let verdict = evaluated.verdict.as_str();
    let title = super::table::started(evaluated);
    html! {
        @if evaluated.is_exceptional() {
            path.mark.look.(verdict) d={ "M" (x) " " (y - 8) "l8 8-8 8-8-8z" } { title { (title) } }
        } @else {
            circle.mark.(verdict) cx=(x) cy=(y) r="5" { title { (title) } }
        }
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

fn anchor(tick: i64) -> &'static str {
    match tick {
        0 => "start",
        TICKS => "end",
        _ => "middle",
    }
}

/// Converts times to positions.
struct Scale {
    first: i64,
    span: i64,
}

impl Scale {
    fn new(first: Timestamp, last: Timestamp) -> Self {
        let first = first.as_millisecond();
        Self { first, span: (last.as_millisecond() - first).max(1) }
    }

    fn x(&self, at: Timestamp) -> i64 {
        let room = i128::from(WIDTH - LEFT - RIGHT);
        let offset = i128::from(at.as_millisecond() - self.first) * room / i128::from(self.span);
        LEFT + i64::try_from(offset).unwrap_or(0)
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
