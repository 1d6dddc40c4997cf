//! The reach of policies, checked against all texts over a small alphabet.

#![cfg(test)]

use std::cell::Cell;

use iam::{
    Alphabet, Clauses, Context, Frame, FramePart, Grants, Limits, Part, Policy, Truth, reach,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

const ACTION: &str = "codepipeline:putapprovalresult";

/// The characters of the brute-force texts. No pattern names `x`, so it stands for all others.
const LETTERS: [char; 3] = ['a', 'b', 'x'];

const REGION: &Alphabet = &Alphabet::new(b"abcdefghijklmnopqrstuvwxyz0123456789-");
const NAME: &Alphabet =
    &Alphabet::new(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.@_-");

/// One piece of a frame.
#[derive(Clone, Debug)]
enum Piece {
    Text(&'static str),
    Region(String),
    Name(String),
}

impl Piece {
    fn part(&self) -> FramePart<'_> {
        match self {
            Self::Text(text) => FramePart::Text(text),
            Self::Region(glob) => FramePart::Glob(glob, REGION),
            Self::Name(glob) => FramePart::Glob(glob, NAME),
        }
    }

    /// All its texts up to a length.
    fn words(&self, length: usize) -> Vec<String> {
        match self {
            Self::Text(text) => vec![(*text).to_owned()],
            Self::Region(glob) | Self::Name(glob) => {
                let glob: Vec<char> = glob.chars().collect();
                let fits = |word: &String| {
                    !word.is_empty() && matches(&glob, &word.chars().collect::<Vec<_>>())
                };
                words(length).into_iter().filter(fits).collect()
            }
        }
    }

    /// Whether it has a text. A name is never empty.
    fn has(&self, text: &str) -> bool {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        match self {
            Self::Text(own) => *own == text,
            Self::Region(glob) => {
                let region = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
                !text.is_empty() && text.chars().all(region) && matches(&chars(glob), &chars(text))
            }
            Self::Name(glob) => {
                let name = |c: char| c.is_ascii_alphanumeric() || ".@_-".contains(c);
                !text.is_empty() && text.chars().all(name) && matches(&chars(glob), &chars(text))
            }
        }
    }
}

/// The textbook definition of a glob.
fn matches(glob: &[char], text: &[char]) -> bool {
    match (glob.split_first(), text.split_first()) {
        (None, rest) => rest.is_none(),
        (Some(('*', rest)), _) => (0..=text.len()).any(|taken| matches(rest, &text[taken..])),
        (Some((g, glob)), Some((c, text))) => (*g == '?' || g == c) && matches(glob, text),
        (Some(_), None) => false,
    }
}

fn words(length: usize) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut from = 0;
    for _ in 0..length {
        let to = words.len();
        for at in from..to {
            for c in LETTERS {
                words.push(format!("{}{c}", words[at]));
            }
        }
        from = to;
    }
    words
}

/// All texts of a frame with names up to a length.
fn texts(frame: &[Piece], length: usize) -> Vec<String> {
    frame.iter().fold(vec![String::new()], |before, piece| {
        let words = piece.words(length);
        let joined = before
            .iter()
            .flat_map(|before| words.iter().map(move |word| format!("{before}{word}")));
        joined.collect()
    })
}

/// Whether a frame has a text: tries every way to cut it.
fn has(frame: &[Piece], text: &str) -> bool {
    match frame.split_first() {
        None => text.is_empty(),
        Some((piece, rest)) => (0..=text.len()).any(|at| {
            let (head, tail) = text.split_at(at);
            piece.has(head) && has(rest, tail)
        }),
    }
}

fn frame() -> impl Strategy<Value = Vec<Piece>> {
    let glob = || prop_oneof![3 => Just("*".to_owned()), 2 => "[ab*?]{1,3}"];
    prop_oneof![
        glob().prop_map(|name| vec![Piece::Text("arn:p:s:r:n:"), Piece::Name(name)]),
        (glob(), glob()).prop_map(|(a, b)| vec![
            Piece::Text("arn:p:s:r:n:"),
            Piece::Name(a),
            Piece::Text("/"),
            Piece::Name(b)
        ]),
        (glob(), glob()).prop_map(|(a, b)| vec![
            Piece::Text("arn:p:s:"),
            Piece::Region(a),
            Piece::Text(":n:"),
            Piece::Name(b)
        ]),
    ]
}

/// A resource, mostly one that begins as the frame does.
fn resource() -> impl Strategy<Value = String> {
    let begins = prop::sample::select(vec![
        "arn:p:s:r:n:",
        "arn:p:s:r:n:",
        "arn:p:s:*:n:",
        "arn:p:s:?:n:",
        "arn:p:s:a*:n:",
        "arn:*:n:",
        "arn:p:s:*",
        "*",
    ]);
    let unknown = prop_oneof![12 => Just(""), 1 => Just("${aws:PrincipalTag/Slot}")];
    prop_oneof![
        9 => (begins, "[ab*?/]{0,5}", unknown, "(/[ab?*])?").prop_map(|(begins, rest, unknown, end)| [begins, &rest, unknown, &end].concat()),
        1 => Just("*".to_owned()),
    ]
}

/// A statement about the action, with an effect, resources, and perhaps an open condition.
fn statement(denies: u32) -> impl Strategy<Value = Value> {
    let effect = prop_oneof![5 => Just("Allow"), denies => Just("Deny")];
    let element = prop_oneof![4 => Just("Resource"), 1 => Just("NotResource")];
    let open = prop::bool::weighted(0.2);
    (effect, element, prop::collection::vec(resource(), 1..4), open).prop_map(
        |(effect, element, resources, open)| {
            let mut statement = json!({"Effect": effect, "Action": ACTION});
            statement[element] = json!(resources);
            if open {
                statement["Condition"] = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
            }
            statement
        },
    )
}

/// A policy. Half of them allow a lot, so that denials matter.
fn policy() -> impl Strategy<Value = Policy> {
    let wide = json!({"Effect": "Allow", "Action": "*", "Resource": "arn:p:s:*"});
    let wide = prop::option::of(Just(wide));
    (wide, prop::collection::vec(statement(3), 1..5)).prop_map(|(wide, statements)| {
        let statements: Vec<Value> = wide.into_iter().chain(statements).collect();
        let document = json!({"Version": "2012-10-17", "Statement": statements});
        Policy::identity(&document.to_string()).unwrap()
    })
}

/// The policies that decide for a principal: its own, and perhaps a boundary and a service control
/// policy.
fn kinds() -> impl Strategy<Value = Vec<Policy>> {
    prop::collection::vec(policy(), 1..4)
}

fn clauses(kinds: &[Policy]) -> Clauses<'_, usize> {
    grants(kinds).about(ACTION, &Context::new())
}

fn grants(kinds: &[Policy]) -> Grants<'_, usize> {
    let mut kinds = kinds.iter().enumerate().map(|(at, policy)| vec![(at, policy)]);
    Grants {
        identity: kinds.next().unwrap(),
        limits: Limits { boundary: kinds.next(), controls: kinds.collect() },
    }
}

/// Whether all parts allow a text.
fn allowed(parts: &[Part<'_, '_, usize>], text: &str, open: bool) -> bool {
    parts.iter().all(|part| match part.clauses.allow(&format!("{text}{}", part.suffix)) {
        Truth::Yes => true,
        Truth::Unknown => open,
        Truth::No => false,
    })
}

/// The count of each answer.
#[derive(Default)]
struct Answers {
    certain: Cell<u32>,
    open: Cell<u32>,
    none: Cell<u32>,
}

fn count(answer: &Cell<u32>) {
    answer.set(answer.get() + 1);
}

/// Compares the answer with all texts that have short names.
fn check(
    frame: &[Piece],
    parts: &[Part<'_, '_, usize>],
    answers: &Answers,
) -> Result<(), TestCaseError> {
    let length = if frame.len() == 2 { 4 } else { 2 };
    let whole = Frame::new(&frame.iter().map(Piece::part).collect::<Vec<_>>());
    let texts = texts(frame, length);
    let mut found = Vec::new();
    for open in [false, true] {
        let witness = reach(&whole, parts, open).unwrap();
        if let Some(witness) = &witness {
            prop_assert!(has(frame, witness), "{witness} is not in the frame");
            prop_assert!(allowed(parts, witness, open), "{witness} is not allowed");
        }
        let brute = texts.iter().filter(|text| allowed(parts, text, open)).map(String::len).min();
        if let Some(brute) = brute {
            let length = witness.as_ref().map(String::len);
            prop_assert!(
                length.is_some_and(|length| length <= brute),
                "{witness:?}, but there is one of {brute}"
            );
        }
        found.push(witness);
    }
    match (&found[0], &found[1]) {
        (Some(certain), Some(open)) => {
            prop_assert!(
                open.len() <= certain.len(),
                "what is certain is possible: {open}, {certain}"
            );
            count(&answers.certain);
        }
        (Some(certain), None) => prop_assert!(false, "{certain} is certain and not possible"),
        (None, Some(_)) => count(&answers.open),
        (None, None) => count(&answers.none),
    }
    Ok(())
}

/// Runs cases, and checks that each answer came often enough to count as tested: in one case of 50.
/// The rarest comes in one of 18.
fn run<S: Strategy>(
    cases: u32,
    strategy: S,
    test: impl Fn(S::Value, &Answers) -> Result<(), TestCaseError>,
) {
    let answers = Answers::default();
    let mut runner =
        TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(cases) });
    runner.run(&strategy, |case| test(case, &answers)).unwrap();
    for (answer, times) in [
        ("certain", answers.certain.get()),
        ("open", answers.open.get()),
        ("none", answers.none.get()),
    ] {
        println!("{answer}: {times} of {cases}");
        assert!(times * 50 >= cases, "{answer}: only {times} of {cases}");
    }
}

#[test]
fn one_action_is_reached_if_a_text_of_it_is_allowed() {
    run(2000, (frame(), kinds()), |(frame, kinds), answers| {
        let clauses = clauses(&kinds);
        let part = Part { suffix: "", clauses: &clauses };
        check(&frame, &[part], answers)
    });
}

/// Like two slots of one stage.
#[test]
fn two_actions_are_reached_if_a_text_of_both_is_allowed() {
    run(2000, (frame(), kinds()), |(frame, kinds), answers| {
        let clauses = clauses(&kinds);
        let part = |suffix| Part { suffix, clauses: &clauses };
        check(&frame, &[part("/a"), part("/b")], answers)
    });
}

/// Like two slots that one person serves with two roles.
#[test]
fn two_actions_of_two_principals_are_reached_if_each_is_allowed_its_own() {
    run(1500, (frame(), kinds(), kinds()), |(frame, one, other), answers| {
        let (one, other) = (clauses(&one), clauses(&other));
        let parts = [Part { suffix: "/a", clauses: &one }, Part { suffix: "/b", clauses: &other }];
        check(&frame, &parts, answers)
    });
}

/// A statement about nothing in a frame may be skipped, for every value of a policy variable.
#[test]
fn statements_about_nothing_in_a_frame_decide_nothing_in_it() {
    let dropped = Cell::new(0);
    let value = prop::sample::select(vec!["a", "a/b", "r:n:a", ""]);
    let mut runner =
        TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(1000) });
    let test = |(frame, kinds, value): (Vec<Piece>, Vec<Policy>, &str)| {
        let frame = Frame::new(&frame.iter().map(Piece::part).collect::<Vec<_>>());
        let mut fewer = kinds.clone();
        for policy in &mut fewer {
            let before = policy.statements.len();
            policy.statements.retain(|statement| statement.may_be_about(&frame));
            dropped.set(dropped.get() + before - policy.statements.len());
        }
        let mut context = Context::new();
        context.set("aws:PrincipalTag/Slot", [value.to_owned()]);
        let [all, fewer] = [&kinds, &fewer].map(|kinds| grants(kinds).about(ACTION, &context));
        for open in [false, true] {
            let [all, fewer] = [&all, &fewer].map(|clauses| {
                let found = reach(&frame, &[Part { suffix: "", clauses }], open).unwrap();
                found.map(|witness| witness.len())
            });
            prop_assert_eq!(all, fewer);
        }
        Ok(())
    };
    runner.run(&(frame(), kinds(), value), test).unwrap();
    assert!(dropped.get() > 100, "only {} were skipped", dropped.get());
}

/// The value of a variable may end segments of the ARN. Then `*` matches more than it seems to.
#[test]
fn a_variable_with_colons_may_match_more_than_its_pattern_shows() {
    let gate = "arn:p:lambda:r:n:function:gate";
    let frame = Frame::new(&[FramePart::Text(gate)]);
    for (resource, value) in [
        ("arn:p:lambda:r:n:${aws:PrincipalTag/Slot}g*e", "function:"),
        ("arn:p:lambda:r:n:${aws:PrincipalTag/Slot}????", "function:"),
        ("arn:p:lambda:r:n:f${aws:PrincipalTag/Slot}*", "unction:"),
    ] {
        let statement = json!({"Effect": "Allow", "Action": ACTION, "Resource": resource});
        let document = json!({"Version": "2012-10-17", "Statement": statement});
        let policies = [Policy::identity(&document.to_string()).unwrap()];
        let allow = |context: &Context| grants(&policies).about(ACTION, context).allow(gate);
        let mut context = Context::new();
        assert_eq!(allow(&context), Truth::Unknown, "{resource}");
        assert!(policies[0].statements[0].may_be_about(&frame), "{resource}");
        context.set("aws:PrincipalTag/Slot", [value.to_owned()]);
        assert_eq!(allow(&context), Truth::Yes, "{resource}");
    }
}

/// "You can't use a variable to replace parts of the ARN before the fifth colon" (IAM User Guide,
/// "IAM policy elements: Variables and tags").
#[test]
fn a_variable_before_the_fifth_colon_is_not_replaced() {
    let gate = "arn:p:lambda:r:n:function:gate";
    for (resource, value) in [
        ("arn:p:${aws:PrincipalTag/Slot}:r:n:*", "lambda"),
        ("arn:p:lambda:${aws:PrincipalTag/Slot}:n:*", "r"),
        ("arn:p:lambda:r:${aws:PrincipalTag/Slot, 'n'}:function:gate", "n"),
        ("${aws:PrincipalTag/Slot}", gate),
    ] {
        let statement = json!({"Effect": "Allow", "Action": ACTION, "Resource": resource});
        let document = json!({"Version": "2012-10-17", "Statement": statement});
        let policies = [Policy::identity(&document.to_string()).unwrap()];
        let allow = |context: &Context| grants(&policies).about(ACTION, context).allow(gate);
        let mut context = Context::new();
        assert_eq!(allow(&context), Truth::No, "{resource}");
        context.set("aws:PrincipalTag/Slot", [value.to_owned()]);
        assert_eq!(allow(&context), Truth::No, "{resource}");
    }
}

/// Whether two statements allow an approval in a region, for certain if `open` is false.
fn reached(statements: &Value, region: &str, open: bool) -> Option<String> {
    let document = json!({"Version": "2012-10-17", "Statement": statements});
    let policy = [Policy::identity(&document.to_string()).unwrap()];
    let mut context = Context::new();
    context.present("aws:RequestedRegion");
    let grants = grants(&policy);
    let clauses = grants.about("codepipeline:putapprovalresult", &context);
    let names = Alphabet::new(b"abcdefghijklmnopqrstuvwxyz-0123456789");
    let names: &'static Alphabet = Box::leak(Box::new(names));
    let frame = Frame::new(&[
        FramePart::Text("arn:aws:codepipeline:"),
        FramePart::Glob(region, names),
        FramePart::Text(":111122223333:pay/Release/A"),
    ]);
    reach(&frame, &[Part { suffix: "", clauses: &clauses }], open).unwrap()
}

/// IAM User Guide, "AWS global condition context keys", aws:RequestedRegion.
#[test]
fn the_region_of_a_request_is_that_of_its_resource() {
    let statement = |effect: &str, resource: &str, operator: &str, region: &str| {
        let mut statement = json!({
            "Effect": effect, "Action": "codepipeline:*", "Resource": resource,
        });
        if !operator.is_empty() {
            statement["Condition"] = json!({operator: {"aws:requestedregion": region}});
        }
        statement
    };
    let any = statement("Allow", "*", "", "");
    let in_us = statement("Deny", "*", "StringNotEquals", "us-east-1");
    let arn =
        |region: &str| Some(format!("arn:aws:codepipeline:{region}:111122223333:pay/Release/A"));
    for (statements, region, expected) in [
        (json!([any, in_us]), "eu-west-1", None),
        (json!([any, in_us]), "us-east-1", arn("us-east-1")),
        (json!([any, in_us]), "*", arn("us-east-1")),
        (json!([any, statement("Deny", "*", "StringLike", "us-*")]), "us-east-1", None),
        (json!([statement("Allow", "arn:aws:codepipeline:eu-*", "", ""), in_us]), "*", None),
        (json!([statement("Allow", "*", "StringEquals", "eu-west-1")]), "*", arn("eu-west-1")),
        (json!([statement("Allow", "*", "StringEqualsIfExists", "eu-west-1")]), "us-east-1", None),
    ] {
        for open in [false, true] {
            assert_eq!(reached(&statements, region, open), expected, "{statements} {region}");
        }
    }
}

/// AWS General Reference, "IAM endpoints and quotas". Other services leave the region open.
#[test]
fn iam_has_one_region_in_each_partition() {
    let statement = |region: &str| {
        json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "*", "Resource": "*",
            "Condition": {"StringEquals": {"aws:RequestedRegion": region}},
        }})
    };
    let allow = |action: &str, partition: &str, region: &str| {
        let policies = [Policy::identity(&statement(region).to_string()).unwrap()];
        let mut context = Context::new();
        context.present("aws:RequestedRegion");
        let arn = format!("arn:{partition}:iam::111122223333:user/a");
        context.set("aws:PrincipalArn", [arn.clone()]);
        grants(&policies).about(action, &context).allow(&arn)
    };
    let regions = [("aws", "us-east-1"), ("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1")];
    for (partition, region) in regions {
        assert_eq!(allow("iam:createuser", partition, region), Truth::Yes, "{partition}");
        assert_eq!(allow("iam:createuser", partition, "eu-west-1"), Truth::No, "{partition}");
        assert_eq!(allow("lambda:invokefunction", partition, region), Truth::Unknown);
    }
    assert_eq!(allow("iam:createuser", "aws-new", "us-east-1"), Truth::Unknown);
}

/// The region that is asked about counts, even if IAM is elsewhere.
#[test]
fn a_region_that_is_given_is_the_region_of_the_request() {
    let document = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}},
    }});
    let policies = [Policy::identity(&document.to_string()).unwrap()];
    let user = "arn:aws:iam::111122223333:user/a";
    for (region, expected) in [("eu-west-1", Truth::Yes), ("us-east-1", Truth::No)] {
        let mut context = Context::new();
        context.set("aws:RequestedRegion", [region.to_owned()]);
        context.set("aws:PrincipalArn", [user.to_owned()]);
        let about = grants(&policies).about("iam:createuser", &context);
        assert_eq!(about.allow(user), expected, "{region}");
    }
}

/// What conditions leave open one by one may be decided by all of them together.
#[test]
fn conditions_that_exclude_each_other_are_decided() {
    let allow = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let when = |effect: &str, operator: &str, key: &str, value: &str| {
        json!({
            "Effect": effect, "Action": "*", "Resource": "*",
            "Condition": {operator: {key: value}},
        })
    };
    let mfa = "aws:MultiFactorAuthPresent";
    let with = when("Deny", "Bool", mfa, "true");
    for (statements, certain, possible) in [
        (json!([allow, with]), false, true),
        (json!([allow, with, when("Deny", "BoolIfExists", mfa, "false")]), false, false),
        // Without the key neither denies.
        (json!([allow, with, when("Deny", "Bool", mfa, "false")]), false, true),
        (json!([when("Allow", "Bool", mfa, "true"), with]), false, false),
        (json!([when("Allow", "Bool", mfa, "false"), with]), false, true),
        (
            json!([
                allow,
                when("Deny", "StringEquals", "a:b", "x"),
                when("Deny", "StringNotEquals", "a:b", "x")
            ]),
            false,
            false,
        ),
        (
            json!([
                allow,
                when("Deny", "StringEquals", "a:b", "x"),
                when("Deny", "StringNotEquals", "a:b", "y")
            ]),
            false,
            true,
        ),
        (
            json!([
                allow,
                when("Deny", "Null", "a:b", "true"),
                when("Deny", "Null", "a:b", "false")
            ]),
            false,
            false,
        ),
        // Such conditions on tags leave values that are no booleans.
        (
            json!([
                allow,
                when("Deny", "Bool", "a:b", "true"),
                when("Deny", "BoolIfExists", "a:b", "false")
            ]),
            false,
            true,
        ),
    ] {
        assert_eq!(reached(&statements, "r", false).is_some(), certain, "{statements}");
        assert_eq!(reached(&statements, "r", true).is_some(), possible, "{statements}");
    }
}

/// A text can match any set of such patterns, so a walk through all of these sets does not end.
#[test]
fn hundreds_of_denials_with_wildcards_are_decided() {
    let denied: Vec<String> = (0..200).map(|n| format!("arn:p:s:r:n:*-{n}-*")).collect();
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "arn:p:s:r:n:*"},
        {"Effect": "Deny", "Action": "*", "Resource": denied},
    ]});
    let kinds = [Policy::identity(&policy.to_string()).unwrap()];
    let clauses = clauses(&kinds);
    let find = |name: &str| {
        let frame = Frame::new(&[FramePart::Text("arn:p:s:r:n:"), FramePart::Glob(name, NAME)]);
        let part = |suffix| Part { suffix, clauses: &clauses };
        let found = reach(&frame, &[part("/a"), part("/b")], false).unwrap();
        found.map(|text| text.strip_prefix("arn:p:s:r:n:").unwrap().len())
    };
    assert_eq!(find("*"), Some(1));
    assert_eq!(find("*-1"), Some(2));
    assert_eq!(find("*-1-*"), None);
}

/// A walk may forget which denials it is in, but not which grants. One pattern can be both: what
/// the policies of one principal deny is all that those of the other allow.
#[test]
fn what_one_principal_is_denied_may_be_all_that_another_is_granted() {
    let ends_in_q = "arn:p:s:r:n:*q???";
    let one = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "arn:p:s:r:n:*"},
        {"Effect": "Deny", "Action": "*", "Resource": ends_in_q},
    ]});
    let other = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": ends_in_q},
    ]});
    let [one, other] = [one, other].map(|policy| [Policy::identity(&policy.to_string()).unwrap()]);
    let [one, other] = [clauses(&one), clauses(&other)];
    let frame = Frame::new(&[FramePart::Text("arn:p:s:r:n:"), FramePart::Glob("*", NAME)]);
    // With the suffix of the other, the name before it ends in `q`. With that of the one, it does
    // not: there `q` would be one character earlier.
    let parts = [Part { suffix: "/a", clauses: &one }, Part { suffix: "/bb", clauses: &other }];
    for parts in [[0, 1], [1, 0]].map(|order| order.map(|at| &parts[at])) {
        let parts = parts.map(|part| Part { suffix: part.suffix, clauses: part.clauses });
        assert_eq!(reach(&frame, &parts, false), Ok(Some("arn:p:s:r:n:q".to_owned())));
    }
}

#[test]
fn to_blame_is_what_allows_and_what_may_deny() {
    let arn = "arn:aws:codepipeline:us-east-1:111122223333:a/b/c";
    let open = json!({"StringEquals": {"aws:ResourceTag/team": "x"}});
    let statement = |effect: &str, resource: &str, condition: Value| {
        json!({
            "Effect": effect, "Action": ACTION, "Resource": resource, "Condition": condition,
        })
    };
    let policy = json!({"Version": "2012-10-17", "Statement": [
        statement("Allow", "arn:aws:codepipeline:us-east-1:111122223333:other/*", json!({})),
        statement("Allow", "*", open.clone()),
        statement("Allow", arn, json!({})),
        statement("Deny", "arn:aws:codepipeline:us-east-1:111122223333:other/*", json!({})),
        statement("Deny", "arn:aws:codepipeline:*:*:a/*", open),
    ]});
    let kinds = [Policy::identity(&policy.to_string()).unwrap()];
    let clauses = clauses(&kinds);
    let blamed = clauses.blame(arn);
    let places: Vec<_> = blamed.iter().map(|it| (it.statement, it.open.len())).collect();
    assert_eq!(places, [(2, 0), (4, 1)]);
    assert_eq!(clauses.allow(arn), Truth::Unknown);
}

/// More resources than are asked about at once, so each choice of them is asked about.
#[test]
fn many_resources_are_as_open_and_as_certain_as_one() {
    let statement = |resources: Vec<String>, condition: &Value| {
        let resources: Vec<_> = resources.iter().map(|it| format!("arn:p:s:r:n:{it}")).collect();
        json!({"Effect": "Allow", "Action": ACTION, "Resource": resources, "Condition": condition})
    };
    // Twenty resources, and one more under a condition.
    let many = |pattern: &str, more: &str, condition: &Value| {
        let names = (10..30).map(|n| pattern.replace('N', &n.to_string())).collect();
        let statements =
            [statement(names, &json!({})), statement(vec![more.to_owned()], condition)];
        let document = json!({"Version": "2012-10-17", "Statement": statements});
        [Policy::identity(&document.to_string()).unwrap()]
    };
    let reached = |kinds: &[[Policy; 1]; 2], open| {
        let frame = Frame::new(&[FramePart::Text("arn:p:s:r:n:"), FramePart::Glob("*", NAME)]);
        let [one, other] = kinds.each_ref().map(|kinds| clauses(kinds));
        let parts =
            [Part { suffix: "/S/A", clauses: &one }, Part { suffix: "/T/B", clauses: &other }];
        let found = reach(&frame, &parts, open).unwrap();
        assert!(found.as_ref().is_none_or(|text| allowed(&parts, text, open)));
        found.is_some()
    };
    let (none, open) = (json!({}), json!({"StringEquals": {"aws:ResourceTag/team": "x"}}));
    let unknown = "p1${aws:PrincipalTag/x}/*";
    for (one, other, more, condition, certain, possible) in [
        ("pN/*", "pN/*", "z/*", &none, true, true),
        ("pN/S*", "pN/T*", "z/*", &none, true, true),
        ("pN/S/A", "pN/T/*", "z/*", &none, true, true),
        ("pN/*", "qN/*", "z/*", &none, false, false),
        ("pN/T*", "pN/T*", "z/*", &none, false, false),
        ("pN/*", "qN/*", "p10/*", &none, true, true),
        ("pN/*", "qN/*", "p10/*", &open, false, true),
        ("pN/*", "qN/*", unknown, &none, false, true),
        ("p1N${aws:PrincipalTag/x}/*", "qN/*", "p*", &none, false, true),
    ] {
        let kinds = [many(one, "y/*", &none), many(other, more, condition)];
        assert_eq!(reached(&kinds, false), certain, "{one} {other} {more}");
        assert_eq!(reached(&kinds, true), possible, "{one} {other} {more}");
    }
}

/// The walk prefers readable characters, and takes others if a name has no readable ones.
#[test]
fn a_name_of_unusual_characters_is_found() {
    const DIGITS: &Alphabet = &Alphabet::new(b"01");
    const AT: &Alphabet = &Alphabet::new(b"@");
    const BELL: &Alphabet = &Alphabet::new(b"\x07");
    let of = |statements: &[Value]| {
        let document = json!({"Version": "2012-10-17", "Statement": statements});
        [Policy::identity(&document.to_string()).unwrap()]
    };
    let everything = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let but_zero = json!({"Effect": "Deny", "Action": "*", "Resource": "arn:p:s:r:n:0"});
    for statements in [vec![everything.clone()], vec![everything, but_zero]] {
        let kinds = of(&statements);
        let clauses = clauses(&kinds);
        let digit = if statements.len() == 1 { "0" } else { "1" };
        for (alphabet, name) in [(DIGITS, digit), (AT, "@"), (BELL, "\x07")] {
            let glob = FramePart::Glob("*", alphabet);
            let frame = Frame::new(&[FramePart::Text("arn:p:s:r:n:"), glob]);
            let found = reach(&frame, &[Part { suffix: "", clauses: &clauses }], false).unwrap();
            assert_eq!(found, Some(format!("arn:p:s:r:n:{name}")));
            assert!(!frame.has("arn:p:s:r:n:") && frame.has(&found.unwrap()));
        }
    }
}

/// The frame's own text counts as much as the names.
#[test]
fn the_shortest_text_is_found_first_wherever_its_names_are_long() {
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "*",
        "Resource": ["arn:p:s:r:n:a/Release/bbb", "arn:p:s:r:n:aaaaaaaa/Release/b"],
    }]});
    let kinds = [Policy::identity(&policy.to_string()).unwrap()];
    let clauses = clauses(&kinds);
    let frame = Frame::new(&[
        FramePart::Text("arn:p:s:r:n:"),
        FramePart::Glob("*", NAME),
        FramePart::Text("/Release/"),
        FramePart::Glob("*", NAME),
    ]);
    let found = reach(&frame, &[Part { suffix: "", clauses: &clauses }], false).unwrap();
    assert_eq!(found.as_deref(), Some("arn:p:s:r:n:a/Release/bbb"));
}
