//! How an error is said with what caused it.

use std::error::Error;

/// An error and its sources in one line, each after a colon. A source that the error in front of it
/// already quotes at its end is not said again.
#[must_use]
pub fn with_sources(error: &dyn Error) -> String {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        if !message.ends_with(&text) {
            message.push_str(": ");
            message.push_str(&text);
        }
        source = cause.source();
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum Problem {
        #[error("the file cannot be used")]
        File(#[source] Box<Self>),
        #[error("it is not a list: {0}")]
        Quoted(#[source] Box<Self>),
        #[error("line 1 is empty")]
        Cause,
    }

    #[test]
    fn each_cause_is_said_once() {
        let quoted = Problem::Quoted(Box::new(Problem::Cause));
        let said = "the file cannot be used: it is not a list: line 1 is empty";
        assert_eq!(with_sources(&Problem::File(Box::new(quoted))), said);
        let said = "the file cannot be used: line 1 is empty";
        assert_eq!(with_sources(&Problem::File(Box::new(Problem::Cause))), said);
        assert_eq!(with_sources(&Problem::Cause), "line 1 is empty");
    }
}
