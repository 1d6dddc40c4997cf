//! Why an approval would not count, said to the person who would give it. The gate's own words
//! speak of approvals that somebody has given.

use rule::ReasonCode;

/// What an author of the release is told, if the rule lets authors count.
pub(crate) const WROTE: &str = "you wrote some of what is released";

/// A reason in words, without a full stop, by its code. Returns `None` if the message is good
/// enough, because it speaks to the person or is not about them.
pub(crate) fn why(code: &str) -> Option<&'static str> {
    ReasonCode::ALL.into_iter().find(|known| known.as_str() == code).and_then(of)
}

fn of(code: ReasonCode) -> Option<&'static str> {
    match code {
        ReasonCode::SamePerson => Some(
            "for the rule, you have given another approval of this release, and it asks for \
             different people",
        ),
        ReasonCode::NotOnRoster => {
            Some("you are not one of the people who may give this approval by the rule")
        }
        ReasonCode::Initiator => {
            Some("you started this release, or the rule cannot rule out that you did")
        }
        ReasonCode::Author => Some(
            "you wrote some of what is released, or the rule cannot rule out that you did",
        ),
        ReasonCode::TooOld => Some("your approval would be older than the rule allows"),
        ReasonCode::SupersededByRejection => Some(
            "somebody rejected this release after this approval was opened; it counts after the \
             stage is retried",
        ),
        ReasonCode::NotAPerson => Some("the rule takes you to be a machine"),
        ReasonCode::SharedRole => {
            Some("you answer through a role that several people may share, so you may be anybody")
        }
        ReasonCode::Unattributable => Some("what AWS would record does not say who you are"),
        ReasonCode::BadSignature => {
            Some("your signature does not fit the identity that AWS would record")
        }
        ReasonCode::MissingApproval
        | ReasonCode::Rejected
        | ReasonCode::NotAManualApproval
        | ReasonCode::PrincipalMismatch
        // The desk's own words: they say which key to take.
        | ReasonCode::NotSigned
        | ReasonCode::QuorumNotMet => None,
    }
}

/// The reason and what the gate would say, without a full stop at the end.
pub(crate) fn to_you(code: &str, message: &str) -> String {
    match why(code) {
        Some(why) => format!("{why}. The gate would say: {message}"),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_comes_first_in_plain_words_and_then_in_those_of_the_gate() {
        let gate = "A and B were approved by one person, alice";
        let said = to_you("same-person", gate);
        assert!(said.starts_with("for the rule, you have given another approval of this release"));
        assert!(said.ends_with(&format!(". The gate would say: {gate}")));
        for own in ["not-signed", "unheard-of"] {
            assert_eq!(to_you(own, "take another key"), "take another key");
        }
    }

    #[test]
    fn what_is_about_the_visitor_speaks_to_the_visitor() {
        for why in ReasonCode::ALL.into_iter().filter_map(of) {
            assert!(why.contains("you") || why.contains("this approval"), "{why}");
            assert!(!why.ends_with('.') && why.starts_with(char::is_lowercase), "{why}");
        }
    }
}
