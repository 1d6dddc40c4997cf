//! What findings name: the write that is enough, who makes it, and the policy that allows it.

#![cfg(test)]

use audit::{Scope, audit};
use findings::Finding;
use iam::account::Account;
use serde_json::{Value, json};

const LAMBDA: &str = "lambda";
const SELF: &str = "can-grant-itself";
/// A user approves A, and B too if it has this tag.
const TAG: &str = "aws:PrincipalTag/team=b";

fn arn(of: &str) -> String {
    format!("arn:aws:iam::111122223333:{of}")
}

/// Statements in short: `ACTION RESOURCE`, and perhaps `KEY=VALUE`. `approve SLOT` stands for the
/// approvals of a slot. A resource of IAM has its type and name.
fn policy(statements: &[&str]) -> Value {
    let statement = |text: &&str| {
        let words: Vec<&str> = text.split(' ').collect();
        let resource = match words[..] {
            ["approve", slot, ..] => format!("arn:aws:codepipeline:*:*:*/*/{slot}"),
            [_, "*", ..] => "*".to_owned(),
            _ => arn(words[1]),
        };
        let action = words[0].replace("approve", "codepipeline:PutApprovalResult");
        let mut statement = json!({"Effect": "Allow", "Action": action, "Resource": resource});
        if let Some((key, value)) = words.get(2).and_then(|condition| condition.split_once('=')) {
            statement["Condition"] = json!({"StringEquals": {key: value}});
        }
        statement
    };
    let statements: Vec<Value> = statements.iter().map(statement).collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn inline(statements: &[&str]) -> Value {
    json!([{"PolicyName": "own", "PolicyDocument": policy(statements)}])
}

fn attached(name: &str) -> Value {
    json!([{"PolicyName": name, "PolicyArn": arn(&format!("policy/{name}"))}])
}

fn boundary(name: &str) -> Value {
    json!({"PermissionsBoundaryType": "Policy",
        "PermissionsBoundaryArn": arn(&format!("policy/{name}"))})
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

/// A role that trusts Lambda or a user.
fn role(name: &str, trusted: &str, statements: &[&str]) -> Value {
    let principal = match trusted {
        LAMBDA => json!({"Service": "lambda.amazonaws.com"}),
        trusted => json!({"AWS": arn(trusted)}),
    };
    let trust = json!([{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}]);
    json!({
        "RoleName": name, "RoleId": format!("AROA{name}"), "Arn": arn(&format!("role/{name}")),
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": trust},
        "RolePolicyList": inline(statements), "AttachedManagedPolicies": [],
    })
}

/// A managed policy, its versions in order. The first is in force.
fn managed(name: &str, versions: &[&[&str]]) -> Value {
    let versions = (1..).zip(versions).map(|(number, statements)| {
        json!({"VersionId": format!("v{number}"), "IsDefaultVersion": number == 1,
            "Document": policy(statements)})
    });
    json!({
        "PolicyName": name, "Arn": arn(&format!("policy/{name}")), "DefaultVersionId": "v1",
        "PolicyVersionList": versions.collect::<Vec<_>>(),
    })
}

/// What is found about ann with a code.
fn about_ann(code: &str, lists: [&[Value]; 4]) -> Option<Finding> {
    let [users, groups, roles, policies] = lists;
    let account = json!({"UserDetailList": users, "GroupDetailList": groups,
        "RoleDetailList": roles, "Policies": policies});
    let account = Account::parse(&account.to_string()).unwrap();
    let slots = vec!["A".parse().unwrap(), "B".parse().unwrap()];
    let scope = Scope::of_all(slots, "gate".parse().unwrap());
    let found = audit(&account, &scope, None, None).unwrap().findings;
    found.into_iter().find(|it| it.code == code && it.called == "ann")
}

/// ann approves A. Nothing that she may change, and no role that she may assume, approves B yet.
#[test]
fn the_one_write_that_gives_somebody_a_second_slot_is_named() {
    let of_ann = |is_bounded, more: &[&str]| {
        let if_tagged = format!("approve B {TAG}");
        let own = [&["approve A", if_tagged.as_str()], more].concat();
        let mut ann = user("ann", &["ops"], &own);
        ann["AttachedManagedPolicies"] = attached("own");
        if is_bounded {
            ann["PermissionsBoundary"] = boundary("limit");
        }
        let mut bounded = role("bounded", "user/ann", &["approve B"]);
        bounded["PermissionsBoundary"] = boundary("limit");
        let roles = [
            role("plain", "user/ann", &["s3:GetObject *"]),
            role("tagged", "user/ann", &[&if_tagged]),
            bounded,
            role("release", LAMBDA, &["approve B"]),
        ];
        let policies = [
            managed("own", &[&["s3:GetObject *"], &["approve B"]]),
            managed("limit", &[&["approve A", "iam:* *"]]),
            managed("approves", &[&["approve B"]]),
        ];
        let groups = [group("ops", &["s3:GetObject *"]), group("b", &["approve B"])];
        // Others whose credentials she may make would be worse than her own permissions.
        let has_bob = more.iter().any(|it| it.ends_with("user/bob"));
        let bob = has_bob.then(|| user("bob", &[], &["approve B"]));
        let users: Vec<Value> = std::iter::once(ann).chain(bob).collect();
        about_ann(SELF, [&users, &groups, &roles, &policies]).map(|it| it.message)
    };
    let only = format!("iam:PolicyARN={}", arn("policy/approves"));
    let writes = [
        ("PutUserPolicy", "user/ann"),
        ("AttachUserPolicy", "user/ann"),
        ("AttachUserPolicy", &format!("user/ann {only}")),
        ("TagUser", "user/ann"),
        ("UntagUser", "user/ann"),
        ("PutGroupPolicy", "group/ops"),
        ("AttachGroupPolicy", "group/ops"),
        ("AddUserToGroup", "group/b"),
        ("CreatePolicyVersion", "policy/own"),
        ("SetDefaultPolicyVersion", "policy/own"),
        ("PutRolePolicy", "role/plain"),
        ("AttachRolePolicy", "role/plain"),
        ("AttachRolePolicy", &format!("role/plain {only}")),
        ("DeleteRolePermissionsBoundary", "role/bounded"),
        ("PutRolePermissionsBoundary", "role/bounded"),
        ("TagRole", "role/tagged"),
        ("UntagRole", "role/tagged"),
        ("UpdateAssumeRolePolicy", "role/release"),
        ("CreateAccessKey", "user/bob"),
        ("CreateLoginProfile", "user/bob"),
        ("UpdateLoginProfile", "user/bob"),
    ];
    let check = |is_bounded, write: &str, on: &str, more: &str| {
        assert_eq!(of_ann(is_bounded, &[more]), None, "without {write}");
        let message = of_ann(is_bounded, &[&format!("iam:{write} {on}"), more]);
        let message = message.unwrap_or_else(|| panic!("{write} on {on} is not found"));
        let names =
            format!("is one write away from approving A and B of the same stage: iam:{write};");
        assert!(message.contains(&names), "{message}");
    };
    for (write, on) in writes {
        check(false, write, on, "s3:GetObject *");
    }
    check(false, "PassRole", "role/release", "lambda:CreateFunction *");
    for write in ["DeleteUserPermissionsBoundary", "PutUserPermissionsBoundary"] {
        check(true, write, "user/ann", "approve B");
    }
}

/// She approves both already if she assumes a role.
#[test]
fn to_join_a_group_that_gives_no_further_slot_is_not_one_write_away() {
    let found = |of_group: &[&str], code| {
        let ann = user("ann", &["ops"], &["approve A", "iam:AddUserToGroup group/*"]);
        let groups = [group("ops", &["approve A"]), group("more", of_group)];
        let roles = [role("release", "user/ann", &["approve B"])];
        about_ann(code, [&[ann], &groups, &roles, &[]]).is_some()
    };
    assert!(found(&["s3:GetObject *"], "can-approve-both-through-role"));
    assert!(!found(&["s3:GetObject *"], SELF));
    assert!(found(&["approve B"], SELF));
}

/// With a further policy she would need only one of the two.
#[test]
fn the_credentials_of_two_users_are_named_before_a_change_of_permissions() {
    let users = [
        user("ann", &[], &["iam:PutUserPolicy user/ann", "iam:CreateAccessKey user/*"]),
        user("bob", &[], &["approve A"]),
        user("cy", &[], &["approve B"]),
    ];
    let message = about_ann(SELF, [&users, &[], &[], &[]]).unwrap().message;
    let steps = "iam:CreateAccessKey on `user/bob`, then iam:CreateAccessKey on `user/cy`;";
    assert!(message.contains(steps), "{message}");
}

/// ann makes a key of bob, who approves with a second factor only, and may add a device to himself.
#[test]
fn a_device_that_a_user_adds_to_itself_is_a_step_of_this_user() {
    let with = |adds: &str| {
        let bob = ["approve B aws:MultiFactorAuthPresent=true", adds];
        let users = [
            user("ann", &[], &["approve A", "iam:CreateAccessKey user/bob"]),
            user("bob", &[], &bob),
        ];
        about_ann(SELF, [&users, &[], &[], &[]])
    };
    let steps =
        "iam:CreateAccessKey on `user/bob`, then iam:EnableMFADevice on `user/bob` as `bob`;";
    for (condition, when) in [("", ""), (" aws:SourceIp=192.0.2.1", ", if conditions hold")] {
        let found = with(&format!("iam:EnableMFADevice user/bob{condition}")).unwrap();
        assert!(found.message.contains(steps), "{}", found.message);
        let detail = format!("iam:EnableMFADevice may be done to it{when}, by");
        assert!(found.evidence.iter().any(|it| it.detail == detail), "{:#?}", found.evidence);
    }
    assert!(with("s3:GetObject *").is_none());
}

#[test]
fn what_a_policy_allows_on_all_but_some_resources_is_allowed() {
    let found = |element: &str| {
        let mut ann = user(
            "ann",
            &[],
            &["approve A", "iam:PassRole role/release", "lambda:CreateFunction *"],
        );
        let statement = &mut ann["UserPolicyList"][0]["PolicyDocument"]["Statement"][2];
        statement.as_object_mut().unwrap().remove("Resource");
        statement[element] = json!("arn:aws:lambda:*:*:function:pay-*");
        let roles = [role("release", LAMBDA, &["approve B"])];
        about_ann(SELF, [&[ann], &[], &roles, &[]]).is_some()
    };
    assert!(found("NotResource"));
    assert!(found("Resource"));
}

/// The kinds and names of the evidence that ann approves both.
fn evidence(groups: &[&str], own: &Value) -> Vec<(String, String)> {
    let mut ann = user("ann", groups, &["s3:GetObject *"]);
    ann["AttachedManagedPolicies"] = own.clone();
    let mut ops = group("ops", &["s3:GetObject *"]);
    ops["AttachedManagedPolicies"] = attached("both");
    let mut both = managed("both", &[&["approve *"]]);
    both["PolicyVersionList"][0]["Document"]["Statement"][0]["Sid"] = json!("");
    let found = about_ann("can-approve-both", [&[ann], &[ops], &[], &[both]]).unwrap();
    found.evidence.into_iter().map(|it| (it.kind.to_owned(), it.name)).collect()
}

#[test]
fn a_policy_is_put_down_to_a_group_only_if_the_user_does_not_have_it_itself() {
    let of_group = ("group".to_owned(), arn("group/ops"));
    assert!(evidence(&["ops"], &json!([])).contains(&of_group));
    assert!(!evidence(&["ops"], &attached("both")).contains(&of_group));
}

#[test]
fn a_statement_with_an_empty_name_is_called_by_its_number() {
    let number = ("statement".to_owned(), "number 1".to_owned());
    assert!(evidence(&[], &attached("both")).contains(&number));
}
