//! `policygen audit` with the people of IAM Identity Center, from lists in files.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::checker::{AUDIT, file, file_of, text};
use crate::program::Ran;

const ACCOUNT: &str = "111122223333";
const SETS: &str = "arn:aws:sso:::permissionSet/ssoins-1234567890abcdef";
const STORE: &str = "d-1234567890";
const PATH: &str = "aws-reserved/sso.amazonaws.com/eu-west-1";

/// A role as IAM Identity Center makes it, which approves these slots.
fn role(set: &str, slots: &[&str]) -> Value {
    let statements: Vec<Value> = slots
        .iter()
        .map(|slot| {
            json!({"Effect": "Allow", "Action": "codepipeline:PutApprovalResult",
                "Resource": format!("arn:aws:codepipeline:*:*:*/*/{slot}")})
        })
        .collect();
    let provider = format!("arn:aws:iam::{ACCOUNT}:saml-provider/AWSSSO_x_DO_NOT_DELETE");
    let trust = json!({"Effect": "Allow", "Principal": {"Federated": provider},
        "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"]});
    let policy = |statements: &[Value]| json!({"Version": "2012-10-17", "Statement": statements});
    let name = format!("AWSReservedSSO_{set}_0123456789abcdef");
    json!({
        "RoleName": name, "RoleId": format!("AROA{set}"), "AttachedManagedPolicies": [],
        "Arn": format!("arn:aws:iam::{ACCOUNT}:role/{PATH}/{name}"),
        "AssumeRolePolicyDocument": policy(&[trust]),
        "RolePolicyList": [{"PolicyName": "AwsSSOInlinePolicy", "PolicyDocument": policy(&statements)}],
    })
}

fn account(roles: &[Value]) -> Value {
    json!({"GroupDetailList": [], "Policies": [], "UserDetailList": [], "RoleDetailList": roles})
}

/// The roles of a set for each slot, and of one for none.
fn roles() -> Vec<Value> {
    vec![role("ReleaseA", &["ApprovalA"]), role("ReleaseB", &["ApprovalB"]), role("ReadOnly", &[])]
}

fn set(name: &str) -> Value {
    json!({"PermissionSet": {"Name": name, "PermissionSetArn": format!("{SETS}/ps-{name}")}})
}

fn user(name: &str) -> Value {
    json!({"IdentityStoreId": STORE, "UserId": format!("id-{name}"),
        "UserName": format!("{name}@example.com")})
}

fn users(names: &[&str]) -> Value {
    json!({"Users": names.iter().map(|name| user(name)).collect::<Vec<_>>()})
}

fn group(name: &str) -> Value {
    json!({"IdentityStoreId": STORE, "GroupId": format!("id-{name}"), "DisplayName": name})
}

fn members(group: &str, users: &[&str]) -> Value {
    let member = |user: &&str| {
        json!({"IdentityStoreId": STORE, "GroupId": format!("id-{group}"),
            "MemberId": {"UserId": format!("id-{user}")}})
    };
    json!({"GroupMemberships": users.iter().map(member).collect::<Vec<_>>()})
}

/// Who is assigned to a set: `USER` or `GROUP`, and the name.
fn assigned(set: &str, to: &[(&str, &str)]) -> Value {
    let one = |(kind, name): &(&str, &str)| {
        json!({"AccountId": ACCOUNT, "PermissionSetArn": format!("{SETS}/ps-{set}"),
            "PrincipalType": kind, "PrincipalId": format!("id-{name}")})
    };
    json!({"AccountAssignments": to.iter().map(one).collect::<Vec<_>>()})
}

/// Alice is in the group that has ApprovalA, and is assigned to ApprovalB. Bob and Carol have one
/// each. Every list has a name, so that a test can leave it out.
fn lists() -> Vec<(&'static str, Value)> {
    vec![
        ("users", users(&["alice", "bob", "carol"])),
        ("groups", json!({"Groups": [group("Developers"), group("Operators")]})),
        ("members of Developers", members("Developers", &["alice", "bob"])),
        ("members of Operators", members("Operators", &["carol"])),
        ("set ReleaseA", set("ReleaseA")),
        ("set ReleaseB", set("ReleaseB")),
        ("set ReadOnly", set("ReadOnly")),
        ("assigned ReleaseA", assigned("ReleaseA", &[("GROUP", "Developers")])),
        ("assigned ReleaseB", assigned("ReleaseB", &[("GROUP", "Operators"), ("USER", "alice")])),
        ("assigned ReadOnly", assigned("ReadOnly", &[("USER", "bob")])),
    ]
}

fn audit_with(account: &Value, lists: &[Value], arguments: &[&str]) -> Ran {
    let folder = TempDir::new().unwrap();
    let files: Vec<String> = lists
        .iter()
        .enumerate()
        .map(|(number, list)| {
            let path = folder.path().join(format!("{number}.json"));
            // A list that is a text here is not JSON.
            fs::write(&path, list.as_str().map_or_else(|| list.to_string(), str::to_owned))
                .unwrap();
            path.to_str().unwrap().to_owned()
        })
        .collect();
    let given = files.iter().flat_map(|path| ["--identity-center-file", path]);
    AUDIT.run(account, &given.chain(arguments.iter().copied()).collect::<Vec<_>>())
}

fn audit(lists: &[Value]) -> Ran {
    audit_with(&account(&roles()), lists, &["--format=json"])
}

/// The findings of a report, each as its code, the end of its subject's ARN, and the whole.
#[track_caller]
fn found(ran: &Ran) -> Vec<(String, String, Value)> {
    assert!(ran.code == 0 || ran.code == 10, "{}", ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    findings
        .map(|it| {
            let arn = text(&it["subject"]["arn"]);
            (text(&it["code"]), arn.splitn(6, ':').last().unwrap().to_owned(), it.clone())
        })
        .collect()
}

fn only_lists() -> Vec<Value> {
    lists().into_iter().map(|(_, list)| list).collect()
}

#[test]
fn one_person_with_the_roles_of_both_slots_is_found_by_name() {
    let ran = audit(&only_lists());
    let found = found(&ran);
    let errors = found.iter().filter(|(.., it)| it["severity"] == "error");
    let [(code, subject, finding)] = errors.collect::<Vec<_>>().try_into().unwrap();
    assert_eq!((code.as_str(), subject.as_str()), ("member-of-both-groups", "user/id-alice"));
    assert_eq!(finding["subject"]["arn"], "arn:aws:identitystore:::user/id-alice");
    let message = finding["message"].as_str().unwrap();
    let begin = "`alice@example.com` is assigned `ReleaseA` by the group `Developers` and \
                 `ReleaseB` directly.";
    assert!(message.starts_with(begin), "{message}");
    let names = finding["evidence"].as_array().unwrap().iter().map(|link| &link["name"]);
    assert!(names.clone().any(|name| name == "Developers"), "{finding}");
}

/// A list twice, in another order, or of another account changes nothing.
#[test]
fn lists_mean_the_same_in_any_order_and_twice() {
    let whole = audit(&only_lists()).stdout;
    let reversed: Vec<Value> = only_lists().into_iter().rev().collect();
    assert_eq!(audit(&reversed).stdout, whole);
    assert_eq!(audit(&[only_lists(), only_lists()].concat()).stdout, whole);
    let mut elsewhere = assigned("ReleaseB", &[("USER", "bob")]);
    elsewhere["AccountAssignments"][0]["AccountId"] = json!("444455556666");
    let all_sets = json!({"PermissionSets": [format!("{SETS}/ps-ReleaseA")]});
    assert_eq!(audit(&[only_lists(), vec![elsewhere, all_sets]].concat()).stdout, whole);
}

#[test]
fn a_list_without_its_last_page_is_refused() {
    let page = |names: &[&str], has_next: bool| {
        let mut page = users(names);
        if has_next {
            page["NextToken"] = json!("x");
        }
        page
    };
    let others: Vec<Value> =
        lists().into_iter().filter(|(name, _)| *name != "users").map(|(_, list)| list).collect();
    let with = |pages: &[Value]| audit(&[others.clone(), pages.to_vec()].concat());
    let whole = audit(&only_lists()).stdout;
    let (first, last) = (page(&["alice", "bob"], true), page(&["carol"], false));
    assert_eq!(with(&[first.clone(), last.clone()]).stdout, whole);
    assert_eq!(with(&[last, first.clone()]).stdout, whole);
    let mut ended = page(&["alice", "bob", "carol"], false);
    ended["NextToken"] = Value::Null;
    assert_eq!(with(&[ended]).stdout, whole);
    let ran = with(&[first]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    let says = "9.json` is a page of a list whose last page is missing; run `aws identitystore \
                list-users` again";
    assert!(ran.stderr.contains(says), "{}", ran.stderr);
    // Each group has a list of its members, and the last page of one does not end another's.
    let mut unfinished = members("Developers", &["alice"]);
    unfinished["NextToken"] = json!("x");
    let complete = members("Operators", &["carol"]);
    let without: Vec<Value> = lists()
        .into_iter()
        .filter(|(name, _)| !name.starts_with("members"))
        .map(|(_, list)| list)
        .collect();
    let ran = audit(&[without.clone(), vec![unfinished.clone(), complete.clone()]].concat());
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    assert!(ran.stderr.contains("list-group-memberships"), "{}", ran.stderr);
    // An empty last page does not say which list it ends.
    let empty = json!({"GroupMemberships": []});
    let ran = audit(&[without, vec![unfinished, complete, empty]].concat());
    assert_eq!(ran.code, 10, "{}", ran.stderr);
}

#[test]
fn what_is_missing_is_a_finding_that_says_what_to_run() {
    for (missing, subjects, command) in [
        ("users", &["user/id-alice", "user/id-bob", "user/id-carol"][..], "list-users`"),
        ("groups", &["group/id-Developers", "group/id-Operators"], "list-groups`"),
        (
            "members of Operators",
            &["group/id-Operators"],
            "list-group-memberships --group-id id-Operators`",
        ),
        (
            "assigned ReleaseB",
            &[
                "role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_ReleaseB_0123456789abcdef",
            ],
            "list-account-assignments --account-id 111122223333`",
        ),
        (
            "set ReadOnly",
            &["permissionSet/ssoins-1234567890abcdef/ps-ReadOnly"],
            "--instance-arn arn:aws:sso:::instance/ssoins-1234567890abcdef --permission-set-arn ",
        ),
    ] {
        let left = lists().into_iter().filter(|(name, _)| *name != missing);
        let ran = audit(&left.map(|(_, list)| list).collect::<Vec<_>>());
        assert_eq!(ran.code, 10);
        let found = found(&ran);
        let undecided = found.iter().filter(|(code, ..)| code == "undecided");
        let undecided: Vec<_> = undecided.map(|(_, of, it)| (of.as_str(), it)).collect();
        let named: Vec<&str> = undecided.iter().map(|(of, _)| *of).collect();
        assert_eq!(named, subjects, "{missing}");
        for (_, finding) in undecided {
            assert!(finding["help"].as_str().unwrap().contains(command), "{missing}: {finding}");
        }
    }
}

#[test]
fn a_set_without_a_role_here_is_undecided() {
    let ran = audit_with(&account(&roles()[..2]), &only_lists(), &["--format=json"]);
    let found = found(&ran);
    let subject = "permissionSet/ssoins-1234567890abcdef/ps-ReadOnly";
    let (code, _, finding) = found.iter().find(|(_, of, _)| of == subject).unwrap();
    assert_eq!(code, "undecided");
    let message = finding["message"].as_str().unwrap();
    assert!(message.contains("no role `AWSReservedSSO_ReadOnly_…`"), "{message}");
}

/// Without the lists there could be any number of people behind each role.
#[test]
fn people_are_counted_one_by_one() {
    let small = |assignments: &[Value]| {
        let lists = [set("ReleaseA"), set("ReleaseB"), users(&["bob", "carol"])];
        audit_with(&account(&roles()[..2]), &[&lists[..], assignments].concat(), &["--format=json"])
    };
    let codes = |ran: &Ran| found(ran).into_iter().map(|(code, ..)| code).collect::<Vec<_>>();
    let of_carol = |set| assigned(set, &[("USER", "carol")]);
    let alone = small(&[of_carol("ReleaseA"), of_carol("ReleaseB")]);
    assert!(codes(&alone).contains(&"no-valid-pair".to_owned()), "{:?}", codes(&alone));
    let both = assigned("ReleaseA", &[("USER", "carol"), ("USER", "bob")]);
    let two = small(&[both.clone(), of_carol("ReleaseB")]);
    assert!(!codes(&two).contains(&"no-valid-pair".to_owned()), "{:?}", codes(&two));
    // Carol may serve either slot, and nobody else serves the second.
    let depend = |ran: &Ran| {
        let depend = found(ran).into_iter().filter(|(code, ..)| code == "depends-on-one-person");
        depend.map(|(_, of, _)| of.rsplit('/').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(depend(&two), ["bob@example.com", "carol@example.com"]);
    // The same under a rule that believes the names of their sessions.
    let rule = file(&json!({"trustedSessionRoles": ["AWSReservedSSO_*"]}));
    let lists = [set("ReleaseA"), set("ReleaseB"), users(&["bob", "carol"])];
    let lists = [&lists[..], &[both.clone(), of_carol("ReleaseB")]].concat();
    let arguments = ["--format=json", "--rule", text(rule.path())];
    let ruled = audit_with(&account(&roles()[..2]), &lists, &arguments);
    assert_eq!(depend(&ruled), ["bob@example.com", "carol@example.com"]);
    // Somebody who cannot sign in approves nothing.
    let mut disabled = user("bob");
    disabled["UserStatus"] = json!("DISABLED");
    let lists = [set("ReleaseA"), set("ReleaseB"), json!({"Users": [disabled, user("carol")]})];
    let lists = [&lists[..], &[both, of_carol("ReleaseB")]].concat();
    let ran = audit_with(&account(&roles()[..2]), &lists, &["--format=json"]);
    assert!(codes(&ran).contains(&"no-valid-pair".to_owned()), "{:?}", codes(&ran));
}

#[test]
fn lists_of_two_centers_or_of_something_else_are_refused() {
    let other = json!({"IdentityStoreId": "d-0000000000", "UserId": "1", "UserName": "eve"});
    let other_group = json!({"IdentityStoreId": "d-0000000000", "GroupId": "1"});
    let elsewhere = "arn:aws:sso:::permissionSet/ssoins-0000000000000000/ps-1";
    let mut renamed = set("ReleaseA");
    renamed["PermissionSet"]["Name"] = json!("Another");
    for (list, says) in [
        (json!({"Users": [other]}), "10.json` is of `d-0000000000`, but `"),
        (json!({"Groups": [other_group]}), "give the files of one IAM Identity Center"),
        (json!({"PermissionSets": [elsewhere]}), "10.json` is of `ssoins-0000000000000000`, but `"),
        (
            json!({"PermissionSet": {"Name": "X", "PermissionSetArn": elsewhere}}),
            "give the files of one IAM Identity Center",
        ),
        (renamed, "is called `ReleaseA` in one file and `Another` in another"),
        (json!({"Users": [{"UserName": "eve", "UserId": "AIDA"}]}), "IdentityStoreId"),
        (json!({"RoleDetailList": []}), "has `RoleDetailList`, and none of the lists"),
        (json!({}), "has nothing, and none of the lists"),
        (json!([]), "has something else than an object"),
        (json!("{\"Users\": ["), "is not what the AWS CLI prints"),
    ] {
        let ran = audit(&[only_lists(), vec![list]].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{says}");
        assert!(ran.stderr.contains(says), "{says}: {}", ran.stderr);
    }
}

#[test]
fn people_of_a_permission_set_are_compared_with_code() {
    let account = account(&[
        role("TwoPersonRule-ApprovalA", &["ApprovalA"]),
        role("TwoPersonRule-ApprovalB", &["ApprovalB"]),
    ]);
    let lists = [
        users(&["alice", "bob", "carol", "dave"]),
        json!({"Groups": [group("Developers")]}),
        members("Developers", &["alice", "carol"]),
        set("TwoPersonRule-ApprovalA"),
        set("TwoPersonRule-ApprovalB"),
        assigned("TwoPersonRule-ApprovalA", &[("GROUP", "Developers")]),
        assigned("TwoPersonRule-ApprovalB", &[("USER", "bob")]),
    ];
    let config = file_of(
        "mechanism = 'roles'\nidentity-center = 'arn:aws:sso:::instance/ssoins-1234567890abcdef'\n\
         [members]\nApprovalA = ['Alice@example.com']\n\
         ApprovalB = ['bob@example.com', 'dave@example.com', 'erin@example.com']\n",
    );
    let ran = audit_with(&account, &lists, &["--format=json", "--config", text(config.path())]);
    let mut drift = found(&ran);
    drift.retain(|(code, ..)| code.starts_with("member-"));
    let names: Vec<_> = drift.iter().map(|(code, of, _)| (code.as_str(), of.as_str())).collect();
    assert_eq!(
        names,
        [
            ("member-not-in-code", "user/id-carol"),
            ("member-missing", "user/erin@example.com"),
            ("member-missing", "user/id-dave"),
        ]
    );
    let (.., carol) = &drift[0];
    let message = carol["message"].as_str().unwrap();
    let says = "`carol@example.com` has the permission set `TwoPersonRule-ApprovalA`";
    assert!(message.contains(says), "{message}");
    assert_eq!(carol["evidence"][0]["name"], "Developers");
    assert_eq!(carol["subject"]["arn"], "arn:aws:identitystore:::user/id-carol");
}
