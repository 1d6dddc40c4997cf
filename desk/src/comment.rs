//! The comment that travels with an answer, and the signature in it.

use signing::Signature;

/// The longest comment that PutApprovalResult takes, in characters (CodePipeline API model,
/// `ApprovalSummary`).
pub(crate) const LIMIT: usize = 512;

/// How a signature begins.
const MARK: &str = "[2pr1.";

/// Why a comment cannot be sent.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CommentError {
    #[error(
        "the comment contains `{MARK}` or another version of it, which begins a signature, and an \
         answer carries only one; leave it out of --comment"
    )]
    Marked,
    #[error(
        "the comment has {given} characters, but only {left} fit{}; shorten --comment",
        if *left < LIMIT { " beside the signature" } else { "" }
    )]
    TooLong { given: usize, left: usize },
}

/// Checks the words of the approver, before there is a signature.
///
/// # Errors
/// [`CommentError`] if they can never be sent.
pub(crate) fn check(words: &str) -> Result<(), CommentError> {
    // The gate's own reader decides, so that the words never spoil the signature.
    if words.contains(MARK) || !matches!(Signature::from_comment(words), Ok(None)) {
        return Err(CommentError::Marked);
    }
    fits(words, LIMIT)
}

/// The whole comment: the words of the approver, and the signature as a separate word.
///
/// # Errors
/// [`CommentError`] if it cannot be sent.
pub(crate) fn compose(words: &str, signature: Option<&Signature>) -> Result<String, CommentError> {
    check(words)?;
    let Some(signature) = signature.map(ToString::to_string) else {
        return Ok(words.to_owned());
    };
    if words.is_empty() {
        return fits(&signature, LIMIT).map(|()| signature);
    }
    fits(words, LIMIT.saturating_sub(signature.chars().count() + 1))?;
    Ok(format!("{words} {signature}"))
}

fn fits(words: &str, left: usize) -> Result<(), CommentError> {
    match words.chars().count() {
        given if given > left => Err(CommentError::TooLong { given, left }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNED: &str = "[2pr1.s.bmrQd4ily64.qljWt0H27SbmgjsnXhUVnw.AAAAC3NzaC1lZDI1NTE5AAAAQJPPUlxWz7sQ8nB1zbv7ev_43ozfQMaITwgra3ftb3vRH8Wc54bXw0cdaYDU4Vgk5J6YaqBfLuanv0OIy6EZuwc]";

    #[test]
    fn the_signature_is_a_word_of_its_own_after_the_words_of_the_approver() {
        let signature = Signature::from_comment(SIGNED).unwrap().unwrap();
        let composed = |words| compose(words, Some(&signature)).unwrap();
        assert_eq!(composed("ok"), format!("ok {SIGNED}"));
        assert_eq!(composed(""), SIGNED);
        assert_eq!(Signature::from_comment(&composed("a b")).unwrap(), Some(signature));
        assert_eq!(compose("ok", None).unwrap(), "ok");
    }

    #[test]
    fn what_would_be_cut_off_or_could_be_read_as_a_signature_is_refused() {
        let signature = Signature::from_comment(SIGNED).unwrap().unwrap();
        let left = LIMIT - SIGNED.len() - 1;
        assert_eq!(compose(&"é".repeat(left), Some(&signature)).unwrap().chars().count(), LIMIT);
        assert_eq!(
            compose(&"é".repeat(left + 1), Some(&signature)),
            Err(CommentError::TooLong { given: left + 1, left })
        );
        assert_eq!(compose(&"é".repeat(LIMIT), None).unwrap().chars().count(), LIMIT);
        assert_eq!(
            check(&"é".repeat(LIMIT + 1)),
            Err(CommentError::TooLong { given: 513, left: 512 })
        );
        let long =
            SIGNED.replace("[2pr1.s.", "[2pr1.p.").replace(']', &format!(".{}]", "A".repeat(400)));
        let long = Signature::from_comment(&long).unwrap().unwrap();
        let given = long.to_string().len();
        assert_eq!(compose("", Some(&long)), Err(CommentError::TooLong { given, left: LIMIT }));
        for words in ["[2pr1.", "see [2pr1.s.x]", SIGNED, "[2pr2.", "see[2pr10.s.x]"] {
            assert_eq!(check(words), Err(CommentError::Marked), "{words}");
        }
    }
}
