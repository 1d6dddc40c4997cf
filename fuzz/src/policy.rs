//! Policies of IAM.

use std::sync::LazyLock;

use iam::{Context, Grants, Limits, Policy, Truth};
use serde_json::Value;

const ACTIONS: [&str; 3] =
    ["codepipeline:putapprovalresult", "iam:putuserpolicy", "sts:assumerole"];
/// Sorted.
const RESOURCES: [&str; 3] = [
    "arn:aws:codepipeline:eu-west-1:111122223333:payments/Release/ApprovalA",
    "arn:aws:iam::111122223333:role/Deployer",
    "arn:aws:iam::111122223333:user/alice",
];

/// Nothing is known, and everything is.
static CONTEXTS: LazyLock<[Context; 2]> = LazyLock::new(|| {
    let mut context = Context::complete();
    for (key, value) in [
        ("aws:username", "alice"),
        ("aws:PrincipalTag/Slot", "A"),
        ("aws:SourceIp", "203.0.113.7"),
        ("aws:CurrentTime", "2026-11-22T10:00:00Z"),
        ("aws:MultiFactorAuthAge", "30"),
        ("aws:SecureTransport", "true"),
        ("aws:PrincipalArn", "arn:aws:iam::111122223333:user/alice"),
    ] {
        context.set(key, [value.to_owned()]);
    }
    [Context::new(), context]
});

static EVERYTHING: LazyLock<Policy> = LazyLock::new(Policy::allowing_everything);

/// A policy that is read has the form that IAM's grammar demands. Reading it as the worst that it
/// may be reads the same. Two copies decide as one does. A limit never adds a permission. What is
/// certain if nothing is known about a request is so in a request about which everything is known.
pub fn check(data: &[u8]) {
    let Ok(json) = str::from_utf8(data) else { return };
    if Policy::resource(json).is_ok() {
        assert!(is_policy(json, true), "not a policy of a resource");
    }
    let worst = Policy::worst_of_identity(json);
    let Ok(policy) = Policy::identity(json) else {
        // It may allow anything, but it decides.
        decisions(&[&worst], None);
        return;
    };
    assert!(is_policy(json, false), "not a policy of an identity");
    let own = decisions(&[&policy], None);
    assert_eq!(own, decisions(&[&worst], None), "it reads differently as its own worst case");
    assert_eq!(own, decisions(&[&policy, &policy], None), "a copy changes a decision");
    let within = decisions(&[&EVERYTHING], Some(&policy));
    assert_eq!(own, within, "as a boundary it allows something else");
    for of_action in own.chunks(CONTEXTS.len() * RESOURCES.len()) {
        let (nothing, everything) = of_action.split_at(RESOURCES.len());
        for (nothing, everything) in nothing.iter().zip(everything) {
            assert!(
                *nothing == Truth::Unknown || nothing == everything,
                "nothing known: {nothing:?}, everything known: {everything:?}"
            );
        }
    }
}

/// By action, context and resource.
fn decisions(policies: &[&Policy], boundary: Option<&Policy>) -> Vec<Truth> {
    let grants = Grants {
        identity: policies.iter().copied().enumerate().collect(),
        limits: Limits {
            boundary: boundary.map(|policy| vec![(usize::MAX, policy)]),
            controls: Vec::new(),
        },
    };
    let mut all = Vec::new();
    for action in ACTIONS {
        for context in &*CONTEXTS {
            let clauses = grants.about(action, context);
            let each: Vec<Truth> = RESOURCES.iter().map(|arn| clauses.allow(arn)).collect();
            for (at, truth) in clauses.allow_among(&RESOURCES) {
                assert_eq!(each.get(at), Some(&truth), "one by one and among others");
            }
            all.extend(each);
        }
    }
    all
}

/// A second, naive reading of the grammar (IAM User Guide, "Grammar of the IAM JSON policy
/// language").
fn is_policy(json: &str, has_principals: bool) -> bool {
    let Ok(Value::Object(policy)) = serde_json::from_str(json) else { return false };
    let version = policy.get("Version").and_then(Value::as_str).unwrap_or("2008-10-17");
    let statements = match policy.get("Statement") {
        Some(Value::Array(many)) => many.iter().collect(),
        Some(one) => vec![one],
        None => return false,
    };
    policy.keys().all(|key| ["Version", "Id", "Statement"].contains(&key.as_str()))
        && ["2012-10-17", "2008-10-17"].contains(&version)
        && statements.into_iter().all(|statement| is_statement(statement, has_principals))
}

fn is_statement(statement: &Value, has_principals: bool) -> bool {
    let Value::Object(statement) = statement else { return false };
    let effect = statement.get("Effect").and_then(Value::as_str);
    // `null` is as if the element was not there.
    let has = |key: &str| statement.get(key).is_some_and(|value| !value.is_null());
    let one_of = |key: &str| has(key) != has(&format!("Not{key}"));
    matches!(effect, Some("Allow" | "Deny"))
        && one_of("Action")
        && (has_principals || one_of("Resource"))
        && one_of("Principal") == has_principals
}
