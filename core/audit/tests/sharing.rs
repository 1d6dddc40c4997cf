//! What is found once for several principals is true of each: accounts in which it would not be if
//! more were shared.

#![cfg(test)]

use std::slice;

use audit::{Scope, audit};
use findings::Finding;
use iam::account::Account;
use proptest::prelude::*;
use serde_json::{Value, json};

const ACCOUNT: &str = "111122223333";

fn allow(action: &str, resource: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}],
    })
}

fn approve(pipeline: &str, slot: &str) -> Value {
    let resource = format!("arn:aws:codepipeline:*:{ACCOUNT}:{pipeline}/Release/{slot}");
    allow("codepipeline:PutApprovalResult", &resource)
}

fn inline(documents: &[Value]) -> Value {
    let named = documents.iter().enumerate();
    named
        .map(|(at, text)| json!({"PolicyName": format!("p-{at}"), "PolicyDocument": text}))
        .collect()
}

fn user(name: &str, documents: &[Value]) -> Value {
    json!({
        "UserName": name,
        "UserId": format!("AIDA{name}"),
        "Arn": format!("arn:aws:iam::{ACCOUNT}:user/{name}"),
        "UserPolicyList": inline(documents),
    })
}

fn role(name: &str, trusted: &str, documents: &[Value]) -> Value {
    json!({
        "RoleName": name,
        "RoleId": format!("AROA{name}"),
        "Arn": format!("arn:aws:iam::{ACCOUNT}:role/{name}"),
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": trusted}},
            ],
        },
        "RolePolicyList": inline(documents),
    })
}

/// The names of the principals that a check is about, sorted.
fn found(code: &str, users: &[Value], roles: &[Value]) -> Vec<String> {
    let about = findings(users, roles).into_iter().filter(|finding| finding.code == code);
    let mut names: Vec<String> = about.map(|finding| finding.called).collect();
    names.sort();
    names
}

fn findings(users: &[Value], roles: &[Value]) -> Vec<Finding> {
    let account = json!({
        "UserDetailList": users,
        "GroupDetailList": [],
        "RoleDetailList": roles,
        "Policies": [],
    });
    let account = Account::parse_supposing(&account.to_string()).unwrap();
    let scope =
        Scope::of_all(vec!["A".parse().unwrap(), "B".parse().unwrap()], "gate".parse().unwrap());
    audit(&account, &scope, None, None).unwrap().findings
}

fn root() -> String {
    format!("arn:aws:iam::{ACCOUNT}:root")
}

const THROUGH_ROLE: &str = "can-approve-both-through-role";

/// Users with the same permissions to assume roles reach the same roles. With its own slot, one of
/// them has two.
#[test]
fn a_slot_of_ones_own_counts_beside_the_roles_that_others_reach_too() {
    let assume = allow("sts:AssumeRole", "*");
    let own = approve("pay", "A");
    let roles = [role("Deployer", &root(), &[approve("pay", "B")])];
    // Before and after others of the class.
    let users = [
        user("ann", slice::from_ref(&assume)),
        user("bob", &[assume.clone(), own.clone()]),
        user("cy", slice::from_ref(&assume)),
        user("dan", &[assume, own]),
    ];
    assert_eq!(found(THROUGH_ROLE, &users, &roles), ["bob", "dan"]);
}

/// A role that names one of a class is open to that one alone.
#[test]
fn a_role_that_trusts_one_user_counts_for_this_one_alone() {
    let assume = allow("sts:AssumeRole", "*");
    let users = [
        user("ann", slice::from_ref(&assume)),
        user("bob", slice::from_ref(&assume)),
        user("cy", &[assume]),
    ];
    let roles = [
        role("Deployer", &root(), &[approve("pay", "B")]),
        role("Special", &format!("arn:aws:iam::{ACCOUNT}:user/bob"), &[approve("pay", "A")]),
    ];
    assert_eq!(found(THROUGH_ROLE, &users, &roles), ["bob"]);
}

/// Many roles are looked at together first: nobody is found there unless two of them meet.
#[test]
fn two_of_many_roles_are_found_if_their_pipelines_are_the_same() {
    let assume = allow("sts:AssumeRole", "*");
    let approving = |shared: &[usize]| -> Vec<Value> {
        let one = |at: usize| {
            let pipeline =
                if shared.contains(&at) { "pay".to_owned() } else { format!("own-{at}") };
            let slot = if at.is_multiple_of(2) { "A" } else { "B" };
            role(&format!("Role-{at}"), &root(), &[approve(&pipeline, slot)])
        };
        (0..40).map(one).collect()
    };
    let users = [user("ann", &[assume])];
    assert_eq!(found(THROUGH_ROLE, &users, &approving(&[])), Vec::<String>::new());
    assert_eq!(found(THROUGH_ROLE, &users, &approving(&[4, 8])), Vec::<String>::new());
    assert_eq!(found(THROUGH_ROLE, &users, &approving(&[6, 33])), ["ann"]);
    // A denial that keeps them apart is not forgotten.
    let mut roles = approving(&[6, 33]);
    let deny = json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Action": "codepipeline:*", "Resource": "*"}],
    });
    roles[33]["RolePolicyList"] = inline(&[approve("pay", "B"), deny]);
    assert_eq!(found(THROUGH_ROLE, &users, &roles), Vec::<String>::new());
}

/// Documents are read once if their texts are equal. One character makes another policy.
#[test]
fn documents_that_differ_in_one_character_are_two() {
    let both = |pipeline: &str| [approve("pay", "A"), approve(pipeline, "B")];
    let users = [
        user("ann", &both("pay")),
        user("bob", &both("paz")),
        user("cy", &both("pay")),
        user("dan", &both("pa*")),
    ];
    assert_eq!(found("can-approve-both", &users, &[]), ["ann", "cy", "dan"]);
    // The same text is another policy as the trust policy of a role, and for another user.
    let own = approve("${aws:username}", "*");
    let users = [user("ann", slice::from_ref(&own)), user("bob", &[own])];
    assert_eq!(found("can-approve-both", &users, &[]), ["ann", "bob"]);
}

/// Each holder of a document that cannot be read is told, also if others have the same text.
#[test]
fn equal_documents_that_cannot_be_read_are_found_with_each_holder() {
    let broken = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Acton": "*"}]});
    let users = [user("ann", slice::from_ref(&broken)), user("bob", &[]), user("cy", &[broken])];
    assert_eq!(found("not-decided", &users, &[]), ["ann", "cy"]);
}

/// A trust policy may name a user by its unique id, and a session of a role.
#[test]
fn a_trust_policy_that_names_an_id_or_a_session_is_about_that_one() {
    let itself = approve("pay", "A");
    let users = [user("ann", slice::from_ref(&itself)), user("bob", slice::from_ref(&itself))];
    let roles = [role("Other", "AIDAbob", &[approve("pay", "B")])];
    assert_eq!(found(THROUGH_ROLE, &users, &roles), ["bob"]);
    let session = format!("arn:aws:sts::{ACCOUNT}:assumed-role/Second/x");
    let roles = [
        role("First", "444455556666", slice::from_ref(&itself)),
        role("Second", "444455556666", &[itself]),
        role("Other", &session, &[approve("pay", "B")]),
    ];
    assert_eq!(found(THROUGH_ROLE, &[], &roles), ["Second"]);
}

/// A role that approves both slots. It trusts the account, or those with a tag, but one user.
fn guarded(name: &str, team: Option<&str>, denied: Option<&str>) -> Value {
    let mut made = role(name, &root(), &[approve("pay", "A"), approve("pay", "B")]);
    let trust = &mut made["AssumeRolePolicyDocument"]["Statement"];
    if let Some(team) = team {
        trust[0]["Condition"] = json!({"StringEquals": {"aws:PrincipalTag/team": team}});
    }
    if let Some(denied) = denied {
        let user = format!("arn:aws:iam::{ACCOUNT}:user/{denied}");
        let statement =
            json!({"Effect": "Deny", "Action": "sts:AssumeRole", "Principal": {"AWS": user}});
        trust.as_array_mut().unwrap().push(statement);
    }
    made
}

/// The first of those with the same permissions was asked for all of them.
#[test]
fn a_trust_policy_that_denies_one_user_leaves_the_role_open_to_the_others() {
    let users = ["ann", "bob"].map(|name| user(name, &[allow("sts:AssumeRole", "*")]));
    for (denied, left) in [("ann", "bob"), ("bob", "ann")] {
        let roles = [guarded("Deployer", None, Some(denied))];
        assert_eq!(found(THROUGH_ROLE, &users, &roles), [left], "without {denied}");
    }
}

/// Users who may each take over the next one, and the last two of them approve.
#[test]
fn a_long_chain_of_takeovers_is_found_and_only_its_ends_are_shown() {
    const USERS: usize = 40;
    let users: Vec<Value> = (0..USERS)
        .map(|at| {
            let next = format!("arn:aws:iam::{ACCOUNT}:user/user-{}", at + 1);
            let mut documents = vec![allow("iam:CreateAccessKey", &next)];
            if at + 2 >= USERS {
                documents.push(approve("pay", if at % 2 == 0 { "A" } else { "B" }));
            }
            user(&format!("user-{at}"), &documents)
        })
        .collect();
    let found = findings(&users, &[]);
    for at in 0..USERS - 1 {
        let name = format!("user-{at}");
        let mut about = found.iter().filter(|finding| finding.called == name);
        let finding = about.find(|finding| finding.code == "can-grant-itself").unwrap();
        assert!(finding.evidence.len() < 60, "{name}: {}", finding.evidence.len());
        let left_out = finding.evidence.iter().any(|it| it.detail.contains("more steps"));
        assert_eq!(left_out, USERS - 1 - at > 10, "{name}");
    }
}

const NAMES: [&str; 5] = ["ann", "bob", "cy", "dan", "eve"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Users with the same tags are asked about once for each role.
    #[test]
    fn roles_that_trust_tags_are_open_to_those_who_have_them(
        users in prop::collection::vec((prop::option::of("[ab]"), prop::bool::weighted(0.8)), 1..6),
        roles in prop::collection::vec(
            (prop::option::of("[ab]"), prop::option::weighted(0.3, 0..5_usize)),
            1..4,
        ),
    ) {
        let named = || NAMES.into_iter().zip(&users);
        let made_users: Vec<Value> = named()
            .map(|(name, (team, may_assume))| {
                let assume = allow("sts:AssumeRole", "*");
                let mut made = user(name, if *may_assume { slice::from_ref(&assume) } else { &[] });
                if let Some(team) = team {
                    made["Tags"] = json!([{"Key": "team", "Value": team}]);
                }
                made
            })
            .collect();
        let made_roles: Vec<Value> = (0..)
            .zip(&roles)
            .map(|(at, (team, denied))| {
                let denied = denied.filter(|at| *at < users.len()).map(|at| NAMES[at]);
                guarded(&format!("role-{at}"), team.as_deref(), denied)
            })
            .collect();
        let is_open = |name: &str, tag: &Option<String>| {
            roles.iter().any(|(team, denied)| {
                (team.is_none() || team == tag) && denied.is_none_or(|at| NAMES[at] != name)
            })
        };
        let expected: Vec<&str> = named()
            .filter(|(name, (tag, may_assume))| *may_assume && is_open(name, tag))
            .map(|(name, _)| name)
            .collect();
        prop_assert_eq!(found(THROUGH_ROLE, &made_users, &made_roles), expected);
    }
}
