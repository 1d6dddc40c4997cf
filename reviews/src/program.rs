//! The function, in the words of its messages.

use job::Program;

/// The reviews function.
pub(crate) static PROGRAM: Program = Program {
    name: "reviews function",
    log_target: env!("CARGO_PKG_NAME"),
    version: env!("TWO_PERSON_RULE_VERSION"),
    runs: "inside AWS Lambda",
    without_answer: "Nothing could be found out",
    found: "The commits were looked at",
};
