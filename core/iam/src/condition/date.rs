//! Dates in conditions.
//!
//! IAM User Guide, "Date condition operators": "one of the W3C implementations of the ISO 8601 date
//! formats or in epoch (UNIX) time". The formats: <https://www.w3.org/TR/NOTE-datetime>.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

/// Reads a date, which means midnight UTC; a date and a time with an offset; or seconds since 1970.
/// Four digits are a year, as in the first format of the W3C.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    if text.contains('T') {
        return text.parse().ok();
    }
    match text.len() {
        4 => midnight(&format!("{text}-01-01")),
        _ if text.bytes().skip(1).all(|b| b.is_ascii_digit()) => epoch(text),
        7 => midnight(&format!("{text}-01")),
        10 => midnight(text),
        _ => None,
    }
}

fn midnight(date: &str) -> Option<Timestamp> {
    let date: Date = date.parse().ok()?;
    Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()
}

fn epoch(text: &str) -> Option<Timestamp> {
    let seconds = text.parse().ok()?;
    Timestamp::from_second(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_formats_of_the_w3c_and_epoch_time() {
        for (text, seconds) in [
            ("1997", 852_076_800),
            ("1997-07", 867_715_200),
            ("1997-07-16", 869_011_200),
            ("1997-07-16T19:20+01:00", 869_077_200),
            ("1997-07-16T19:20:30+01:00", 869_077_230),
            ("2020-01-01T00:00:01Z", 1_577_836_801),
            ("1577836801", 1_577_836_801),
            ("0", 0),
            ("-852076800", -852_076_800),
        ] {
            assert_eq!(instant(text), Timestamp::from_second(seconds).ok(), "{text}");
        }
        assert_eq!(
            instant("1997-07-16T19:20:30.45+01:00"),
            Timestamp::from_millisecond(869_077_230_450).ok()
        );
        for no in [
            "",
            "today",
            "1997-13",
            "1997-02-30",
            "1997-07-16T19:20",
            "12a",
            "1e9",
            "99999999999999999999",
        ] {
            assert_eq!(instant(no), None, "{no}");
        }
    }
}
