//! Numbers and lists in words.

/// A number with a comma after every three digits: `3,000`.
#[must_use]
pub fn number(count: usize) -> String {
    let digits = count.to_string();
    let mut words = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            words.push(',');
        }
        words.push(digit);
    }
    words
}

/// A number with its noun, which has an `s` if there are several.
#[must_use]
pub fn counted(count: usize, noun: &str) -> String {
    format!("{} {noun}{}", number(count), if count == 1 { "" } else { "s" })
}

/// The first names of a list and how many more there are: `ann, bob, cy and 2,997 more`.
#[must_use]
pub fn first_names<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    /// The most names before the rest is counted.
    const SHOWN: usize = 3;
    let count = names.len();
    // The last name takes no more room than its number.
    let shown = if count == SHOWN + 1 { count } else { count.min(SHOWN) };
    let first: Vec<&str> = names.take(shown).collect();
    if count > shown {
        return format!("{} and {} more", first.join(", "), number(count - shown));
    }
    listed(&first)
}

/// `ann`, `ann and bob`, `ann, bob and cy`.
fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_lists_are_written_as_people_write_them() {
        for (count, words) in [(0, "0"), (999, "999"), (1000, "1,000"), (1234567, "1,234,567")] {
            assert_eq!(number(count), words);
        }
        assert_eq!(
            (counted(1, "error"), counted(0, "error")),
            ("1 error".into(), "0 errors".into())
        );
        let names = ["a", "b", "c", "d", "e", "f"];
        for (count, words) in [
            (0, ""),
            (1, "a"),
            (2, "a and b"),
            (4, "a, b, c and d"),
            (5, "a, b, c and 2 more"),
            (6, "a, b, c and 3 more"),
        ] {
            assert_eq!(first_names(names.iter().take(count).copied()), words);
        }
    }
}
