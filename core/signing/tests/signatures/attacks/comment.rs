//! Comments that carry a signature in an unusual way.

use signing::{CommentError, Signature};

use crate::authenticator::{FLAGS, Passkey, RP_ID, authenticator_data, desk, statement};

fn word() -> String {
    let client_data = desk().client_data(&statement());
    Passkey::ed25519().sign(authenticator_data(RP_ID, FLAGS, &[]), &client_data).to_string()
}

/// Otherwise an approval with a signature that nobody checked would pass as one without.
#[test]
fn a_signature_of_an_unknown_version_is_broken_and_not_missing() {
    for version in ["0", "2", "10", "01", "11"] {
        let comment = word().replace("[2pr1.", &format!("[2pr{version}."));
        let error = Signature::from_comment(&format!("ok {comment}")).unwrap_err();
        assert!(error.to_string().contains("version is unknown"), "{error}");
    }
    for comment in ["", "merged [2prs]", "[2pr]", "[2pr.]", "[2pr1", "2pr1.", "[2PR1.p]"] {
        assert_eq!(Signature::from_comment(comment), Ok(None), "{comment}");
    }
}

#[test]
fn two_signatures_are_refused_even_if_one_of_them_is_broken() {
    let word = word();
    for second in [&word, "[2pr1.", "[2pr1.x]", "[2pr2.x]", "x[2pr1.p"] {
        for comment in [format!("{word} {second}"), format!("{second} {word}")] {
            assert_eq!(Signature::from_comment(&comment), Err(CommentError::Several(2)));
        }
    }
}

/// What looks like white space separates words, and nothing else does.
#[test]
fn a_signature_is_a_separate_word() {
    let word = word();
    for separator in [' ', '\t', '\n', '\u{a0}', '\u{2028}', '\u{3000}'] {
        let comment = format!("ok{separator}{word}{separator}ok");
        assert!(matches!(Signature::from_comment(&comment), Ok(Some(_))), "{comment:?}");
    }
    for separator in ['\0', '\u{200b}', '\u{feff}', '\u{202e}', ',', '"', '`', '<'] {
        for comment in [format!("ok{separator}{word}"), format!("{word}{separator}ok")] {
            let error = Signature::from_comment(&comment).unwrap_err();
            assert!(matches!(error, CommentError::Broken(_)), "{comment:?}");
        }
    }
}

#[test]
fn a_comment_is_shown_without_its_signature_and_nothing_else_is_left_out() {
    let word = word();
    for (before, after) in
        [("", ""), ("looks good ", ""), ("ok\u{a0}", "\nship it"), ("[2pr2.x] ", " [2prs] [ok]")]
    {
        let shown = Signature::without(&format!("{before}{word}{after}"));
        let rest = format!("{before}{after}");
        assert!(shown.split_whitespace().eq(rest.split_whitespace()), "{shown}");
        assert_eq!(shown, shown.trim());
    }
    assert_eq!(Signature::without("no signature, two  spaces"), "no signature, two  spaces");
}

#[test]
fn a_broken_signature_is_refused_for_what_is_wrong_with_it() {
    let word = word();
    let (start, end) = word.rsplit_once('.').unwrap();
    for (broken, why) in [
        (word.replace("[2pr1.p", "[2pr1.x"), "its kind is neither `p` nor `s`"),
        (format!("{start}]"), "it has too few or too many fields"),
        (word.replace(']', ".AA.AA]"), "it has too few or too many fields"),
        (word.replace("[2pr1.p", "[2pr1.s"), "it has too few or too many fields"),
        (word.replace(']', ".]"), "a field is not base64url in its canonical form"),
        (format!("{start}.{}", end.trim_end_matches(']')), "it does not end with `]`"),
        (format!("ok,{word}"), "it is not a separate word"),
    ] {
        let error = Signature::from_comment(&broken).unwrap_err();
        assert_eq!(error, CommentError::Broken(why), "{broken}");
    }
}

/// Each byte string has one form, so that there is one comment for one signature.
#[test]
fn base64url_in_another_form_is_refused() {
    let word = word();
    let fields: Vec<&str> = word.trim_end_matches(']').split('.').collect();
    for (place, field) in fields.iter().enumerate().skip(2) {
        let mut others = vec![
            String::new(),
            format!("{field}="),
            format!("{field}=="),
            format!(" {field}"),
            format!("{field}\u{0}"),
            format!("+{field}"),
            format!("/{field}"),
        ];
        // The same bytes, with unused bits that are not zero.
        if field.len() % 4 != 0 {
            let (rest, last) = field.split_at(field.len() - 1);
            let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
            let next = alphabet.find(last).unwrap() + 1;
            others.push(format!("{rest}{}", alphabet.chars().nth(next).unwrap()));
        }
        for other in others {
            let mut changed = fields.clone();
            changed[place] = &other;
            let comment = format!("{}]", changed.join("."));
            assert!(Signature::from_comment(&comment).is_err(), "{comment:?}");
        }
    }
}
