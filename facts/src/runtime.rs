//! Whether a program runs as a Lambda function.

/// What the runtime library needs and panics without (AWS Lambda Developer Guide, "Defined runtime
/// environment variables").
const NEEDED: [&str; 4] = [
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
];

/// A variable of Lambda's runtime that this process lacks, so that it cannot be a function.
#[must_use]
pub fn missing_variable() -> Option<&'static str> {
    NEEDED.into_iter().find(|name| std::env::var_os(name).is_none())
}
