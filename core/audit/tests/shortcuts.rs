//! People who are easy to overlook: after somebody whose permissions cannot be decided, and behind
//! roles of IAM Identity Center.

#![cfg(test)]

use audit::identity_center::Reader;
use audit::{DeclaredMembers, MemberPlace, Scope, audit};
use findings::{Finding, Gate, Severity};
use iam::account::Account;
use rule::Rule;
use serde_json::{Value, json};

const ACCOUNT: &str = "111122223333";
const SSO: &str = "aws-reserved/sso.amazonaws.com/eu-west-1";

fn allow(action: &str, resource: &str) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

fn approve(slot: &str) -> Value {
    allow("codepipeline:PutApprovalResult", &format!("arn:aws:codepipeline:*:*:*/*/{slot}"))
}

fn user(name: &str, statements: &[Value]) -> Value {
    let policy = json!({"Version": "2012-10-17", "Statement": statements});
    json!({
        "UserName": name, "UserId": format!("AIDA{name}"),
        "Arn": format!("arn:aws:iam::{ACCOUNT}:user/{name}"), "GroupList": [],
        "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": policy}],
        "AttachedManagedPolicies": [],
    })
}

fn role(path: &str, name: &str, trust: &Value, statements: &[Value]) -> Value {
    let policy = |statements: &[Value]| json!({"Version": "2012-10-17", "Statement": statements});
    json!({
        "RoleName": name, "RoleId": format!("AROA{name}"),
        "Arn": format!("arn:aws:iam::{ACCOUNT}:role/{path}{name}"),
        "AssumeRolePolicyDocument": policy(std::slice::from_ref(trust)),
        "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": policy(statements)}],
        "AttachedManagedPolicies": [],
    })
}

/// The name of the role that IAM Identity Center makes for a permission set.
fn name_for(set: &str) -> String {
    format!("AWSReservedSSO_{set}_0123456789abcdef")
}

/// That role.
fn role_for(set: &str, statements: &[Value]) -> Value {
    role_called(&name_for(set), statements)
}

/// A role in the place of those of IAM Identity Center.
fn role_called(name: &str, statements: &[Value]) -> Value {
    let provider = format!("arn:aws:iam::{ACCOUNT}:saml-provider/AWSSSO_x_DO_NOT_DELETE");
    let trust = json!({"Effect": "Allow", "Principal": {"Federated": provider},
        "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"]});
    role(&format!("{SSO}/"), name, &trust, statements)
}

/// What IAM Identity Center lists: one person has these permission sets.
fn alice_has(sets: &[&str]) -> Vec<Value> {
    let arn = |set: &str| format!("arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-{set}");
    let names = sets
        .iter()
        .map(|set| json!({"PermissionSet": {"Name": set, "PermissionSetArn": arn(set)}}));
    let assigned = sets.iter().map(|set| {
        json!({"AccountAssignments": [{"AccountId": ACCOUNT, "PermissionSetArn": arn(set),
            "PrincipalType": "USER", "PrincipalId": "id-alice"}]})
    });
    let alice = json!({"IdentityStoreId": "d-1234567890", "UserId": "id-alice",
        "UserName": "alice@example.com"});
    names.chain(assigned).chain([json!({"Users": [alice]})]).collect()
}

fn scope_of(slots: &[&str]) -> Scope {
    let slots = slots.iter().map(|slot| slot.parse().unwrap());
    Scope::of_all(slots.collect(), "gate".parse().unwrap())
}

fn found(users: &[Value], roles: &[Value], rule: Option<&Value>, lists: &[Value]) -> Vec<Finding> {
    found_in(&scope_of(&["A", "B"]), users, roles, rule, lists)
}

fn found_in(
    scope: &Scope,
    users: &[Value],
    roles: &[Value],
    rule: Option<&Value>,
    lists: &[Value],
) -> Vec<Finding> {
    let details = json!({
        "UserDetailList": users, "GroupDetailList": [], "RoleDetailList": roles, "Policies": [],
    });
    let account = Account::parse(&details.to_string()).unwrap();
    let rule = rule.map(|rule| Rule::floor(&rule.to_string()).unwrap());
    let mut reader = Reader::default();
    for (number, list) in lists.iter().enumerate() {
        reader.add(&format!("{number}.json"), &list.to_string()).unwrap();
    }
    let center = (!lists.is_empty()).then(|| reader.finish().unwrap());
    audit(&account, scope, rule.as_ref(), center.as_ref()).unwrap().findings
}

/// A check stops at her, and begins again without her.
#[test]
fn somebody_who_cannot_be_decided_hides_nobody_from_any_check() {
    let orders =
        ["0123456789", "9876543210", "1032547698", "5678901234", "2468013579", "9753186420"];
    // Each denies every pipeline whose name does not have these digits in this order.
    let only_with = |digits: &str| {
        let digits: Vec<String> = digits.chars().map(String::from).collect();
        let name = digits.join("*");
        json!({"Effect": "Deny", "Action": "codepipeline:UpdatePipeline",
            "NotResource": format!("arn:aws:codepipeline:*:{ACCOUNT}:*{name}*")})
    };
    let updates = [allow("codepipeline:UpdatePipeline", "*")];
    let entangled: Vec<Value> =
        updates.iter().cloned().chain(orders.into_iter().map(only_with)).collect();
    let users = [user("ann", &updates), user("cy", &entangled), user("dan", &updates)];
    let found = found(&users, &[], None, &[]);
    let with = |code: &str| -> Vec<&str> {
        found.iter().filter(|it| it.code == code).map(|it| &*it.called).collect()
    };
    assert_eq!(with("not-decided"), ["cy"]);
    assert_eq!(with("can-bypass-gate"), ["ann", "dan"]);
}

/// The role of a permission set that approves nothing itself, and the roles that it may assume,
/// each with its slot.
fn leading_to(set: &str, releases: &[(&str, &str)]) -> Vec<Value> {
    let arn = |name: &&str| allow("sts:AssumeRole", &format!("arn:aws:iam::{ACCOUNT}:role/{name}"));
    let assumes: Vec<Value> = releases.iter().map(|(name, _)| arn(name)).collect();
    let enters = format!("arn:aws:iam::{ACCOUNT}:role/{SSO}/{}", name_for(set));
    let trust =
        json!({"Effect": "Allow", "Principal": {"AWS": enters}, "Action": "sts:AssumeRole"});
    let releases = releases.iter().map(|(name, slot)| role("", name, &trust, &[approve(slot)]));
    std::iter::once(role_for(set, &assumes)).chain(releases).collect()
}

/// Her roles approve nothing themselves.
#[test]
fn a_person_whose_roles_lead_to_roles_that_approve_is_found() {
    let lists = alice_has(&["EnterA", "EnterB"]);
    let both = |slots: [&str; 2]| {
        let [a, b] = slots;
        let roles =
            [leading_to("EnterA", &[("ReleaseA", a)]), leading_to("EnterB", &[("ReleaseB", b)])];
        let found = found(&[], &roles.concat(), None, &lists).into_iter();
        found.filter(|it| it.code == "member-of-both-groups").collect::<Vec<_>>()
    };
    let [found] = &both(["A", "B"])[..] else { panic!() };
    assert_eq!(found.called, "alice@example.com");
    for release in ["ReleaseA", "ReleaseB"] {
        let arn = format!("arn:aws:iam::{ACCOUNT}:role/{release}");
        let mut evidence = found.evidence.iter();
        assert!(
            evidence.any(|it| it.name == arn && it.detail == "can be assumed, by its trust policy"),
            "{release}: {:#?}",
            found.evidence
        );
    }
    assert!(both(["A", "A"]).is_empty());
}

/// Two roles have the same permissions, and the gate believes the session names of one.
#[test]
fn the_role_that_the_gate_counts_is_found_behind_a_role_that_is_entered() {
    let lists = alice_has(&["EnterA", "EnterB"]);
    let gate = |trusted: &[&str]| {
        let roles = [
            leading_to("EnterA", &[("ReleaseA", "A")]),
            leading_to("EnterB", &[("ReleaseB1", "B"), ("ReleaseB2", "B")]),
        ];
        let rule = json!({"trustedSessionRoles": trusted});
        let found = found(&[], &roles.concat(), Some(&rule), &lists).into_iter();
        let both = found.filter(|it| it.code == "member-of-both-groups");
        both.map(|it| it.gate.unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(gate(&["ReleaseA"]), [Gate::Refuses]);
    assert_eq!(gate(&["ReleaseA", "ReleaseB1"]), [Gate::CountsTwo]);
    assert_eq!(gate(&["ReleaseA", "ReleaseB2"]), [Gate::CountsTwo]);
}

#[test]
fn what_is_undecided_is_said_of_the_two_slots_that_are_served() {
    let roles = [role_for("ReleaseA", &[approve("A")]), role_for("ReleaseB", &[approve("B")])];
    let found = found_in(&scope_of(&["A", "B", "C"]), &[], &roles, None, &[]).into_iter();
    let undecided = found.filter(|it| it.code == "undecided");
    let [one] = &undecided.map(|it| it.message).collect::<Vec<_>>()[..] else { panic!() };
    assert!(one.contains("approve A as") && one.contains("and B of the same stage"), "{one}");
}

/// AWS ends the name of each role with 16 hexadecimal digits.
#[test]
fn a_role_with_another_ending_is_not_that_of_a_permission_set() {
    let is_found = |ending: &str| {
        let name = format!("AWSReservedSSO_ReleaseB_{ending}");
        let roles = [role_for("ReleaseA", &[approve("A")]), role_called(&name, &[approve("B")])];
        let found = found(&[], &roles, None, &alice_has(&["ReleaseA", "ReleaseB"]));
        found.iter().any(|it| it.code == "member-of-both-groups")
    };
    assert!(is_found("fedcba9876543210"));
    assert!(!is_found("0123"));
    assert!(!is_found("sixteen-letters-"));
}

#[test]
fn a_role_that_outsiders_enter_is_not_that_of_a_machine() {
    let both = [approve("A"), approve("B")];
    let principals = [
        json!({"Federated": format!("arn:aws:iam::{ACCOUNT}:saml-provider/idp")}),
        json!({"AWS": "444455556666"}),
        json!({"AWS": "*"}),
        json!({"Service": "lambda.amazonaws.com"}),
    ];
    let found = |principal: &Value| {
        let actions = json!(["sts:AssumeRole", "sts:AssumeRoleWithSAML"]);
        let trust = json!({"Effect": "Allow", "Principal": principal, "Action": actions});
        let found = found(&[], &[role("", "Release", &trust, &both)], None, &[]);
        found.iter().any(|it| it.code == "can-approve-both")
    };
    assert_eq!(principals.each_ref().map(found), [true, true, true, false]);
}

/// Nobody may be left in a role that approves: with `collapse`, all of its sessions are one person.
#[test]
fn a_role_is_one_person_only_if_somebody_has_it() {
    let rule = json!({"sharedRoles": "collapse"});
    let users = [user("al", &[approve("A")])];
    let roles = [role_for("ReleaseB", &[approve("B")])];
    let found = |status: &str| {
        let mut lists = alice_has(&["ReleaseB"]);
        lists.last_mut().unwrap()["Users"][0]["UserStatus"] = json!(status);
        let found = found(&users, &roles, Some(&rule), &lists);
        let about = ["slot-without-approver", "depends-on-one-person"];
        let found = found.into_iter().filter(|it| about.contains(&it.code));
        found.map(|it| it.message).collect::<Vec<_>>()
    };
    let away = |name: &str| format!("While `{name}` is away, nobody can release.");
    assert_eq!(found("ENABLED"), [away("al"), away(&name_for("ReleaseB"))]);
    assert_eq!(found("DISABLED"), ["Nobody in the account can approve B, so nobody can release."]);
}

#[test]
fn a_person_who_comes_through_a_role_is_among_the_people() {
    let trust = json!({"Effect": "Allow", "Principal": {"AWS": "444455556666"},
        "Action": "sts:AssumeRole"});
    let roles = [role("", "Release", &trust, &[approve("B")])];
    let users = [user("al", &[approve("A")])];
    let session = format!("arn:aws:sts::{ACCOUNT}:assumed-role/Release/bob");
    let rule = json!({"trustedSessionRoles": ["Release"], "onlyPeople": true, "people": {
        "al": [format!("arn:aws:iam::{ACCOUNT}:user/al")], "bob": [session],
    }});
    let found = found(&users, &roles, Some(&rule), &[]).into_iter();
    let about = ["slot-without-approver", "depends-on-one-person"];
    let found = found.filter(|it| about.contains(&it.code)).map(|it| it.message);
    let away = |name: &str| format!("While `{name}` is away, nobody can release.");
    assert_eq!(found.collect::<Vec<_>>(), [away("al"), away("bob by Release")]);
}

#[test]
fn a_permission_set_that_code_names_is_looked_for_by_its_name() {
    let missing = |set: &str| {
        let mut scope = scope_of(&["A", "B"]);
        let place = MemberPlace::PermissionSet(set.to_owned());
        let members = ["alice@example.com".to_owned()].into();
        scope.declared = vec![DeclaredMembers { place, members }];
        let roles = [role_for("ReleaseB", &[approve("B")])];
        let found = found_in(&scope, &[], &roles, None, &alice_has(&["ReleaseB"])).into_iter();
        let missing = found.filter(|it| it.code == "member-missing");
        missing.map(|it| it.message).collect::<Vec<_>>()
    };
    assert!(missing("ReleaseB").is_empty());
    let [message] = &missing("Release")[..] else { panic!() };
    assert!(message.contains("does not have the permission set `Release`"), "{message}");
}

/// One slot as a user, the other in a session of a role.
#[test]
fn what_counts_a_person_of_identity_center_once_is_said() {
    let session = format!("arn:aws:sts::{ACCOUNT}:assumed-role/{}", name_for("ReleaseB"));
    let rule = json!({
        "trustedSessionRoles": ["AWSReservedSSO_*"],
        "people": {"alice": [
            format!("arn:aws:iam::{ACCOUNT}:user/al"), format!("{session}/alice@example.com"),
        ]},
    });
    let users = [user("al", &[approve("A")])];
    let roles = [role_for("ReleaseB", &[approve("B")])];
    let found = found(&users, &roles, Some(&rule), &alice_has(&["ReleaseB"]));
    let one = found.iter().find(|it| it.code == "one-person-on-two-slots").unwrap();
    assert_eq!((one.severity, one.gate), (Severity::Error, Some(Gate::Refuses)));
    let role = name_for("ReleaseB");
    let says = format!("it counts `al` and `{role}` as `alice@example.com` once");
    assert!(one.message.contains(&says), "{}", one.message);
}

/// The person who is assigned answers under another name than the person who assigns.
#[test]
fn somebody_who_assigns_a_role_makes_a_second_person_for_the_gate() {
    let assigns = allow("sso:CreateAccountAssignment", "*");
    let users = [user("ann", &[approve("A"), assigns])];
    let roles = [role_for("ReleaseB", &[approve("B")])];
    let found = |rule: &Value| {
        let found = found(&users, &roles, Some(rule), &[]).into_iter();
        let mut second = found.filter(|it| it.code == "can-make-second-person");
        second.next().unwrap()
    };
    let second = |rule: &Value| {
        let it = found(rule);
        Some((it.called, it.severity, it.gate))
    };
    let of_ann = |severity, gate| Some(("ann".to_owned(), severity, Some(gate)));
    let believing = json!({"trustedSessionRoles": ["AWSReservedSSO_*"]});
    assert_eq!(second(&believing), of_ann(Severity::Error, Gate::CountsTwo));
    let only = json!({"trustedSessionRoles": ["AWSReservedSSO_*"], "onlyPeople": true,
        "people": {"ann": [format!("arn:aws:iam::{ACCOUNT}:user/ann")]}});
    assert_eq!(second(&only), of_ann(Severity::Warning, Gate::Refuses));
    let why = |rule: &Value| found(rule).message;
    assert!(why(&only).contains("`onlyPeople` does not let"), "{}", why(&only));
    let roster = json!({"trustedSessionRoles": ["AWSReservedSSO_*"],
        "roster": {"A": ["*"], "B": ["eve"]}});
    assert!(why(&roster).contains("is not on the roster of B"), "{}", why(&roster));
}
