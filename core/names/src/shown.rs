//! Text that others chose, safe to print.

/// Escapes the control characters and invisible characters of a text, as `\n` or `\u{202e}`.
///
/// Such characters could clear the terminal, begin a line that looks like ours, reverse the text
/// that follows (Unicode Standard Annex 9) or make two different names look the same. The result is
/// for people: the original text cannot be recovered from it.
#[must_use]
pub fn shown(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || is_invisible(c) {
            safe.extend(c.escape_default());
        } else {
            safe.push(c);
        }
    }
    safe
}

/// Characters that have no width, change the direction of writing or break lines: the
/// Default_Ignorable_Code_Point characters of the Unicode Character Database except the variation
/// selectors, which emoji need, and the line and paragraph separators.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_from_outside_cannot_start_or_reverse_a_line() {
        assert_eq!(shown("alice\nRefused: no\u{1b}[2K"), "alice\\nRefused: no\\u{1b}[2K");
        assert_eq!(shown("\u{202e}bob\u{200b}"), "\\u{202e}bob\\u{200b}");
        assert_eq!(shown("\u{85}\u{2028}\u{feff}\u{e0041}"), "\\u{85}\\u{2028}\\u{feff}\\u{e0041}");
    }

    #[test]
    fn names_of_people_stay_as_they_are() {
        for text in ["Zoë", "李小龍", "محمد", "🎉❤\u{fe0f}", r"C:\Users\alice", "a\u{300}"]
        {
            assert_eq!(shown(text), text);
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_safe_and_stays_as_it_is(text in any::<String>()) {
            let safe = shown(&text);
            prop_assert!(!safe.chars().any(|c| c.is_control() || is_invisible(c)));
            prop_assert_eq!(shown(&safe), safe);
        }
    }
}
