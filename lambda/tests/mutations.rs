//! The whole gate, from the bytes of the event through the AWS SDK to the report. Every reply of
//! CodePipeline may be mutated: the gate never panics, and never reports a success if the approvals
//! are not enough.

#![cfg(test)]

#[path = "wire/example.rs"]
mod example;
mod wire;

use example::{EXECUTION, replies};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use wire::{Reply, SECRET, event, well};

/// The operations that one invocation called, and everything that it logged.
fn invoke(event: &str, replies: Vec<Reply>) -> (Vec<String>, String) {
    let wire::Invocation { calls, journal, error } = example::invoke(event, replies);
    let operations = calls.into_iter().map(|(operation, _)| operation).collect();
    (operations, journal + &error.unwrap_or_default())
}

/// The values that a mutation inserts. None of them is the name of a person or a valid status.
fn junk() -> impl Strategy<Value = Option<Value>> {
    prop_oneof![
        2 => Just(None),
        1 => Just(Some(Value::Null)),
        1 => select(vec![json!(""), json!(0), json!(-1), json!(1e300), json!(true), json!([]), json!({}), json!([[]]), json!("\u{0}"), json!("Failed"),
            json!("InProgress"), json!("arn:aws:iam::111122223333:root"), json!(EXECUTION), json!("Other")]).prop_map(Some),
        1 => "[ -~é]{0,40}".prop_map(|text| Some(json!(text))),
    ]
}

/// Pointers to all places in a JSON value.
fn places(value: &Value, at: String, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| {
            places(value, format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), found)
        }),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .for_each(|(index, value)| places(value, format!("{at}/{index}"), found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    found.push(at);
}

fn mutate(value: &mut Value, place: &Index, junk: Option<Value>) {
    let mut found = Vec::new();
    places(value, String::new(), &mut found);
    let place = place.get(&found);
    match (junk, place.rsplit_once('/')) {
        (None, Some((parent, key))) => match value.pointer_mut(parent).unwrap() {
            Value::Object(map) => drop(map.remove(&key.replace("~1", "/").replace("~0", "~"))),
            Value::Array(list) => drop(list.remove(key.parse().unwrap())),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        },
        (junk, _) => *value.pointer_mut(place).unwrap() = junk.unwrap_or_default(),
    }
}

#[test]
fn the_unmutated_gate_reaches_both_verdicts() {
    let bob = Some("arn:aws:iam::111122223333:user/bob");
    let (called, written) = invoke(&event().to_string(), well(replies("Succeeded", bob)));
    assert!(called.contains(&"PutJobSuccessResult".to_owned()), "{called:?} {written}");
    let (called, written) = invoke(
        &event().to_string(),
        well(replies("Succeeded", Some("arn:aws:iam::111122223333:user/eng/Alice"))),
    );
    assert!(called.contains(&"PutJobFailureResult".to_owned()), "{called:?} {written}");
    assert!(!called.contains(&"PutJobSuccessResult".to_owned()), "{called:?} {written}");
}

/// 10,000 random and mutated events and replies. Four threads share them, because an invocation
/// mostly waits between retries.
#[test]
fn no_panic_and_no_success_whatever_comes() {
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| mutated_invocations(2_500));
        }
    });
}

fn mutated_invocations(cases: u32) {
    let bases = vec![
        ("Succeeded", Some("arn:aws:iam::111122223333:user/alice")),
        ("Succeeded", Some("arn:aws:sts::111122223333:assumed-role/Deployer/alice")),
        ("Succeeded", Some("arn:aws:iam::111122223333:root")),
        ("Succeeded", None),
        ("Failed", Some("arn:aws:iam::111122223333:user/bob")),
        ("InProgress", None),
    ];
    let events = prop_oneof![
        3 => Just(None),
        2 => (any::<Index>(), junk()).prop_map(|mutation| Some(Ok(mutation))),
        1 => "[ -~]{0,60}".prop_map(|text| Some(Err(text))),
    ];
    let mutations = proptest::collection::vec((any::<Index>(), any::<Index>(), junk()), 0..4);
    let wire = prop_oneof![
        6 => Just(None),
        1 => (any::<Index>(), select(vec![400_u16, 403, 429, 500, 503])).prop_map(|(reply, status)| Some((reply, status, None))),
        1 => (any::<Index>(), any::<Index>()).prop_map(|(reply, cut)| Some((reply, 200, Some(cut)))),
    ];
    let mut runner = TestRunner::new(Config { cases, ..Config::default() });
    runner
        .run(
            &(select(bases), events, mutations, wire),
            |((status, second), event_mutation, mutations, wire)| {
                let mut event = event();
                let event = match event_mutation {
                    None => event.to_string(),
                    Some(Ok((place, junk))) => {
                        mutate(&mut event, &place, junk);
                        event.to_string()
                    }
                    Some(Err(text)) => text,
                };
                let mut replies = replies(status, second);
                for (reply, place, junk) in mutations {
                    let reply = reply.index(replies.len());
                    mutate(&mut replies[reply].1, &place, junk);
                }
                let mut replies = well(replies);
                if let Some((reply, status, cut)) = wire {
                    let reply = reply.index(replies.len());
                    let Reply { status: old_status, body, .. } = &mut replies[reply];
                    *old_status = status;
                    if let Some(cut) = cut {
                        body.truncate(cut.index(body.len() + 1));
                    }
                }
                let (called, written) = invoke(&event, replies);
                prop_assert!(
                    !called.contains(&"PutJobSuccessResult".to_owned()),
                    "{called:?} {written}"
                );
                prop_assert!(!written.contains(SECRET));
                let reports =
                    called.iter().filter(|operation| *operation == "PutJobFailureResult").count();
                prop_assert!(reports <= 1, "{reports} reports");
                // If the details name another function, the job is left to that function.
                let not_ours =
                    written.contains("is not this function's") && called == ["GetJobDetails"];
                prop_assert!(
                    reports == 1 || called.is_empty() || not_ours,
                    "no report after {called:?} {written}"
                );
                Ok(())
            },
        )
        .unwrap();
}
