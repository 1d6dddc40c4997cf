//! Which executions are asked about.

use std::str::FromStr;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::history::PipelineExecution;

/// A point in time as people write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// So long ago: `90d`.
    Ago(SignedDuration),
    /// A day in UTC: `2026-01-31`.
    Day(Date),
    /// A time with its offset: `2026-01-31T12:00:00Z`.
    At(Timestamp),
}

/// Why a text is no point in time.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` is no point in time; write a number of hours, days or weeks ago (`12h`, `90d`, `4w`), a day (`2026-01-31`) or a time (`2026-01-31T12:00:00Z`)"
)]
pub struct MomentError(String);

impl FromStr for Moment {
    type Err = MomentError;

    fn from_str(text: &str) -> Result<Self, MomentError> {
        ago(text)
            .map(Self::Ago)
            .or_else(|| {
                text.parse().ok().filter(|_| text.len() == "2026-01-31".len()).map(Self::Day)
            })
            .or_else(|| text.parse().ok().map(Self::At))
            .ok_or_else(|| MomentError(text.to_owned()))
    }
}

fn ago(text: &str) -> Option<SignedDuration> {
    let hours = [("h", 1), ("d", 24), ("w", 7 * 24)]
        .into_iter()
        .find_map(|(unit, hours)| Some((text.strip_suffix(unit)?, hours)));
    let (count, hours) = hours?;
    let count: u32 = count.parse().ok()?;
    // A hundred years are enough, and keep every sum within range.
    let hours = i64::from(count).checked_mul(hours).filter(|hours| *hours <= 24 * 36_525)?;
    Some(SignedDuration::from_hours(hours))
}

/// From when until when executions started. What is open at an end reaches as far as the history
/// does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// At this time or later.
    pub since: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
}

/// Why there is no such period.
#[derive(Debug, thiserror::Error)]
pub enum PeriodError {
    #[error(
        "--since {since:.0} is not before --until {until:.0}; exchange them or widen the period"
    )]
    Empty { since: Timestamp, until: Timestamp },
    #[error("a time of the period is out of range; write one of the last hundred years")]
    Range(#[source] jiff::Error),
}

impl Period {
    pub fn new(
        since: Option<Moment>,
        until: Option<Moment>,
        now: Timestamp,
    ) -> Result<Self, PeriodError> {
        let since = since.map(|moment| first(moment, now)).transpose()?;
        let until = until.map(|moment| end(moment, now)).transpose()?;
        match (since, until) {
            (Some(since), Some(until)) if since >= until => {
                Err(PeriodError::Empty { since, until })
            }
            _ => Ok(Self { since, until }),
        }
    }

    /// INVARIANT (fail closed): an execution of which nobody knows when it started is asked about.
    pub fn contains(&self, execution: &PipelineExecution) -> bool {
        execution.started.is_none_or(|started| {
            self.since.is_none_or(|since| since <= started)
                && self.until.is_none_or(|until| started < until)
        })
    }
}

fn first(moment: Moment, now: Timestamp) -> Result<Timestamp, PeriodError> {
    match moment {
        Moment::Ago(duration) => now.checked_sub(duration).map_err(PeriodError::Range),
        Moment::Day(day) => midnight(day),
        Moment::At(at) => Ok(at),
    }
}

/// A day is meant to its end.
fn end(moment: Moment, now: Timestamp) -> Result<Timestamp, PeriodError> {
    match moment {
        Moment::Day(day) => midnight(day.tomorrow().map_err(PeriodError::Range)?),
        Moment::Ago(_) | Moment::At(_) => first(moment, now),
    }
}

fn midnight(day: Date) -> Result<Timestamp, PeriodError> {
    let midnight = day.to_zoned(TimeZone::UTC).map_err(PeriodError::Range)?;
    Ok(midnight.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(since: Option<&str>, until: Option<&str>) -> Result<Period, String> {
        let now = "2026-03-31T12:00:00Z".parse().unwrap();
        let read = |text: Option<&str>| text.map(|text| text.parse::<Moment>().unwrap());
        Period::new(read(since), read(until), now).map_err(|error| error.to_string())
    }

    #[test]
    fn a_period_holds_its_last_day_whole() {
        let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        let quarter = period(Some("2026-01-01"), Some("2026-03-31")).unwrap();
        assert_eq!(
            (quarter.since, quarter.until),
            (at("2026-01-01T00:00:00Z"), at("2026-04-01T00:00:00Z"))
        );
        assert_eq!(period(Some("90d"), None).unwrap().since, at("2025-12-31T12:00:00Z"));
        assert_eq!(
            period(None, Some("2026-03-31T14:00:00+02:00")).unwrap().until,
            at("2026-03-31T12:00:00Z")
        );
    }

    #[test]
    fn what_is_no_period_is_refused() {
        assert!(
            period(Some("2026-02-01"), Some("2026-01-01")).unwrap_err().contains("is not before")
        );
        for text in [
            "",
            "d",
            "-1d",
            "90",
            "90m",
            "4294967295w",
            "2026-13-01",
            "2026-01-31T12:00:00",
            "yesterday",
        ] {
            assert!(text.parse::<Moment>().is_err(), "{text}");
        }
    }
}
