//! What is a policy, and what errors say about texts that are not.

#![cfg(test)]

use iam::Policy;

fn read(statement: &str) -> Result<Policy, String> {
    let document = format!(r#"{{"Version": "2012-10-17", "Statement": {statement}}}"#);
    Policy::identity(&document).map_err(|error| error.to_string())
}

#[test]
fn an_error_says_what_was_expected() {
    let rest = r#""Action": "s3:GetObject""#;
    for (statement, told) in [
        ("1", "expected"),
        (r#"{"Effect": "Allow", "Action": {}, "Resource": "*"}"#, "expected a string"),
        (r#"{"Effect": "Allow", "Action": null, "Resource": "*"}"#, "neither `Action`"),
        (
            &format!(r#"{{"Effect": "Allow", {rest}, "Resource": [1]}}"#),
            "invalid type: integer `1`, expected a text",
        ),
        (
            &format!(r#"{{"Effect": "Allow", {rest}, "Resource": "*", "Condition": []}}"#),
            "invalid type: sequence, expected an object",
        ),
        (
            &format!(
                r#"{{"Effect": "Allow", {rest}, "Resource": "*",
                    "Condition": {{"Bool": {{"a:b": null}}}}}}"#
            ),
            "invalid type: null, expected one or a list of them",
        ),
        (
            &format!(
                r#"{{"Effect": "Allow", {rest}, "Resource": "*",
                    "Condition": {{"Bool": {{"a:b": [null]}}}}}}"#
            ),
            "invalid type: null, expected a text, a number or a boolean",
        ),
        (
            &format!(r#"{{"Effect": "Allow", "Principal": 1, {rest}, "Resource": "*"}}"#),
            "invalid type: integer `1`, expected `*` or an object of principals",
        ),
        (
            &format!(
                r#"[{{"Effect": "Allow", {rest}, "Resource": "*"}},
                   {{"Effect": "Allow", {rest}}}]"#
            ),
            "its statement number 2 has neither `Resource` nor `NotResource`",
        ),
    ] {
        let error = read(statement).unwrap_err();
        assert!(error.contains(told), "{statement}: {error}");
    }
}

/// AWS accepts numbers and booleans in place of their text.
#[test]
fn a_condition_value_may_be_any_scalar() {
    let values = |written: &str| -> Vec<String> {
        let statement = format!(
            r#"{{"Effect": "Allow", "Action": "*", "Resource": "*",
                "Condition": {{"StringEquals": {{"a:b": {written}}}}}}}"#
        );
        let policy = read(&statement).unwrap();
        let conditions = policy.statements.iter().flat_map(|statement| &statement.conditions);
        conditions.flat_map(|condition| condition.values()).map(str::to_owned).collect()
    };
    for (written, texts) in [
        (r#""x""#, vec!["x"]),
        ("true", vec!["true"]),
        ("7", vec!["7"]),
        ("-7", vec!["-7"]),
        ("0.5", vec!["0.5"]),
        (r#"["x", true, 7, -7, 0.5]"#, vec!["x", "true", "7", "-7", "0.5"]),
    ] {
        assert_eq!(values(written), texts, "{written}");
    }
}

#[test]
fn policies_are_equal_if_their_resources_are() {
    let of = |resource: &str| {
        read(&format!(r#"{{"Effect": "Allow", "Action": "*", "Resource": "{resource}"}}"#)).unwrap()
    };
    assert_eq!(of("arn:aws:s3:::a"), of("arn:aws:s3:::a"));
    assert_ne!(of("arn:aws:s3:::a"), of("arn:aws:s3:::b"));
}
