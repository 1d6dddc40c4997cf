//! Invariants of conditions, for any knowledge about the request.

#![cfg(test)]

use iam::{Condition, Context, Truth};
use jiff::Timestamp;
use proptest::prelude::*;
use proptest::sample::select;

const KEYS: [&str; 3] = ["a:one", "a:two", "a:three"];

/// Pairs of operators with values for them. The second operator negates the first.
const PAIRS: [(&str, &str, &[&str]); 8] = [
    ("StringEquals", "StringNotEquals", TEXTS),
    ("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", TEXTS),
    ("StringLike", "StringNotLike", TEXTS),
    ("ArnLike", "ArnNotLike", ARNS),
    ("ArnEquals", "ArnNotEquals", ARNS),
    ("NumericEquals", "NumericNotEquals", &["1", "1.0", "-3"]),
    ("DateEquals", "DateNotEquals", &["2020", "2020-01-01T00:00:00Z", "0"]),
    ("IpAddress", "NotIpAddress", &["10.0.0.0/8", "::/0", "10.1.2.3"]),
];

const TEXTS: &[&str] =
    &["a", "A", "b", "", "*", "?", "a*", "${a:one}", "${a:two, 'a'}", "x${a:three}*"];
const ARNS: &[&str] = &[
    "arn:aws:iam::1:user/a",
    "arn:aws:iam::*:user/?",
    "arn:*",
    "*",
    "${a:one}",
    "arn:aws:iam::1:user/${a:two}",
];

/// Operators without a negation.
const ALONE: [(&str, &[&str]); 5] = [
    ("NumericLessThan", &["1", "2.5"]),
    ("DateGreaterThanEquals", &["2020", "1577836800"]),
    ("Bool", &["true", "FALSE", "${a:one}"]),
    ("BinaryEquals", &["YQ==", "Yg=="]),
    ("Null", &["true", "false"]),
];

/// Values for requests, of every type.
const VALUES: [&str; 13] = [
    "a",
    "A",
    "ab",
    "xa",
    "",
    "*",
    "1",
    "10.1.2.3",
    "2020-01-01T00:00:00Z",
    "true",
    "YQ==",
    "arn:aws:iam::1:user/a",
    "arn:aws:iam::1:user/b:c",
];

/// The knowledge about one key.
#[derive(Clone, Debug)]
enum Known {
    Unknown,
    Present,
    Absent,
    Values(Vec<String>),
    Beginning(String),
    Since(Timestamp),
}

fn texts(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

fn some(values: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(select(values), 0..3).prop_map(|values| texts(&values))
}

fn values() -> impl Strategy<Value = Vec<String>> {
    let one = select(&VALUES[..]).prop_map(|value| texts(&[value]));
    prop_oneof![3 => one, 1 => prop::collection::vec(select(&VALUES[..]), 2..4).prop_map(|values| texts(&values))]
}

/// A request, and partial knowledge about it.
fn before_and_after() -> impl Strategy<Value = (Context, Context)> {
    let key = prop_oneof![1 => Just(None), 3 => values().prop_map(Some)];
    let veil = select(&[0, 1, 2, 3][..]);
    prop::collection::vec((key, veil), KEYS.len()).prop_map(|keys| {
        let (mut before, mut after) = (Context::new(), Context::complete());
        for (key, (values, veil)) in KEYS.iter().zip(keys) {
            let whole = values.map_or(Known::Absent, Known::Values);
            let veiled = match (&whole, veil) {
                (_, 0) => whole.clone(),
                (Known::Values(values), 3) => partly(values),
                (Known::Values(_), 1) => Known::Present,
                _ => Known::Unknown,
            };
            tell(&mut after, key, whole);
            tell(&mut before, key, veiled);
        }
        (before, after)
    })
}

/// A part of what there is to know about the values of a key.
fn partly(values: &[String]) -> Known {
    match values {
        [value] if value.starts_with("2020") => {
            Known::Since("2019-12-31T00:00:00Z".parse().unwrap())
        }
        [value] if value.is_ascii() && !value.is_empty() => {
            Known::Beginning(value.chars().take(value.len().div_ceil(2)).collect())
        }
        _ => Known::Present,
    }
}

fn tell(context: &mut Context, key: &str, known: Known) {
    match known {
        Known::Unknown => context.unknown(key),
        Known::Present => context.present(key),
        Known::Absent => context.absent(key),
        Known::Values(values) => context.set(key, values),
        Known::Beginning(beginning) => context.begins(key, beginning),
        Known::Since(first) => context.since(key, first),
    }
}

fn positive() -> impl Strategy<Value = (&'static str, &'static [&'static str])> {
    prop_oneof![
        select(&PAIRS[..]).prop_map(|(operator, _, values)| (operator, values)),
        select(&ALONE[..])
    ]
}

fn operators() -> impl Strategy<Value = (String, Vec<String>)> {
    let base = prop_oneof![
        positive(),
        select(&PAIRS[..]).prop_map(|(_, operator, values)| (operator, values)),
    ];
    let set = select(&["", "", "ForAllValues:", "ForAnyValue:"][..]);
    let suffix = select(&["", "IfExists"][..]);
    (base, set, suffix).prop_flat_map(|((base, values), set, suffix)| {
        let operator =
            if base == "Null" { base.to_owned() } else { format!("{set}{base}{suffix}") };
        (Just(operator), some(values))
    })
}

fn parse(operator: &str, values: &[String]) -> Condition {
    Condition::parse(operator, KEYS[0], values, true).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// More knowledge about a request may decide a condition, but never changes a decision.
    #[test]
    fn knowledge_overturns_nothing((operator, values) in operators(), (before, after) in before_and_after()) {
        let condition = parse(&operator, &values);
        let (early, late) = (condition.holds(&before), condition.holds(&after));
        let overturned = early == !late && early != Truth::Unknown;
        prop_assert!(!overturned, "{condition}: {early:?}, then {late:?}");
    }

    /// A negated operator gives the opposite, and `ForAllValues` with it gives the opposite of
    /// `ForAnyValue` without. One of the two is unknown if the value is of another type, or if
    /// there are several values and no set operator.
    #[test]
    fn a_negated_operator_says_the_opposite(
        ((operator, negated, values), wanted) in select(&PAIRS[..]).prop_flat_map(|pair| (Just(pair), some(pair.2))),
        (before, after) in before_and_after(),
    ) {
        for context in [before, after] {
            let one = parse(operator, &wanted).holds(&context);
            let other = parse(negated, &wanted).holds(&context);
            prop_assert!(one != other || one == Truth::Unknown, "{operator}: {one:?}, {negated}: {other:?}");
            let any = parse(&format!("ForAnyValue:{operator}"), &wanted).holds(&context);
            let all = parse(&format!("ForAllValues:{negated}"), &wanted).holds(&context);
            prop_assert!(any != all || any == Truth::Unknown, "any {operator}: {any:?}, all {negated}: {all:?}");
            if values == TEXTS {
                prop_assert_eq!(all, !any);
            }
        }
    }

    /// In a complete request, `IfExists` holds without the key, but not after `ForAnyValue`. With
    /// the key it equals the operator.
    #[test]
    fn if_exists_is_or_null((operator, values) in operators(), (_, after) in before_and_after()) {
        prop_assume!(operator != "Null" && !operator.starts_with("ForAnyValue"));
        let plain = operator.strip_suffix("IfExists").unwrap_or(&operator);
        let null = parse("Null", &texts(&["true"])).holds(&after);
        prop_assert_eq!(
            parse(&format!("{plain}IfExists"), &values).holds(&after),
            null.or(parse(plain, &values).holds(&after))
        );
    }

    /// More wanted values never turn a positive operator from `Yes` to `No`.
    #[test]
    fn wanted_values_are_alternatives(
        (operator, values) in positive().prop_flat_map(|(operator, values)| (Just(operator), some(values))),
        (_, after) in before_and_after(),
    ) {
        let each = values.iter().map(|value| parse(operator, std::slice::from_ref(value)).holds(&after));
        let missing = parse(operator, &[]).holds(&after);
        prop_assert_eq!(parse(operator, &values).holds(&after), each.fold(missing, Truth::or));
    }

    #[test]
    fn everything_is_read_or_refused(operator in ".*", key in ".*", value in ".*", named in operators(), variables: bool) {
        let contexts = [Context::new(), Context::complete()];
        for operator in [&operator, &named.0] {
            for mut context in contexts.clone() {
                context.set(&key, [value.clone()]);
                if let Ok(condition) = Condition::parse(operator, &key, std::slice::from_ref(&value), variables) {
                    prop_assert_eq!(condition.key(), key.as_str());
                    let _ = condition.holds(&context);
                }
            }
        }
    }
}
