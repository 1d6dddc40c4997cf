//! The period that a report covers.

use std::str::FromStr;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::history::PipelineExecution;

/// A point in time as users write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// This long ago: `90d`.
    Ago(SignedDuration),
    /// A day in UTC: `2026-01-31`.
    Day(Date),
    /// A time with its offset: `2026-01-31T12:00:00Z`.
    At(Timestamp),
}

/// Why a text is not a point in time.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` is not a point in time; write a number of hours, days or weeks ago (`12h`, `90d`, \
     `4w`), a day (`2026-01-31`) or a time (`2026-01-31T12:00:00Z`)"
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

/// How long ago something may have happened, as users write it: `1h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Age(pub SignedDuration);

/// Why a text is not an age.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` is not an age; write a number of minutes, hours, days or weeks (`30m`, `12h`, `90d`, \
     `4w`)"
)]
pub struct AgeError(String);

impl FromStr for Age {
    type Err = AgeError;

    fn from_str(text: &str) -> Result<Self, AgeError> {
        let minutes = text.strip_suffix('m').and_then(|count| count.parse::<u32>().ok());
        let minutes = minutes.map(|count| SignedDuration::from_mins(count.into()));
        minutes.or_else(|| ago(text)).map(Self).ok_or_else(|| AgeError(text.to_owned()))
    }
}

fn ago(text: &str) -> Option<SignedDuration> {
    let hours = [("h", 1), ("d", 24), ("w", 7 * 24)]
        .into_iter()
        .find_map(|(unit, hours)| Some((text.strip_suffix(unit)?, hours)));
    let (count, hours) = hours?;
    let count: u32 = count.parse().ok()?;
    // A limit of a hundred years keeps every sum within range.
    let hours = i64::from(count).checked_mul(hours).filter(|hours| *hours <= 24 * 36_525)?;
    Some(SignedDuration::from_hours(hours))
}

/// The executions that started between two times. Without a time, an end is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// Started at this time or later.
    pub since: Option<Timestamp>,
    /// Started before this time.
    pub until: Option<Timestamp>,
}

/// Why two moments are not a period.
#[derive(Debug, thiserror::Error)]
pub enum PeriodError {
    /// It ends before it begins.
    #[error(
        "--since {since:.0} is not before --until {until:.0}; exchange them or widen the period"
    )]
    Empty {
        /// Where it would begin.
        since: Timestamp,
        /// Where it would end.
        until: Timestamp,
    },
    /// A moment is too far from now.
    #[error("a time of the period is out of range; write one of the last hundred years")]
    Range(#[source] jiff::Error),
}

impl Period {
    /// The period between two moments, relative to `now`. A day at its end is included.
    ///
    /// # Errors
    /// [`PeriodError`] if it is empty or out of range.
    pub fn new(
        since: Option<Moment>,
        until: Option<Moment>,
        now: Timestamp,
    ) -> Result<Self, PeriodError> {
        let since = since.map(|moment| start_of(moment, now)).transpose()?;
        let until = until.map(|moment| end_of(moment, now)).transpose()?;
        match (since, until) {
            (Some(since), Some(until)) if since >= until => {
                Err(PeriodError::Empty { since, until })
            }
            _ => Ok(Self { since, until }),
        }
    }

    /// Whether an execution started in the period.
    ///
    /// INVARIANT (fail closed): an execution without a start time is always included.
    pub fn contains(&self, execution: &PipelineExecution) -> bool {
        execution.started.is_none_or(|started| {
            self.since.is_none_or(|since| since <= started)
                && self.until.is_none_or(|until| started < until)
        })
    }
}

fn start_of(moment: Moment, now: Timestamp) -> Result<Timestamp, PeriodError> {
    match moment {
        Moment::Ago(duration) => now.checked_sub(duration).map_err(PeriodError::Range),
        Moment::Day(day) => midnight(day),
        Moment::At(at) => Ok(at),
    }
}

fn end_of(moment: Moment, now: Timestamp) -> Result<Timestamp, PeriodError> {
    match moment {
        Moment::Day(day) => midnight(day.tomorrow().map_err(PeriodError::Range)?),
        Moment::Ago(_) | Moment::At(_) => start_of(moment, now),
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
    fn a_period_includes_its_last_day() {
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
    fn an_age_may_be_in_minutes() {
        let minutes = |text: &str| text.parse::<Age>().map(|Age(age)| age.as_mins()).ok();
        assert_eq!(minutes("30m"), Some(30));
        assert_eq!(minutes("1h"), Some(60));
        assert_eq!(minutes("2d"), Some(2 * 24 * 60));
        assert_eq!(minutes("5217w"), Some(5217 * 7 * 24 * 60), "less than a hundred years");
        assert_eq!(minutes("5218w"), None);
        for text in ["", "m", "-1m", "1", "1.5h", "2026-01-31"] {
            assert_eq!(minutes(text), None, "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
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
