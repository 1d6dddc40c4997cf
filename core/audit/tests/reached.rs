//! What people reach by several changes, some of them made by others whose credentials they get.
//! Each account is one that the audit once got wrong.

#![cfg(test)]

use std::slice;

use audit::{Scope, audit};
use findings::{AnswerIs, Found, Severity};
use iam::account::Account;
use serde_json::{Value, json};

const LAMBDA: &str = "lambda";
const SELF: &str = "can-grant-itself";
const SECOND: &str = "can-make-second-person";

fn arn(of: &str) -> String {
    format!("arn:aws:iam::111122223333:{of}")
}

/// Statements in short: `allow ACTION[,ACTION] RESOURCE`. A resource of IAM has its type and name,
/// one of another service its ARN.
fn policy(statements: &[&str]) -> Value {
    let statement = |text: &&str| {
        let words: Vec<&str> = text.split(' ').collect();
        let resource = match words[2] {
            "*" => "*".to_owned(),
            slot @ ("A" | "B") => format!("arn:aws:codepipeline:*:111122223333:pay/Release/{slot}"),
            of if of.starts_with("arn:") => of.to_owned(),
            of => arn(of),
        };
        let effect = if words[0] == "allow" { "Allow" } else { "Deny" };
        let actions: Vec<&str> = words[1].split(',').collect();
        json!({"Effect": effect, "Action": actions, "Resource": resource})
    };
    let statements: Vec<Value> = statements.iter().map(statement).collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn inline(statements: &[&str]) -> Value {
    match statements {
        [] => json!([]),
        _ => json!([{"PolicyName": "own", "PolicyDocument": policy(statements)}]),
    }
}

fn user(name: &str, groups: &[&str], statements: &[&str]) -> Value {
    json!({
        "UserName": name, "UserId": format!("AIDA{name}"), "Arn": arn(&format!("user/{name}")),
        "GroupList": groups, "UserPolicyList": inline(statements), "AttachedManagedPolicies": [],
    })
}

fn group(name: &str, statements: &[&str]) -> Value {
    json!({
        "GroupName": name, "GroupId": format!("AGPA{name}"), "Arn": arn(&format!("group/{name}")),
        "GroupPolicyList": inline(statements), "AttachedManagedPolicies": [],
    })
}

/// A role that trusts Lambda, the account (`root`) or a user.
fn role(name: &str, trusted: &str, statements: &[&str]) -> Value {
    let principal = match trusted {
        LAMBDA => json!({"Service": "lambda.amazonaws.com"}),
        trusted => json!({"AWS": arn(trusted)}),
    };
    json!({
        "RoleName": name, "RoleId": format!("AROA{name}"), "Arn": arn(&format!("role/{name}")),
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}],
        },
        "RolePolicyList": inline(statements), "AttachedManagedPolicies": [],
    })
}

fn attached(name: &str) -> Value {
    json!([{"PolicyName": name, "PolicyArn": arn(&format!("policy/{name}"))}])
}

/// A managed policy, its versions in order. The first is in force.
fn managed(name: &str, versions: &[&[&str]]) -> Value {
    let versions = (1..).zip(versions).map(|(number, statements)| {
        json!({
            "VersionId": format!("v{number}"), "IsDefaultVersion": number == 1,
            "Document": policy(statements),
        })
    });
    json!({
        "PolicyName": name, "Arn": arn(&format!("policy/{name}")), "DefaultVersionId": "v1",
        "PolicyVersionList": versions.collect::<Vec<_>>(),
    })
}

fn audited(account: &Value) -> Found {
    let account = Account::parse(&account.to_string()).unwrap();
    let scope =
        Scope::of_all(vec!["A".parse().unwrap(), "B".parse().unwrap()], "gate".parse().unwrap());
    audit(&account, &scope, None, None).unwrap()
}

fn account(users: &[Value], groups: &[Value], roles: &[Value], policies: &[Value]) -> Value {
    json!({
        "UserDetailList": users, "GroupDetailList": groups, "RoleDetailList": roles,
        "Policies": policies,
    })
}

/// ann is found with this code, and the answer is not that nobody can.
#[track_caller]
fn finds(code: &str, account: &Value) {
    let found = audited(account);
    let mut about = found.findings.iter().filter(|finding| finding.called == "ann");
    assert!(about.any(|finding| finding.code == code), "{:#?}", found.findings);
    assert_ne!(found.answer.unwrap().is, AnswerIs::Nobody);
}

/// No finding says that somebody can answer both, with or without changes.
#[track_caller]
fn finds_nobody(account: &Value) {
    let found = audited(account);
    let both = ["can-approve-both", "can-approve-both-through-role", SELF, SECOND];
    let about: Vec<_> =
        found.findings.iter().filter(|finding| both.contains(&finding.code)).collect();
    assert!(about.is_empty(), "{about:#?}");
}

#[test]
fn a_group_that_is_given_a_policy_and_then_joined_is_found() {
    let joins = "allow iam:AddUserToGroup group/ops";
    for gives in ["iam:PutGroupPolicy", "iam:AttachGroupPolicy"] {
        let gives = format!("allow {gives} group/ops");
        let alone = [user("ann", &[], &[joins, &gives])];
        finds(SECOND, &account(&alone, &[group("ops", &[])], &[], &[]));
        // Another may give it.
        let makes = "allow iam:CreateAccessKey user/bob";
        let two = [user("ann", &[], &[joins, makes]), user("bob", &[], &[&gives])];
        finds(SELF, &account(&two, &[group("ops", &[])], &[], &[]));
        let one_call = [user("ann", &[], &[&gives])];
        finds_nobody(&account(&one_call, &[group("ops", &[])], &[], &[]));
    }
    let only_joins = [user("ann", &[], &[joins])];
    finds_nobody(&account(&only_joins, &[group("ops", &[])], &[], &[]));
}

#[test]
fn a_denial_of_a_group_that_is_removed_before_the_group_is_joined_denies_nothing() {
    let gives = ["allow codepipeline:PutApprovalResult *", "deny codepipeline:* *"];
    let groups = [group("ops", &gives)];
    let calls = ["allow iam:AddUserToGroup group/ops", "allow iam:DeleteGroupPolicy group/ops"];
    // With the inline policy, what it allows is gone too.
    finds_nobody(&account(&[user("ann", &[], &calls)], &groups, &[], &[]));
    let mut attached_too = groups.clone();
    attached_too[0]["AttachedManagedPolicies"] = attached("one");
    let policies = [managed("one", &[&["allow codepipeline:PutApprovalResult *"]])];
    finds(SELF, &account(&[user("ann", &[], &calls)], &attached_too, &[], &policies));
    finds_nobody(&account(&[user("ann", &[], &calls[..1])], &attached_too, &[], &policies));
}

#[test]
fn a_version_of_a_policy_of_a_group_that_is_joined_is_found() {
    let approves: &[&str] = &["allow codepipeline:PutApprovalResult *"];
    let policies = [managed("one", &[&["deny sts:AssumeRole *"], approves])];
    let mut groups = [group("ops", &[])];
    groups[0]["AttachedManagedPolicies"] = attached("one");
    let joins = "allow iam:AddUserToGroup group/ops";
    // A new version may allow everything, also to make somebody.
    let versions = [("iam:SetDefaultPolicyVersion", SELF), ("iam:CreatePolicyVersion", SECOND)];
    for (call, code) in versions {
        let call = format!("allow {call} policy/one");
        let users = [user("ann", &[], &[joins, &call])];
        finds(code, &account(&users, &groups, &[], &policies));
    }
    finds_nobody(&account(&[user("ann", &[], &[joins])], &groups, &[], &policies));
}

/// cy may do nothing, so nobody looked at her.
#[test]
fn a_user_that_only_another_can_change_is_found() {
    let keys = "allow iam:CreateAccessKey user/*";
    let [ann, cy] = [user("ann", &[], &[keys]), user("cy", &[], &[])];
    for call in ["iam:PutUserPolicy", "iam:AttachUserPolicy"] {
        let bob = user("bob", &[], &[&format!("allow {call} user/cy")]);
        finds(SELF, &account(&[ann.clone(), bob, cy.clone()], &[], &[], &[]));
    }
    // Or what her group may do, or a policy that she has.
    let (member, groups) = (user("cy", &["ops"], &[]), [group("ops", &[])]);
    let bob = user("bob", &[], &["allow iam:PutGroupPolicy group/ops"]);
    finds(SELF, &account(&[ann.clone(), bob, member], &groups, &[], &[]));
    let mut holder = cy.clone();
    holder["AttachedManagedPolicies"] = attached("own");
    let bob = user("bob", &[], &["allow iam:CreatePolicyVersion policy/own"]);
    let own = [managed("own", &[&["deny sts:AssumeRole *"]])];
    finds(SELF, &account(&[ann.clone(), bob, holder], &[], &[], &own));
    finds_nobody(&account(&[ann, user("bob", &[], &[]), cy], &[], &[], &[]));
}

#[test]
fn a_role_that_is_opened_and_changed_is_found() {
    let gives = "allow iam:PutRolePolicy role/nightly";
    let roles = [role("nightly", LAMBDA, &[])];
    let opens = "allow iam:UpdateAssumeRolePolicy role/nightly";
    let bob = user("bob", &[], &[gives]);
    let makes = "allow iam:CreateAccessKey user/bob";
    finds(SELF, &account(&[user("ann", &[], &[opens, makes]), bob.clone()], &[], &roles, &[]));
    let runs = "allow lambda:CreateFunction,lambda:InvokeFunction *";
    let passes = ["allow iam:PassRole role/nightly", runs, makes];
    finds(SELF, &account(&[user("ann", &[], &passes), bob.clone()], &[], &roles, &[]));
    finds_nobody(&account(&[user("ann", &[], &[makes, runs]), bob], &[], &roles, &[]));
}

#[test]
fn a_user_who_leads_to_a_role_that_can_be_changed_is_found() {
    let roles = [role("nightly", "user/bob", &[])];
    let own = ["allow iam:CreateLoginProfile user/bob", "allow iam:AttachRolePolicy role/nightly"];
    let users = |own: &[&str]| [user("ann", &[], own), user("bob", &[], &[])];
    finds(SELF, &account(&users(&own), &[], &roles, &[]));
    finds_nobody(&account(&users(&own[..1]), &[], &roles, &[]));
    finds_nobody(&account(&users(&own[1..]), &[], &roles, &[]));
}

#[test]
fn a_user_or_role_that_several_make_together_is_found() {
    let keys = "allow iam:CreateAccessKey user/*";
    let bob = |calls: &str| user("bob", &[], &[calls]);
    let gives = bob("allow iam:CreateUser,iam:PutUserPolicy user/new-*");
    finds(SECOND, &account(&[user("ann", &[], &[keys]), gives], &[], &[], &[]));
    let elsewhere = bob("allow iam:CreateUser user/new-*");
    finds_nobody(&account(&[user("ann", &[], &[keys]), elsewhere], &[], &[], &[]));
    // The group that is joined lets its members create roles.
    let groups = [group("ops", &["allow iam:CreateRole,iam:PutRolePolicy role/new-*"])];
    let joins = user("ann", &[], &["allow iam:AddUserToGroup group/ops"]);
    finds(SECOND, &account(&[joins], &groups, &[], &[]));
}

/// The trust policy may name another account of the same human.
#[test]
fn a_denial_to_assume_a_role_stops_nobody_who_rewrites_its_trust_policy() {
    let own = [
        "allow codepipeline:PutApprovalResult A",
        "allow iam:UpdateAssumeRolePolicy role/release",
        "deny sts:AssumeRole *",
    ];
    let roles = [role("release", LAMBDA, &["allow codepipeline:PutApprovalResult B"])];
    finds(SELF, &account(&[user("ann", &[], &own)], &[], &roles, &[]));
}

#[test]
fn a_role_that_trusts_a_service_is_not_assumed_after_a_change() {
    let groups = [group("ops", &["allow sts:AssumeRole,iam:PutRolePolicy role/nightly"])];
    let users = [user("ann", &[], &["allow iam:AddUserToGroup group/ops"])];
    finds_nobody(&account(&users, &groups, &[role("nightly", LAMBDA, &[])], &[]));
    finds(SELF, &account(&users, &groups, &[role("nightly", "root", &[])], &[]));
}

#[test]
fn a_role_whose_trust_policy_denies_somebody_is_not_assumed_after_a_change() {
    let groups = [group("ops", &["allow sts:AssumeRole role/release"])];
    let own = ["allow codepipeline:PutApprovalResult A", "allow iam:AddUserToGroup group/ops"];
    let with = |denied: Option<&str>| {
        let mut role = role("release", "root", &["allow codepipeline:PutApprovalResult B"]);
        let statements = role["AssumeRolePolicyDocument"]["Statement"].as_array_mut().unwrap();
        let principal = denied.map(|denied| json!({"AWS": arn(denied)}));
        statements.extend(principal.map(|principal| {
            json!({"Effect": "Deny", "Action": "sts:AssumeRole", "Principal": principal})
        }));
        account(&[user("ann", &[], &own), user("bob", &[], &[])], &groups, &[role], &[])
    };
    finds_nobody(&with(Some("root")));
    finds_nobody(&with(Some("user/ann")));
    finds(SELF, &with(Some("user/bob")));
    finds(SELF, &with(None));
}

#[test]
fn a_boundary_that_names_roles_leaves_no_other_names_for_new_ones() {
    let mut ann = user("ann", &[], &["allow * *"]);
    ann["PermissionsBoundary"] = json!({
        "PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn("policy/limit"),
    });
    let limit = |name: &str| {
        let calls = format!("allow iam:CreateRole,iam:PutRolePolicy role/{name}");
        [managed("limit", &[&[&calls]])]
    };
    let roles = [role("nightly", LAMBDA, &[])];
    finds_nobody(&account(&[ann.clone()], &[], &roles, &limit("nightly")));
    finds(SECOND, &account(&[ann], &[], &roles, &limit("free")));
}

#[test]
fn two_groups_that_lead_somewhere_only_together_are_found() {
    let groups = [
        group("g1", &["allow iam:PassRole role/release"]),
        group("g2", &["allow lambda:CreateFunction,lambda:InvokeFunction *"]),
    ];
    let own = ["allow codepipeline:PutApprovalResult A", "allow iam:AddUserToGroup group/*"];
    let role = role("release", LAMBDA, &["allow codepipeline:PutApprovalResult B"]);
    finds(SELF, &account(&[user("ann", &[], &own)], &groups, &[role], &[]));
}

/// If there are many changes, those that only add are tried together, with each of the others.
#[test]
fn changes_that_are_needed_together_are_found_among_many() {
    let own = ["allow codepipeline:PutApprovalResult A", "allow iam:AddUserToGroup group/*"];
    let roles = [role("release", LAMBDA, &["allow codepipeline:PutApprovalResult B"])];
    let mut groups = vec![
        group("g0", &["deny iam:PassRole *", "allow codepipeline:PutApprovalResult A"]),
        group("g1", &["allow iam:PassRole role/release"]),
        group("g2", &["allow lambda:CreateFunction,lambda:InvokeFunction *"]),
        // Beside the group that denies, it is one of the others.
        group("g3", &["allow lambda:CreateFunction role/x", "deny s3:* *"]),
    ];
    groups.extend((4..8).map(|number| group(&format!("g{number}"), &["allow sts:AssumeRole *"])));
    let ann = user("ann", &[], &own);
    finds(SELF, &account(slice::from_ref(&ann), &groups, &roles, &[]));
    groups.remove(1);
    finds_nobody(&account(&[ann], &groups, &roles, &[]));
}

/// A statement that applies under a condition.
fn when(mut statement: Value, condition: Value) -> Value {
    statement["Condition"] = condition;
    statement
}

#[test]
fn a_policy_that_denies_is_not_attached_with_those_that_are_needed() {
    let policies = [
        managed("p0", &[&["deny iam:PassRole *", "allow codepipeline:PutApprovalResult A"]]),
        managed("p1", &[&["allow iam:PassRole role/release"]]),
        managed("p2", &[&["allow lambda:CreateFunction,lambda:InvokeFunction *"]]),
    ];
    let mut ann = user("ann", &[], &["allow codepipeline:PutApprovalResult A"]);
    let attach = policy(&["allow iam:AttachUserPolicy user/ann"]);
    let only = json!({"ArnLike": {"iam:PolicyARN": arn("policy/p*")}});
    let statement = when(attach["Statement"][0].clone(), only);
    ann["UserPolicyList"][0]["PolicyDocument"]["Statement"].as_array_mut().unwrap().push(statement);
    let roles = [role("release", LAMBDA, &["allow codepipeline:PutApprovalResult B"])];
    finds(SELF, &account(&[ann.clone()], &[], &roles, &policies));
    // Without one of the two it leads nowhere.
    for fewer in [&policies[..2], &policies[1..2]] {
        finds_nobody(&account(&[ann.clone()], &[], &roles, fewer));
    }
}

#[test]
fn a_role_that_names_somebody_is_assumed_when_a_denial_is_gone() {
    let mut ann = user(
        "ann",
        &[],
        &["allow codepipeline:PutApprovalResult A", "allow iam:DetachUserPolicy user/ann"],
    );
    ann["AttachedManagedPolicies"] = attached("no");
    let denial = [managed("no", &[&["deny sts:AssumeRole *"]])];
    let to = |trusted: &str| {
        let roles = [role("release", trusted, &["allow codepipeline:PutApprovalResult B"])];
        account(&[ann.clone(), user("bob", &[], &[])], &[], &roles, &denial)
    };
    finds(SELF, &to("user/ann"));
    finds_nobody(&to("user/bob"));
}

#[test]
fn a_role_that_is_changed_assumes_a_role_that_names_it() {
    let middle = role(
        "middle",
        "user/ann",
        &["deny sts:AssumeRole role/release", "allow iam:DeleteRolePolicy role/middle"],
    );
    let release = role("release", "role/middle", &["allow codepipeline:PutApprovalResult B"]);
    let ann = user("ann", &[], &["allow codepipeline:PutApprovalResult A"]);
    finds(SELF, &account(&[ann], &[], &[middle, release], &[]));
}

#[test]
fn a_role_that_trusts_a_tag_is_assumed_by_somebody_who_sets_it() {
    let own = ["allow codepipeline:PutApprovalResult A", "allow sts:AssumeRole *"];
    let tagging = "allow iam:TagUser user/ann";
    let with = |own: &[&str]| {
        let mut release = role("release", "root", &["allow codepipeline:PutApprovalResult B"]);
        let trust = release["AssumeRolePolicyDocument"]["Statement"][0].clone();
        let tagged = json!({"StringEquals": {"aws:PrincipalTag/team": "b"}});
        release["AssumeRolePolicyDocument"]["Statement"][0] = when(trust, tagged);
        account(&[user("ann", &[], own)], &[], &[release], &[])
    };
    finds_nobody(&with(&own));
    finds(SELF, &with(&[own[0], own[1], tagging]));
}

/// A policy of AWS that nobody has is in no snapshot.
#[test]
fn policies_of_aws_that_nobody_has_may_be_attached() {
    let of = |name: &str| {
        let mut ann = user("ann", &[], &["allow codepipeline:PutApprovalResult A"]);
        let attach = policy(&["allow iam:AttachUserPolicy user/ann"]);
        let only =
            json!({"ArnEquals": {"iam:PolicyARN": format!("arn:aws:iam::aws:policy/{name}")}});
        let statement = when(attach["Statement"][0].clone(), only);
        let own = &mut ann["UserPolicyList"][0]["PolicyDocument"]["Statement"];
        own.as_array_mut().unwrap().push(statement);
        let roles = [role("release", LAMBDA, &["allow codepipeline:PutApprovalResult B"])];
        account(&[ann], &[], &roles, &[])
    };
    finds(SECOND, &of("IAMFullAccess"));
    finds(SELF, &of("AWSLambda_FullAccess"));
    finds_nobody(&of("SecurityAudit"));
}

#[test]
fn a_new_user_or_role_may_get_a_policy_that_only_leads_further() {
    let policies = [
        managed("p-assume", &[&["allow sts:AssumeRole role/release"]]),
        managed("p-read", &[&["allow s3:GetObject *"]]),
    ];
    let with = |making: &str, attaching: &str, policy_named: &str, trusted: &str| {
        let mut ann = user("ann", &[], &["allow codepipeline:PutApprovalResult A", making]);
        let attach = policy(&[attaching]);
        let only = json!({"ArnEquals": {"iam:PolicyARN": arn(&format!("policy/{policy_named}"))}});
        let statement = when(attach["Statement"][0].clone(), only);
        let own = &mut ann["UserPolicyList"][0]["PolicyDocument"]["Statement"];
        own.as_array_mut().unwrap().push(statement);
        let roles = [role("release", trusted, &["allow codepipeline:PutApprovalResult B"])];
        account(&[ann, user("bob", &[], &[])], &[], &roles, &policies)
    };
    let users = "allow iam:CreateUser,iam:CreateAccessKey user/new-*";
    let roles = "allow iam:CreateRole role/new-*";
    let to_users = "allow iam:AttachUserPolicy user/new-*";
    let to_roles = "allow iam:AttachRolePolicy role/new-*";
    finds(SELF, &with(users, to_users, "p-assume", "root"));
    finds(SELF, &with(roles, to_roles, "p-assume", "root"));
    finds_nobody(&with(users, to_users, "p-read", "root"));
    finds_nobody(&with(users, to_users, "p-assume", "user/bob"));
    finds_nobody(&with(users, "allow iam:AttachUserPolicy user/other-*", "p-assume", "root"));
}

/// Somebody may have one of them as they are. The other one is found too, however many changes it
/// takes.
#[test]
fn two_slots_and_a_way_past_the_gate_are_looked_for_one_by_one() {
    let codes = |statements: &[&str]| {
        let groups = [group("ops", &[])];
        let found = audited(&account(&[user("ann", &[], statements)], &groups, &[], &[]));
        let about = found.findings.into_iter().filter(|finding| finding.called == "ann");
        let codes = about.map(|finding| finding.code);
        codes.filter(|code| *code != "approver-without-mfa").collect::<Vec<_>>()
    };
    let past = "can-bypass-gate";
    for gives in [
        &["allow iam:PutUserPolicy user/ann"][..],
        &["allow iam:AddUserToGroup group/ops", "allow iam:PutGroupPolicy group/ops"],
    ] {
        let and = |more| [gives, &[more]].concat();
        let without: Vec<_> = codes(gives).into_iter().filter(|code| *code != past).collect();
        assert!(without.contains(&SECOND), "{without:?}");
        assert_eq!(codes(gives), [&[past], without.as_slice()].concat());
        assert_eq!(codes(&and("allow codepipeline:UpdatePipeline *")), codes(gives));
        let both = "allow codepipeline:PutApprovalResult *";
        assert_eq!(codes(&and(both)), ["can-approve-both", past, SECOND]);
    }
}

/// What ann has or gets may be worth little: the gate counts her once. With the credentials of
/// others it counts two people.
#[test]
fn what_the_gate_refuses_hides_nothing_that_it_would_count() {
    let approve = |slot: &str| format!("allow codepipeline:PutApprovalResult {slot}");
    let (both, b) = (approve("*"), approve("B"));
    let keys = "allow iam:CreateAccessKey user/bob,allow iam:CreateAccessKey user/cy";
    let groups: [Value; 2] =
        [group("both", &[&both]), group("keys", &keys.split(',').collect::<Vec<_>>())];
    let found = |own: &[&str], others: [&str; 2]| {
        let users =
            [user("ann", &[], own), user("bob", &[], &[others[0]]), user("cy", &[], &[others[1]])];
        let account = Account::parse(&account(&users, &groups, &[], &[]).to_string()).unwrap();
        let slots = vec!["A".parse().unwrap(), "B".parse().unwrap()];
        let scope = Scope::of_all(slots, "gate".parse().unwrap());
        let of = |rule: Option<&rule::Rule>| {
            let found = audit(&account, &scope, rule, None).unwrap();
            let about = found.findings.into_iter().filter(|it| it.called == "ann");
            let codes = about.map(|it| (it.code, it.gate)).filter(|(_, gate)| gate.is_some());
            (codes.collect::<Vec<_>>(), found.answer.unwrap().sentence)
        };
        // The default rule is in force if no rule is given.
        let (codes, sentence) = of(Some(&rule::Rule::default()));
        assert_eq!(of(None), (codes.clone(), sentence.clone()));
        (codes, sentence)
    };
    let [joins_both, joins_keys] =
        ["both", "keys"].map(|of| format!("allow iam:AddUserToGroup group/{of}"));
    let [two, once] = [Some(findings::Gate::CountsTwo), Some(findings::Gate::Refuses)];
    // She has both slots, and can make a key of somebody who has one.
    let (codes, sentence) = found(&[&both, &joins_keys], [&b, &b]);
    assert_eq!(codes, [("can-approve-both", once), (SELF, two)]);
    assert!(sentence.ends_with("count 1 of them as two people after a change that they may make."));
    // Everybody has the same permissions.
    assert_eq!(found(&[&both, &joins_keys], [&both, &both]).0, codes);
    // She has none, and either of the others has both.
    assert_eq!(found(&[&joins_keys], [&both, &both]).0, [(SELF, two)]);
    // One change gives her both, and several make her two people.
    assert_eq!(found(&[&joins_both, &joins_keys], [&b, &b]).0, [(SELF, two)]);
    // Without the keys she is one.
    assert_eq!(found(&[&joins_both], [&b, &b]).0, [(SELF, once)]);
    let (codes, sentence) = found(&[&both, &joins_both], [&b, &b]);
    assert_eq!(codes, [("can-approve-both", once)]);
    assert!(sentence.ends_with("but the gate counts each as one person at most."), "{sentence}");
    assert_eq!(found(&[&joins_keys], [&both, &b]).0, [(SELF, two)]);
}

/// ann answers A herself and B in a session. Of one role the sessions have her name, and of the
/// other the name that she chooses, so the gate may count two.
#[test]
fn the_role_that_the_gate_counts_as_somebody_else_is_found_among_others() {
    let roles = ["Named", "Named-1", "Named-2", "Named-3", "Named-4", "Other"];
    let rule = rule::Rule::floor(&json!({"trustedSessionRoles": roles}).to_string()).unwrap();
    let severity = |names: &[&str]| {
        let roles: Vec<Value> = names
            .iter()
            .map(|name| {
                let mut role = role(name, "user/ann", &["allow codepipeline:PutApprovalResult B"]);
                if name.starts_with("Named") {
                    role["AssumeRolePolicyDocument"]["Statement"][0]["Condition"] =
                        json!({"StringEquals": {"sts:RoleSessionName": "${aws:username}"}});
                }
                role
            })
            .collect();
        let ann = user("ann", &[], &["allow codepipeline:PutApprovalResult A"]);
        let account = Account::parse(&account(&[ann], &[], &roles, &[]).to_string()).unwrap();
        let slots = vec!["A".parse().unwrap(), "B".parse().unwrap()];
        let scope = Scope::of_all(slots, "gate".parse().unwrap());
        let found = audit(&account, &scope, Some(&rule), None).unwrap().findings;
        let code = "can-approve-both-through-role";
        found.into_iter().find(|it| it.code == code && it.called == "ann").map(|it| it.severity)
    };
    assert_eq!(severity(&["Named"]), Some(Severity::Warning));
    let many = ["Named-1", "Named-2", "Named-3", "Named-4", "Other"];
    assert_eq!(severity(&many[..4]), Some(Severity::Warning));
    for names in [&["Other"][..], &["Named", "Other"], &["Other", "Named"], &many] {
        assert_eq!(severity(names), Some(Severity::Error), "{names:?}");
    }
}

/// The members of ops approve B if they have a tag. Other statements do not matter.
#[test]
fn a_new_user_has_tags_only_if_its_maker_may_tag_it() {
    let with = |more: &[&str]| {
        let own = [
            "allow codepipeline:PutApprovalResult A",
            "allow iam:CreateUser,iam:CreateAccessKey user/new-*",
            "allow iam:AddUserToGroup group/ops",
        ];
        let mut ops = group("ops", &["allow codepipeline:PutApprovalResult B"]);
        let approves = &mut ops["GroupPolicyList"][0]["PolicyDocument"]["Statement"][0];
        let tagged = json!({"StringEquals": {"aws:PrincipalTag/team": "b"}});
        *approves = when(approves.clone(), tagged);
        account(&[user("ann", &[], &[&own, more].concat())], &[ops], &[], &[])
    };
    finds_nobody(&with(&[]));
    finds_nobody(&with(&["allow amplify:UpdateApp *"]));
    let another = "arn:aws:lambda:eu-west-1:111122223333:function:another";
    finds_nobody(&with(&[&format!("allow lambda:UpdateFunctionCode {another}")]));
    finds(SECOND, &with(&["allow iam:TagUser user/new-*"]));
}

#[test]
fn what_two_policies_allow_is_allowed() {
    let updates = "allow amplify:UpdateApp *";
    let mut release = role("release", LAMBDA, &["allow codepipeline:PutApprovalResult B"]);
    release["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] =
        json!({"Service": "amplify.amazonaws.com"});
    let with = |own: &[&str], of_group: &[&str]| {
        let own = [&["allow codepipeline:PutApprovalResult A"], own].concat();
        let users = [user("ann", &["ops"], &own)];
        account(&users, &[group("ops", of_group)], slice::from_ref(&release), &[])
    };
    let found = |account: &Value| {
        let found = audited(account).findings.into_iter();
        found.filter(|it| it.code == "may-run-as-approver").map(|it| it.called).collect::<Vec<_>>()
    };
    assert!(found(&with(&[], &[])).is_empty());
    for (own, of_group) in [(&[updates][..], &[][..]), (&[], &[updates]), (&[updates], &[updates])]
    {
        assert_eq!(found(&with(own, of_group)), ["ann"], "{own:?} {of_group:?}");
    }
}

/// Her policy names nobody.
#[test]
fn somebody_is_found_among_all_users_by_what_each_may_do() {
    let keys = "allow iam:CreateAccessKey user/*";
    let approves = "allow codepipeline:PutApprovalResult A";
    let roles = [role("release", "user/bob", &["allow codepipeline:PutApprovalResult B"])];
    let of = |bob: &[&str], roles: &[Value]| {
        account(&[user("ann", &[], &[keys, approves]), user("bob", &[], bob)], &[], roles, &[])
    };
    finds(SELF, &of(&[], &roles));
    finds_nobody(&of(&[], &[]));
    let past = of(&["allow codepipeline:UpdatePipeline *"], &[]);
    let findings = audited(&past).findings;
    let mut past = findings.iter().filter(|it| it.code == "can-bypass-gate");
    assert!(
        past.any(|it| it.called == "ann" && it.message.contains("`user/bob`")),
        "{findings:#?}"
    );
}

#[test]
fn a_policy_that_leads_further_is_found_among_many_that_do_not() {
    let mut ann = user(
        "ann",
        &[],
        &[
            "allow codepipeline:PutApprovalResult A",
            "allow iam:CreateUser,iam:CreateAccessKey user/new-*",
        ],
    );
    let only = json!({"ArnLike": {"iam:PolicyARN": arn("policy/p-*")}});
    let attach = policy(&["allow iam:AttachUserPolicy user/new-*"]);
    let statement = when(attach["Statement"][0].clone(), only);
    let own = &mut ann["UserPolicyList"][0]["PolicyDocument"]["Statement"];
    own.as_array_mut().unwrap().push(statement);
    let roles = [role("release", "root", &["allow codepipeline:PutApprovalResult B"])];
    // Code of a function that is not the gate.
    let another = "arn:aws:lambda:eu-west-1:111122223333:function:another";
    let updates = format!("allow lambda:UpdateFunctionCode {another}");
    let others = (0..200).map(|number| {
        let statement = if number % 2 == 0 { "allow s3:GetObject *" } else { &updates };
        managed(&format!("p-{number}"), &[&[statement]])
    });
    let mut policies: Vec<Value> = others.collect();
    finds_nobody(&account(slice::from_ref(&ann), &[], &roles, &policies));
    policies.push(managed("p-assume", &[&["allow sts:AssumeRole role/release"]]));
    finds(SELF, &account(&[ann], &[], &roles, &policies));
}

/// ann may make keys of everybody: of bob, who may do nothing, of dan, who may give him everything,
/// and of eve, who may assume a role that changes the pipeline.
#[test]
fn a_way_that_changes_no_permissions_is_named_before_one_that_does() {
    let mut users = vec![
        user("ann", &[], &["allow iam:CreateAccessKey user/*"]),
        user("bob", &[], &[]),
        user("dan", &[], &["allow iam:PutUserPolicy user/bob"]),
        user("eve", &[], &[]),
    ];
    let roles = [role("changes", "user/eve", &["allow codepipeline:UpdatePipeline *"])];
    let says = |users: &[Value]| {
        let found = audited(&account(users, &[], &roles, &[])).findings.into_iter();
        let mut past = found.filter(|it| it.called == "ann" && it.code == "can-bypass-gate");
        past.next().unwrap().message
    };
    let both = says(&users);
    assert!(both.contains("sts:AssumeRole") && !both.contains("iam:PutUserPolicy"), "{both}");
    users.pop();
    let changed = says(&users);
    assert!(changed.contains("iam:PutUserPolicy"), "{changed}");
}

/// What a service does for somebody comes with `aws:ViaAWSService`. Nobody approves like that, and
/// the account does not show who makes a key like that.
#[test]
fn a_key_that_is_made_through_a_service_is_found() {
    let makes = policy(&["allow iam:CreateAccessKey user/bob"])["Statement"][0].clone();
    let through = |service: &str| json!({"Bool": {"aws:ViaAWSService": service}});
    for service in ["true", "false"] {
        let mut ann = user("ann", &[], &["allow codepipeline:PutApprovalResult A"]);
        let own = &mut ann["UserPolicyList"][0]["PolicyDocument"]["Statement"];
        own.as_array_mut().unwrap().push(when(makes.clone(), through(service)));
        let bob = user("bob", &[], &["allow codepipeline:PutApprovalResult B"]);
        finds(SELF, &account(&[ann, bob], &[], &[], &[]));
    }
}

/// Only the red team may approve, by another version of a policy, by a policy that ann may attach,
/// or in a group.
#[test]
fn what_a_change_gives_by_tags_is_asked_for_each_who_may_get_it() {
    let approves = policy(&["allow codepipeline:PutApprovalResult B"])["Statement"][0].clone();
    let of_red = when(approves, json!({"StringEquals": {"aws:PrincipalTag/team": "red"}}));
    let reads: &[&str] = &["allow s3:GetObject *"];
    let mut one = managed("one", &[reads, reads]);
    one["PolicyVersionList"][1]["Document"]["Statement"] = json!([of_red]);
    let mut two = managed("two", &[reads]);
    two["PolicyVersionList"][0]["Document"]["Statement"] = json!([of_red]);
    let mut ops = group("ops", reads);
    ops["GroupPolicyList"][0]["PolicyDocument"]["Statement"] = json!([of_red]);
    let holder = |name: &str, team: &str| {
        let mut user = user(name, &[], &[]);
        user["AttachedManagedPolicies"] = attached("one");
        user["Tags"] = json!([{"Key": "team", "Value": team}]);
        user
    };
    let attaches = "allow iam:AttachUserPolicy user/bob,allow iam:AttachUserPolicy user/cy";
    for (change, code) in [
        ("allow iam:SetDefaultPolicyVersion policy/one", SELF),
        (attaches, SELF),
        ("allow iam:AddUserToGroup group/ops", SECOND),
    ] {
        let own = ["allow codepipeline:PutApprovalResult A", "allow iam:CreateAccessKey user/*"];
        let mut ann = user("ann", &[], &own);
        let only = json!({"ArnEquals": {"iam:PolicyARN": arn("policy/two")}});
        let mut changes = policy(&change.split(',').collect::<Vec<_>>())["Statement"].clone();
        for statement in changes.as_array_mut().unwrap().iter_mut().filter(|_| change == attaches) {
            *statement = when(statement.clone(), only.clone());
        }
        let statements = &mut ann["UserPolicyList"][0]["PolicyDocument"]["Statement"];
        statements.as_array_mut().unwrap().append(changes.as_array_mut().unwrap());
        let with = |teams: [&str; 2]| {
            let users = [ann.clone(), holder("bob", teams[0]), holder("cy", teams[1])];
            let policies = [one.clone(), two.clone()];
            account(&users, slice::from_ref(&ops), &[], &policies)
        };
        finds(code, &with(["blue", "red"]));
        finds(code, &with(["red", "blue"]));
        finds_nobody(&with(["blue", "blue"]));
    }
}

#[test]
fn one_policy_of_aws_that_may_be_attached_is_one_write() {
    let mut ann = user("ann", &[], &["allow codepipeline:PutApprovalResult A"]);
    let attach = policy(&["allow iam:AttachUserPolicy user/ann"])["Statement"][0].clone();
    let only =
        json!({"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/AdministratorAccess"}});
    let own = &mut ann["UserPolicyList"][0]["PolicyDocument"]["Statement"];
    own.as_array_mut().unwrap().push(when(attach, only));
    let found = audited(&account(&[ann], &[], &[], &[])).findings;
    let itself = found.iter().find(|it| it.code == SELF).unwrap();
    let says = "`ann` is one write away from approving A and B of the same stage: \
                iam:AttachUserPolicy; the gate still refuses";
    assert!(itself.message.starts_with(says), "{}", itself.message);
}

/// A session has its own ARN, and only the role has a trust policy.
#[test]
fn a_policy_that_names_a_session_is_not_about_its_role() {
    let release = [role("release", LAMBDA, &["allow codepipeline:PutApprovalResult B"])];
    let with = |of: &str| {
        let rewrites = format!("allow iam:UpdateAssumeRolePolicy {of}");
        let ann = user("ann", &[], &["allow codepipeline:PutApprovalResult A", &rewrites]);
        account(&[ann], &[], &release, &[])
    };
    finds(SELF, &with("role/release"));
    finds_nobody(&with("arn:aws:sts::111122223333:assumed-role/release/x"));
}

/// Code that ann may change may run with either role. The gate counts the sessions of one of them.
#[test]
fn the_role_that_the_gate_counts_is_found_among_those_that_code_may_run_with() {
    let changes = "allow lambda:UpdateFunctionCode arn:aws:lambda:*:*:function:other";
    let ann = user("ann", &[], &["allow codepipeline:PutApprovalResult A", changes]);
    let roles =
        ["R1", "R2"].map(|it| role(it, LAMBDA, &["allow codepipeline:PutApprovalResult B"]));
    let account = Account::parse(&account(&[ann], &[], &roles, &[]).to_string()).unwrap();
    let slots = vec!["A".parse().unwrap(), "B".parse().unwrap()];
    let scope = Scope::of_all(slots, "gate".parse().unwrap());
    let gate = |trusted: &[&str]| {
        let rule = json!({"trustedSessionRoles": trusted}).to_string();
        let rule = rule::Rule::floor(&rule).unwrap();
        let found = audit(&account, &scope, Some(&rule), None).unwrap().findings;
        found.into_iter().find(|it| it.code == "may-run-as-approver").unwrap().gate
    };
    assert_eq!(gate(&[]), Some(findings::Gate::Refuses));
    for trusted in ["R1", "R2"] {
        assert_eq!(gate(&[trusted]), Some(findings::Gate::CountsTwo), "{trusted}");
    }
}

/// bob and cy may do nothing themselves, and each is let in by another role.
#[test]
fn a_role_that_names_one_of_two_users_is_found_whoever_is_looked_at_first() {
    let own = ["allow codepipeline:PutApprovalResult A", "allow iam:CreateAccessKey user/*"];
    let users = [user("ann", &[], &own), user("bob", &[], &[]), user("cy", &[], &[])];
    for slots in [["A", "B"], ["B", "A"]] {
        let entered = ["bob", "cy"].iter().zip(slots).map(|(name, slot)| {
            let approves = format!("allow codepipeline:PutApprovalResult {slot}");
            role(&format!("of-{name}"), &format!("user/{name}"), &[&approves])
        });
        let roles: Vec<Value> = entered.collect();
        finds(SELF, &account(&users, &[], &roles, &[]));
    }
}
