//! Why a request to AWS got no answer, in one sentence with the next step.

use std::error::Error;
use std::fmt;

/// Why a request got no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// There are no credentials.
    NoCredentials,
    /// The profile cannot be used: why.
    Profile(String),
    /// The credentials could not be loaded: why.
    NotLoaded(String),
    /// The name of the host is not known.
    NoName,
    /// Nothing listens at the address.
    NothingListens,
    /// No answer came in time.
    Late,
    /// The address shows a certificate that is not trusted.
    Certificate,
    /// Anything else: the innermost problem.
    Other(String),
}

impl Unanswered {
    /// Tells it from an error of the AWS SDK and its sources. The SDK has no type for most of these
    /// problems, so their texts decide. Its debug output, which says more, is for nobody to read.
    #[must_use]
    pub fn of(error: &(dyn Error + 'static)) -> Self {
        let mut texts = Vec::new();
        let mut next = Some(error);
        while let Some(error) = next {
            texts.push(error.to_string());
            next = error.source();
        }
        let has =
            |parts: &[&str]| texts.iter().any(|text| parts.iter().any(|part| text.contains(part)));
        let told = |line: &str| {
            let text = line.rsplit("could not be built: ").next().unwrap_or(line);
            text.trim_matches(['.', ' ']).to_owned()
        };
        // The first line of the innermost text, or the innermost line with one of these parts.
        let innermost = || told(texts.last().and_then(|it| it.lines().next()).unwrap_or_default());
        let line_with = |parts: &[&str]| {
            let mut lines = texts.iter().rev().flat_map(|text| text.lines());
            let line = lines.find(|line| parts.iter().any(|part| line.contains(part)));
            told(line.unwrap_or_default())
        };
        if has(&["was not defined"]) {
            Self::Profile(line_with(&["was not defined"]))
        } else if has(&["not properly configured"]) {
            Self::Profile(innermost())
        } else if has(&["credential provider was not enabled", "IMDS session token"]) {
            Self::NoCredentials
        } else if has(&["dns error", "failed to lookup address"]) {
            Self::NoName
        } else if has(&["Connection refused"]) {
            Self::NothingListens
        } else if has(&["timed out", "timeout", "deadline has elapsed"]) {
            Self::Late
        } else if has(&["certificate", "UnknownIssuer"]) {
            Self::Certificate
        } else if has(&["loading credentials"]) {
            Self::NotLoaded(innermost())
        } else {
            Self::Other(innermost())
        }
    }

    /// Whether it is certain that the request was not sent.
    #[must_use]
    pub fn was_not_sent(&self) -> bool {
        !matches!(self, Self::Late | Self::Other(_))
    }

    /// Whether the same request may be answered a moment later.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::NotLoaded(_) | Self::NoName | Self::NothingListens | Self::Late | Self::Other(_)
        )
    }
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCredentials => f.write_str(
                "there are no AWS credentials, or the named profile has none; sign in, for example \
                 with `aws configure`, or choose one of `aws configure list-profiles`",
            ),
            Self::Profile(why) => write!(
                f,
                "the profile of your AWS configuration cannot be used ({why}); correct it with \
                 `aws configure`"
            ),
            Self::NotLoaded(why) => write!(
                f,
                "the credentials could not be loaded ({why}); sign in again, for example with \
                 `aws sso login`"
            ),
            Self::NoName => f.write_str(
                "the name of the host is not known; check the network, the region and the address",
            ),
            Self::NothingListens => {
                f.write_str("nothing listens at the address; check --endpoint-url")
            }
            Self::Late => {
                f.write_str("no answer came in time; check the network, the region and the address")
            }
            Self::Certificate => f.write_str(
                "the certificate of the address is not trusted; check --endpoint-url, or whether \
                 a proxy replaces certificates",
            ),
            Self::Other(why) => {
                write!(f, "{why}; check the network, the region and the address")
            }
        }
    }
}

/// The next step if AWS does not accept the credentials, by its error code. `None` if the code is
/// about something else (IAM API Reference, "Common Error Types").
#[must_use]
pub fn credentials_advice(code: &str) -> Option<&'static str> {
    match code {
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => {
            Some("the session has ended; sign in again")
        }
        "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "InvalidAccessKeyId"
        | "AuthFailure" => {
            Some("AWS does not know these credentials; check the profile, or sign in again")
        }
        "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "IncompleteSignature"
        | "IncompleteSignatureException"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException" => {
            Some("check the secret access key and the clock of this machine")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Layer(&'static str, Option<Box<Layer>>);

    impl fmt::Display for Layer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Layer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_deref().map(|it| it as &(dyn Error + 'static))
        }
    }

    #[test]
    fn the_texts_of_the_sdk_say_what_is_wrong() {
        for (text, expected) in [
            (
                "the credential provider was not enabled: no credentials found",
                Unanswered::NoCredentials,
            ),
            (
                "ProfileFile provider could not be built: profile missing aws_secret_access_key",
                Unanswered::Other("profile missing aws_secret_access_key".to_owned()),
            ),
            ("dns error: failed to lookup address information", Unanswered::NoName),
            ("Connection refused (os error 111)", Unanswered::NothingListens),
            ("HTTP connect timeout occurred after 3.1s", Unanswered::Late),
            ("invalid peer certificate: UnknownIssuer", Unanswered::Certificate),
        ] {
            let error = Layer("dispatch failure", Some(Box::new(Layer(text, None))));
            assert_eq!(Unanswered::of(&error), expected);
        }
    }

    fn all() -> Vec<Unanswered> {
        let why = || "no such file".to_owned();
        vec![
            Unanswered::NoCredentials,
            Unanswered::Profile(why()),
            Unanswered::NotLoaded(why()),
            Unanswered::NoName,
            Unanswered::NothingListens,
            Unanswered::Late,
            Unanswered::Certificate,
            Unanswered::Other(why()),
        ]
    }

    /// A request that may have arrived must not be sent again as if it had not.
    #[test]
    fn only_a_late_or_unknown_end_leaves_open_whether_the_request_arrived() {
        let open: Vec<_> = all().into_iter().filter(|it| !it.was_not_sent()).collect();
        assert_eq!(open, [Unanswered::Late, Unanswered::Other("no such file".to_owned())]);
    }

    #[test]
    fn what_only_the_user_can_correct_does_not_pass() {
        let stays: Vec<_> = all().into_iter().filter(|it| !it.may_pass()).collect();
        let profile = Unanswered::Profile("no such file".to_owned());
        assert_eq!(stays, [Unanswered::NoCredentials, profile, Unanswered::Certificate]);
    }

    #[test]
    fn each_problem_has_its_own_next_step_and_says_why() {
        let texts: Vec<String> = all().iter().map(ToString::to_string).collect();
        for (text, part) in texts.iter().zip([
            "`aws configure list-profiles`",
            "(no such file); correct it with `aws configure`",
            "(no such file); sign in again",
            "the name of the host is not known; check",
            "nothing listens at the address; check --endpoint-url",
            "no answer came in time; check",
            "a proxy replaces certificates",
            "no such file; check the network",
        ]) {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn credentials_that_aws_refuses_get_the_step_that_helps() {
        for (code, part) in [
            ("ExpiredToken", "the session has ended"),
            ("ExpiredTokenException", "the session has ended"),
            ("RequestExpired", "the session has ended"),
            ("InvalidClientTokenId", "check the profile"),
            ("UnrecognizedClientException", "check the profile"),
            ("InvalidAccessKeyId", "check the profile"),
            ("AuthFailure", "check the profile"),
            ("SignatureDoesNotMatch", "the clock of this machine"),
            ("InvalidSignatureException", "the clock of this machine"),
            ("IncompleteSignature", "the clock of this machine"),
            ("MissingAuthenticationToken", "the clock of this machine"),
        ] {
            assert!(credentials_advice(code).is_some_and(|it| it.contains(part)), "{code}");
        }
        assert_eq!(credentials_advice("AccessDeniedException"), None);
    }
}
