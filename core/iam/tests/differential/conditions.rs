//! Conditions with every operator, and contexts for them.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

/// Operators, keys for them, and wanted values.
type Kind = (&'static [&'static str], &'static [&'static str], &'static [&'static str]);

const KINDS: [Kind; 8] = [
    (
        &[
            "StringEquals",
            "StringNotEquals",
            "StringEqualsIgnoreCase",
            "StringNotEqualsIgnoreCase",
            "StringLike",
            "StringNotLike",
        ],
        &[
            "aws:username",
            "AWS:PrincipalTag/slot",
            "aws:PrincipalTag/Team",
            "aws:TagKeys",
            "aws:CalledVia",
        ],
        &[
            "alice",
            "Alice",
            "A",
            "b*",
            "?",
            "*",
            "blue",
            "${aws:username}",
            "${aws:PrincipalTag/Slot}",
            "${aws:PrincipalTag/Team, 'blue'}",
            "al${*}",
            "${aws:PrincipalTag/Slot}*",
            "cloudformation.amazonaws.com",
        ],
    ),
    (
        &[
            "NumericEquals",
            "NumericNotEquals",
            "NumericLessThan",
            "NumericLessThanEquals",
            "NumericGreaterThan",
            "NumericGreaterThanEquals",
        ],
        &["aws:MultiFactorAuthAge", "s3:max-keys"],
        &["0", "10", "10.0", "9.5", "-1", "3600"],
    ),
    (
        &[
            "DateEquals",
            "DateNotEquals",
            "DateLessThan",
            "DateLessThanEquals",
            "DateGreaterThan",
            "DateGreaterThanEquals",
        ],
        &["aws:CurrentTime", "aws:TokenIssueTime"],
        &[
            "2026-01-31T12:00:00Z",
            "2026-01-31T13:00:00+01:00",
            "2026-01-31",
            "2026-02",
            "2026-01-31T12:00:00.5Z",
            "1769860800",
        ],
    ),
    (
        &["Bool"],
        &["aws:MultiFactorAuthPresent", "aws:SecureTransport"],
        &["true", "false", "True", "${aws:SecureTransport}"],
    ),
    (&["BinaryEquals"], &["app:Digest"], &["QUJD", "QUI="]),
    (
        &["IpAddress", "NotIpAddress"],
        &["aws:SourceIp", "aws:VpcSourceIp"],
        &[
            "203.0.113.0/24",
            "203.0.113.7",
            "203.0.113.7/31",
            "2001:db8:1234:5678::/64",
            "10.0.0.0/8",
        ],
    ),
    (
        &["ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike"],
        &["aws:SourceArn", "aws:PrincipalArn"],
        &[
            "arn:aws:iam::111122223333:user/release/alice",
            "arn:aws:iam::*:user/*/${aws:username}",
            "arn:aws:sns:*:111122223333:*",
            "arn:aws:sns:us-*:111122223333:topic-?",
            "*",
            "${aws:PrincipalArn}",
        ],
    ),
    (
        &["Null"],
        &["aws:username", "aws:PrincipalTag/Slot", "aws:TagKeys", "aws:TokenIssueTime"],
        &["true", "false"],
    ),
];

/// Keys with one value, and their values. Then keys with several.
const SINGLE: [(&str, &[&str]); 14] = [
    ("aws:username", &["alice", "Alice", "al*"]),
    ("aws:PrincipalTag/Slot", &["A", "B", "b*", ""]),
    ("aws:PrincipalTag/Team", &["blue", "alice"]),
    ("aws:MultiFactorAuthAge", &["0", "10", "9.5", "300"]),
    ("s3:max-keys", &["10", "-1", "many"]),
    ("aws:CurrentTime", &["2026-01-31T12:00:00Z", "2026-01-30T23:59:59Z", "2026-02-01T00:00:00Z"]),
    ("aws:TokenIssueTime", &["2026-01-31T00:00:00Z", "1769860800"]),
    ("aws:MultiFactorAuthPresent", &["true", "false"]),
    ("aws:SecureTransport", &["true", "false"]),
    ("app:Digest", &["QUJD", "QUI="]),
    ("aws:SourceIp", &["203.0.113.7", "203.0.113.6", "10.1.2.3", "2001:db8:1234:5678::1"]),
    ("aws:VpcSourceIp", &["10.1.2.3"]),
    (
        "aws:SourceArn",
        &[
            "arn:aws:sns:us-east-1:111122223333:topic-a",
            "arn:aws:sns:us-east-1:111122223333:a:b",
            "x",
        ],
    ),
    ("aws:PrincipalArn", &["arn:aws:iam::111122223333:user/release/alice"]),
];
const SEVERAL: [(&str, &[&str]); 2] = [
    ("aws:TagKeys", &["A", "blue", "alice"]),
    ("aws:CalledVia", &["cloudformation.amazonaws.com", "athena.amazonaws.com"]),
];

/// A `Condition` block, or none.
pub(crate) fn block() -> impl Strategy<Value = Option<Value>> {
    prop::option::weighted(
        0.5,
        prop::collection::vec(condition(select(&KINDS[..]), 1), 1..=2).prop_map(written),
    )
}

/// A block of conditions on the keys that are known about a user before the request.
pub(crate) fn block_about_the_user() -> impl Strategy<Value = Option<Value>> {
    let texts: Kind = (
        KINDS[0].0,
        &["aws:username", "aws:PrincipalTag/Slot", "aws:PrincipalTag/Other"],
        KINDS[0].2,
    );
    let arns: Kind = (KINDS[6].0, &["aws:PrincipalArn"], &KINDS[6].2[..4]);
    let null: Kind = (
        KINDS[7].0,
        &["aws:username", "aws:PrincipalTag/Slot", "aws:PrincipalTag/Other"],
        KINDS[7].2,
    );
    let kinds = prop_oneof![Just(texts), Just(arns), Just(null)];
    prop::option::weighted(0.4, prop::collection::vec(condition(kinds, 0), 1..=2).prop_map(written))
}

fn written(conditions: Vec<(String, &'static str, Value)>) -> Value {
    let mut block: BTreeMap<String, BTreeMap<&str, Value>> = BTreeMap::new();
    for (operator, key, values) in conditions {
        block.entry(operator).or_default().insert(key, values);
    }
    json!(block)
}

/// Conditions of these kinds. `strays` of 20 have a key of another kind.
fn condition(
    kinds: impl Strategy<Value = Kind>,
    strays: u32,
) -> impl Strategy<Value = (String, &'static str, Value)> {
    kinds.prop_flat_map(move |(operators, keys, values)| {
        let set = select(&["", "", "", "ForAllValues:", "ForAnyValue:"][..]);
        let suffix = select(&["", "", "", "IfExists"][..]);
        let key = prop_oneof![20 - strays => select(keys), strays => select(&SINGLE[..]).prop_map(|(key, _)| key)];
        let values = prop_oneof![
            select(values).prop_map(|one| json!(one)),
            subsequence(values, 1..=2).prop_map(|some| json!(some)),
        ];
        (set, select(operators), suffix, key, values).prop_map(|(set, operator, suffix, key, values)| {
            let operator = match operator {
                "Null" => operator.to_owned(),
                _ => format!("{set}{operator}{suffix}"),
            };
            (operator, key, values)
        })
    })
}

/// The context of a request.
pub(crate) fn context() -> impl Strategy<Value = BTreeMap<String, Vec<String>>> {
    let single = SINGLE.map(|(key, values)| {
        let value = prop::option::weighted(0.75, select(values));
        value
            .prop_map(move |value| value.map(|value| (key.to_owned(), vec![value.to_owned()])))
            .boxed()
    });
    let several = SEVERAL.map(|(key, values)| {
        let some = prop::option::weighted(0.75, subsequence(values, 1..=2));
        some.prop_map(move |some| {
            some.map(|some| (key.to_owned(), some.into_iter().map(str::to_owned).collect()))
        })
        .boxed()
    });
    single
        .into_iter()
        .chain(several)
        .collect::<Vec<_>>()
        .prop_map(|keys| keys.into_iter().flatten().collect())
}
