//! Policies that are hard to decide, each in its own way, and that are decided all the same.

#![cfg(test)]

use iam::{Alphabet, Context, Frame, FramePart, Grants, Limits, Part, Policy, reach};
use serde_json::{Value, json};

const NAME: &Alphabet =
    &Alphabet::new(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.@_-");

/// The answer for statements about a name with a slash and `A` after it.
fn found(statements: &[Value]) -> Option<String> {
    let policy = json!({"Version": "2012-10-17", "Statement": statements});
    let policy = Policy::identity(&policy.to_string()).unwrap();
    let grants = Grants { identity: vec![((), &policy)], limits: Limits::default() };
    let clauses = grants.about("codepipeline:putapprovalresult", &Context::new());
    let glob = FramePart::Glob("*", NAME);
    let frame = Frame::new(&[FramePart::Text("arn:p:s:"), glob, FramePart::Text(":n:"), glob]);
    reach(&frame, &[Part { suffix: "/A", clauses: &clauses }], false).unwrap()
}

fn statement(effect: &str, element: &str, resources: &[String]) -> Value {
    json!({"Effect": effect, "Action": "*", element: resources})
}

/// One walk through all of them has more states than can be visited.
#[test]
fn a_few_patterns_with_wildcards_between_all_letters_are_asked_about_one_by_one() {
    let resources: Vec<String> = (0..12)
        .map(|number| {
            let letters: Vec<String> =
                format!("1234x{number}yz").chars().map(String::from).collect();
            format!("arn:p:s:*:n:*{}*/A", letters.join("*"))
        })
        .collect();
    let name = found(&[statement("Allow", "Resource", &resources)]).unwrap();
    let least = "arn:p:s:x:n:1234x0yz".len();
    assert_eq!(name.len(), least, "{name}");
}

/// Each denies all but some names, and no name is among those of two of them.
#[test]
fn denials_that_spare_different_names_leave_nothing() {
    let spared = |number| format!("arn:p:s:*:n:own-{number}-*/A");
    let everything = statement("Allow", "Resource", &["*".to_owned()]);
    let sparing = |number| statement("Deny", "NotResource", &[spared(number)]);
    let all: Vec<Value> = std::iter::once(everything.clone()).chain((0..30).map(sparing)).collect();
    assert_eq!(found(&all), None);
    // What both spare is left.
    let both = [everything, sparing(1), sparing(1)];
    assert_eq!(found(&both), Some("arn:p:s:x:n:own-1-".to_owned()));
}
