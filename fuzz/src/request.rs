//! What CI asks production for.

use release::{Request, RequestError, Wanted};
use serde_json::Value;

/// A request that is read asks for exactly one thing, and is written as one that reads as the same.
pub fn check(data: &[u8]) {
    let Ok(json) = str::from_utf8(data) else { return };
    match Request::parse(json) {
        Ok(request) => {
            let written = request.to_json().unwrap_or_default();
            let again = Request::parse(&written);
            // The last digit of a number with a fraction may be another. A proof has no numbers.
            if !matches!(&request.wanted, Wanted::Proof(proof) if has_fractions(proof)) {
                assert_eq!(again.as_ref(), Ok(&request), "{written}");
            }
            // A number that is too large cannot be a value, even in a member that nobody reads.
            let Ok(value) = serde_json::from_str::<Value>(json) else { return };
            let has = |key: &str| value.get(key).is_some_and(|value| !value.is_null());
            let is_proof = matches!(request.wanted, Wanted::Proof(_));
            assert_eq!(has("proof"), is_proof);
            assert_eq!(has("executionId"), !is_proof);
        }
        Err(RequestError::Form(problem)) => assert!(!problem.is_empty()),
        Err(RequestError::Wanted) => {}
    }
}

fn has_fractions(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64(),
        Value::Array(items) => items.iter().any(has_fractions),
        Value::Object(members) => members.values().any(has_fractions),
        Value::Null | Value::Bool(_) | Value::String(_) => false,
    }
}
