use super::*;
use crate::frame::{Frame, FramePart};
use crate::pattern::Alphabet;

const ACTION: &str = "codepipeline:putapprovalresult";
const NAME: &Alphabet = &Alphabet::new(b"abcdefghijklmnopqrstuvwxyz0123456789-");

fn policy(statements: &[(&str, &str, Vec<String>)]) -> Policy {
    let statements = statements.iter().map(|(effect, element, resources)| {
        serde_json::json!({"Effect": effect, "Action": "*", *element: resources})
    });
    let statements: Vec<serde_json::Value> = statements.collect();
    let document = serde_json::json!({"Version": "2012-10-17", "Statement": statements});
    Policy::identity(&document.to_string()).unwrap()
}

fn named(pattern: &str, numbers: std::ops::Range<usize>) -> Vec<String> {
    numbers.map(|at| format!("arn:p:s:*:n:{}", pattern.replace('N', &at.to_string()))).collect()
}

/// Whether a policy and a boundary allow nothing of the names in a frame.
fn nothing(own: &Policy, boundary: &Policy) -> bool {
    let limits = Limits { boundary: Some(vec![(1, boundary)]), controls: Vec::new() };
    let clauses = Grants { identity: vec![(0, own)], limits }.about(ACTION, &Context::new());
    let glob = FramePart::Glob("*", NAME);
    let frame = Frame::new(&[FramePart::Text("arn:p:s:"), glob, FramePart::Text(":n:"), glob]);
    clauses.allow_nothing_of(&frame.with(""))
}

#[test]
fn two_sets_without_a_common_text_leave_nothing() {
    let of = |resources| policy(&[("Allow", "Resource", resources)]);
    let few = |pattern: &str| of(named(pattern, 0..4));
    assert!(nothing(&few("a-N-*"), &few("b-N-*")));
    assert!(nothing(&few("a-N-*"), &of(vec!["arn:p:s:r:other:*".to_owned()])), "not in the frame");
    assert!(!nothing(&few("a-N-*"), &few("a-N-*")));
    // The last of many is the one that both have.
    for number in [4, 5, 6, 40] {
        let numbers = 0..number;
        let others = [named("b-N-*", 0..number - 1), named("a-N-*", number - 1..number)].concat();
        assert!(!nothing(&of(named("a-N-*", numbers)), &of(others)), "{number}");
    }
}

/// A denial of all but some spares these, and so does each further one.
#[test]
fn what_denials_spare_is_as_exact_however_many_there_are() {
    let everything = ("Allow", "Resource", vec!["*".to_owned()]);
    let all = policy(std::slice::from_ref(&everything));
    let sparing = |spared: Vec<String>| ("Deny", "NotResource", spared);
    for number in [1, 3, 15, 16, 17, 40] {
        let same = (0..number).map(|_| sparing(named("a-N-*", 0..2)));
        let same: Vec<_> = std::iter::once(everything.clone()).chain(same).collect();
        assert!(!nothing(&policy(&same), &all), "{number}");
        let with_another = [same, vec![sparing(named("b-N-*", 0..2))]].concat();
        if number < REQUIRED - 1 {
            assert!(nothing(&policy(&with_another), &all), "{number}");
        }
    }
}

#[test]
fn what_grants_is_named_unless_something_else_may_grant_it() {
    let a = named("a", 0..1);
    let granting = |statements: &[(&str, &str, Vec<String>)], open| {
        let policy = policy(statements);
        let grants = Grants { identity: vec![(0, &policy)], limits: Limits::default() };
        let clauses = grants.about(ACTION, &Context::new());
        clauses.granting(open).map(|resources| resources.len())
    };
    let variable = vec!["arn:p:s:r:n:${aws:PrincipalTag/x}".to_owned()];
    let both = [("Allow", "Resource", a.clone()), ("Allow", "Resource", variable)];
    assert_eq!(granting(&both, false), Some(1));
    assert!(granting(&both, true).is_some_and(|number| number > 1));
    assert_eq!(granting(&[("Allow", "NotResource", a)], true), None);
    assert_eq!(Limits::<usize>::default().about(ACTION, &Context::new()).granting(true), None);
}
