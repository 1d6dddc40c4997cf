//! Long lines.

/// The most that one part of a line takes in JSON, in bytes.
///
/// Docker and ECS hand a container's lines on in pieces of at most 16 KiB if the log driver does
/// not block ("awslogs driver with non-blocking mode cause log events to split", moby issue 41794).
/// A piece of JSON could not be read, so our lines stay below that, with their keys. The limits of
/// CloudWatch Logs and SQS are higher.
pub const TEXT_LIMIT: usize = 15_800;

/// Cuts a line into parts that take at most `limit` bytes in JSON. There is always one.
pub fn parts(line: &str, limit: usize) -> impl Iterator<Item = &str> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let line = rest?;
        let at = end_of_part(line, limit);
        let (part, more) = line.split_at_checked(at)?;
        rest = (!more.is_empty()).then_some(more);
        Some(part)
    })
}

fn end_of_part(line: &str, limit: usize) -> usize {
    let mut taken = 0;
    let too_far = line.char_indices().find(|(at, c)| {
        taken += in_json(*c);
        taken > limit && *at > 0
    });
    too_far.map_or(line.len(), |(at, _)| at)
}

/// How many bytes `serde_json` writes for a character of a string.
fn in_json(c: char) -> usize {
    match c {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..='\u{1f}' => 6,
        c => c.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_is_cut_as_late_as_the_limit_allows() {
        let cut = |line: &'static str, limit| parts(line, limit).collect::<Vec<_>>();
        assert_eq!(cut("abc", 3), ["abc"]);
        assert_eq!(cut("abcd", 3), ["abc", "d"]);
        assert_eq!(cut("a\"b", 3), ["a\"", "b"]);
        assert_eq!(cut("éé\u{1}a", 6), ["éé", "\u{1}", "a"]);
    }

    #[test]
    fn a_character_that_is_longer_than_the_limit_is_a_part_of_its_own() {
        assert_eq!(parts("é\u{1}\"a", 1).collect::<Vec<_>>(), ["é", "\u{1}", "\"", "a"]);
    }

    proptest! {
        #[test]
        fn no_part_is_too_long_and_nothing_is_lost(line in any::<String>(), limit in 6..40_usize) {
            let cut: Vec<&str> = parts(&line, limit).collect();
            prop_assert_eq!(cut.concat(), line.as_str());
            prop_assert!(!cut.is_empty());
            for part in cut {
                prop_assert!(serde_json::to_string(part).unwrap().len() <= limit + 2, "{part}");
            }
        }
    }
}
