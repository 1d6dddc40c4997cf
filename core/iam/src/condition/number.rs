//! Numbers of any size, compared exactly.
//!
//! IAM User Guide, "Numeric condition operators": "an integer or decimal value".

use std::cmp::Ordering;

/// A decimal number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Number {
    /// Never `true` for zero, so that `-0` equals `0`.
    negative: bool,
    /// Without leading zeros.
    whole: String,
    /// Without trailing zeros.
    fraction: String,
}

impl Number {
    /// Reads digits, with an optional sign and an optional fraction.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = match digits.split_once('.') {
            Some((_, "")) => return None,
            Some((whole, fraction)) => (whole, fraction),
            None => (digits, ""),
        };
        if whole.is_empty() || !whole.chars().chain(fraction.chars()).all(|c| c.is_ascii_digit()) {
            return None;
        }
        let whole = whole.trim_start_matches('0');
        let fraction = fraction.trim_end_matches('0');
        Some(Self {
            negative: negative && !(whole.is_empty() && fraction.is_empty()),
            whole: whole.to_owned(),
            fraction: fraction.to_owned(),
        })
    }

    fn size(&self) -> (usize, &str, &str) {
        (self.whole.len(), &self.whole, &self.fraction)
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => self.size().cmp(&other.size()),
            (true, true) => other.size().cmp(&self.size()),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(text: &str) -> Number {
        Number::parse(text).unwrap()
    }

    #[test]
    fn numbers_are_digits_with_a_sign_and_a_fraction() {
        for no in
            ["", "-", "+", ".", ".5", "5.", "1e3", "0x1", "1,000", " 1", "--1", "1.2.3", "NaN", "٣"]
        {
            assert_eq!(Number::parse(no), None, "{no}");
        }
        assert_eq!(number("-0.0"), number("0"));
        assert_eq!(number("+007.50"), number("7.5"));
        assert!(number("9007199254740993") > number("9007199254740992"));
        assert!(number("1.10") < number("1.9"));
    }

    proptest! {
        #[test]
        fn the_order_is_that_of_the_numbers(a in -99_999_i64..99_999, b in -99_999_i64..99_999) {
            let decimal = |n: i64| {
                let sign = if n < 0 { "-" } else { "" };
                Number::parse(&format!("{sign}{}.{:02}", n.abs() / 100, n.abs() % 100)).unwrap()
            };
            prop_assert_eq!(decimal(a).cmp(&decimal(b)), a.cmp(&b));
        }
    }
}
