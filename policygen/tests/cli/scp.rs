//! The files that `policygen audit --scp` reads.

use serde_json::{Value, json};

use crate::audit::{GRACE, audit, codes, patched};
use crate::checker::{AUDIT, file, text};

const ACCOUNT: &str = "111122223333";
const UNIT: &str = "ou-ab12-11111111";
const OTHER_UNIT: &str = "ou-ab12-22222222";

/// Grace may approve everything.
fn account() -> Value {
    let document = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "codepipeline:PutApprovalResult", "Resource": "*"},
    ]});
    patched(json!([{
        "op": "add", "path": "/UserDetailList/6/UserPolicyList",
        "value": [{"PolicyName": "Own", "PolicyDocument": document}],
    }]))
}

fn full_access() -> Value {
    json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
}

fn without_b() -> Value {
    json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Deny", "Action": "codepipeline:PutApprovalResult",
        "Resource": "arn:aws:codepipeline:*:*:*/*/ApprovalB",
    }})
}

/// What `aws organizations describe-policy` prints.
fn described(id: &str, kind: &str, content: &Value) -> Value {
    json!({"Policy": {
        "PolicySummary": {"Id": id, "Name": "NoB", "Type": kind, "AwsManaged": false},
        "Content": content.to_string(),
    }})
}

/// Whether Grace may approve both slots, and the warnings.
fn both(scp: &Value) -> (bool, String) {
    let scp = file(scp);
    let arguments = ["--scp", text(scp.path())];
    let found = codes(&account(), GRACE, &arguments);
    let stderr = audit(&account(), &arguments).stderr;
    (found.contains(&"can-approve-both".to_owned()), stderr)
}

/// A level is a policy, its text, what `describe-policy` prints, or a list of these.
#[test]
fn a_level_is_read_in_every_form() {
    const SCP: &str = "SERVICE_CONTROL_POLICY";
    let deny = described("p-1", SCP, &without_b());
    for level in [
        json!([full_access(), without_b()]),
        json!([full_access().to_string(), without_b().to_string()]),
        json!([full_access(), deny]),
        json!([described("p-2", SCP, &full_access()), deny]),
    ] {
        assert_eq!(both(&level), (false, String::new()), "{level}");
    }
    for level in [full_access(), described("p-2", SCP, &full_access())] {
        assert_eq!(both(&level), (true, String::new()), "{level}");
    }
}

/// A resource control policy limits resources, not principals.
#[test]
fn a_resource_control_policy_is_not_used() {
    let rcp = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"},
    ]});
    for level in
        [rcp.clone(), json!([full_access(), described("p-1", "RESOURCE_CONTROL_POLICY", &rcp)])]
    {
        let (can, warnings) = both(&level);
        assert!(can && warnings.contains("is not a service control policy"), "{warnings}");
    }
}

/// What is not known about the policies of a level. Everybody is still judged, as if the level
/// denied nothing that it does not say.
fn not_decided(scp: &Value, words: &str) {
    let scp = file(scp);
    let (ran, report) = AUDIT.examine(&account(), &["--scp", text(scp.path())]);
    assert_eq!((ran.code, ran.stderr.as_str()), (10, ""), "{words}");
    let findings = report["findings"].as_array().unwrap();
    let of = |code: &str, subject: &str| {
        let arn = |it: &Value| it["subject"]["arn"].as_str().unwrap().ends_with(subject);
        let of = findings.iter().filter(|it| it["code"] == code && arn(it));
        of.map(|it| it["message"].as_str().unwrap()).collect::<Vec<&str>>()
    };
    assert_eq!(of("can-approve-both", GRACE).len(), 1, "{words}");
    let messages = of("not-decided", &format!("iam::{ACCOUNT}:root"));
    let [message] = messages.as_slice() else { panic!("{words}: {report}") };
    assert!(message.contains(words), "{message}");
}

#[test]
fn a_policy_that_cannot_be_read_is_taken_for_the_worst_and_ends_no_report() {
    let unread = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Deny", "Action": "codepipeline:PutApprovalResult", "Resource": "*",
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "maybe"}},
    }});
    not_decided(&json!([full_access(), unread]), "policy 2 of ");
    not_decided(&json!([full_access(), "{"]), "policy 2 of ");
    let mut organization = organization(UNIT);
    organization[5] = described("p-1", "SERVICE_CONTROL_POLICY", &unread);
    not_decided(&organization, "`service control policy NoB of ou-ab12-11111111`");
    // The rest of such a policy counts.
    let [unread, deny] = [&unread, &without_b()].map(|policy| policy["Statement"].clone());
    let policy = json!({"Version": "2012-10-17", "Statement": [unread, deny]});
    assert_eq!(both(&json!([full_access(), policy])), (false, String::new()));
}

#[test]
fn a_policy_without_its_content_is_taken_for_the_worst_and_ends_no_report() {
    for list in [
        json!({"Policies": [{"Id": "p-FullAWSAccess", "Name": "FullAWSAccess"}]}),
        json!({"EffectivePolicy": {"PolicyContent": full_access().to_string()}}),
    ] {
        not_decided(&list, "describe-policy");
    }
    let mut no_content = organization(UNIT);
    no_content[5] = json!({});
    not_decided(&no_content, "its content is missing");
}

/// An organization as AWS prints it, with the denial of ApprovalB at `target`.
fn organization(target: &str) -> Value {
    let arn = |rest: &str| format!("arn:aws:organizations::999988887777:{rest}");
    let unit = |id: &str| json!({"Id": id, "Arn": arn(&format!("ou/o-x/{id}")), "Name": "Unit"});
    let targets = |ids: &[&str]| -> Vec<Value> {
        ids.iter()
            .map(|id| json!({"TargetId": id, "Name": "Target", "Arn": "", "Type": ""}))
            .collect()
    };
    json!([
        {"Roots": [{
            "Id": "r-ab12", "Arn": arn("root/o-x/r-ab12"), "Name": "Root",
            "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}],
        }]},
        {"ParentId": "r-ab12", "OrganizationalUnits": [unit(UNIT), unit(OTHER_UNIT)]},
        {"ParentId": UNIT, "Accounts": [
            {"Id": ACCOUNT, "Arn": arn(&format!("account/o-x/{ACCOUNT}")), "Name": "Release"},
        ]},
        {"Policies": [{"Id": "p-FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY", "Name": "Full"}]},
        {"PolicyId": "p-FullAWSAccess", "Targets": targets(&["r-ab12", UNIT, OTHER_UNIT, ACCOUNT])},
        described("p-1", "SERVICE_CONTROL_POLICY", &without_b()),
        {"PolicyId": "p-1", "Targets": targets(&[target])},
    ])
}

#[test]
fn an_organization_limits_by_its_root_its_units_and_the_account() {
    for (target, can) in [
        ("r-ab12", false),
        (UNIT, false),
        (ACCOUNT, false),
        (OTHER_UNIT, true),
        ("444455556666", true),
    ] {
        assert_eq!(both(&organization(target)), (can, String::new()), "{target}");
    }
    let mut of_resources = organization(UNIT);
    of_resources[5]["Policy"]["PolicySummary"]["Type"] = json!("RESOURCE_CONTROL_POLICY");
    assert_eq!(both(&of_resources), (true, String::new()));
}

#[test]
fn an_organization_says_when_it_does_not_limit_the_account() {
    let mut managing = organization(UNIT);
    managing[2]["Accounts"][0]["Arn"] =
        json!(format!("arn:aws:organizations::{ACCOUNT}:account/o-x/{ACCOUNT}"));
    let (can, warnings) = both(&managing);
    assert!(can && warnings.contains("manages its organization"), "{warnings}");
    let mut off = organization(UNIT);
    off[0]["Roots"][0]["PolicyTypes"] = json!([]);
    let (can, warnings) = both(&off);
    assert!(can && warnings.contains("does not use service control policies"), "{warnings}");
    let mut unplaced = organization(UNIT);
    unplaced[2].as_object_mut().unwrap().remove("ParentId");
    let (can, warnings) = both(&unplaced);
    assert!(can && warnings.contains("does not say which units"), "{warnings}");
    let mut unplaced = organization("r-ab12");
    unplaced[2].as_object_mut().unwrap().remove("ParentId");
    assert!(!both(&unplaced).0, "the root is above every account");
}

#[test]
fn an_organization_without_the_account_is_refused() {
    let mut without = organization(UNIT);
    without[2]["Accounts"] = json!([]);
    let scp = file(&without);
    let ran = audit(&account(), &["--scp", text(scp.path())]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    let words = "does not have the account 111122223333";
    assert!(ran.stderr.contains(words), "{}", ran.stderr);
}

/// AWS Organizations User Guide: "SCPs don't affect any service-linked role".
#[test]
fn a_service_linked_role_is_not_limited() {
    let document = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "codepipeline:PutApprovalResult", "Resource": "*"},
    ]});
    let role = |path: &str| {
        let arn = format!("arn:aws:iam::{ACCOUNT}:role{path}Linked");
        let account = patched(json!([{"op": "add", "path": "/RoleDetailList/-", "value": {
            "RoleName": "Linked", "RoleId": "AROALINKED", "Path": path, "Arn": arn,
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Action": "sts:AssumeRole",
                "Principal": {"Service": "x.amazonaws.com"},
            }]},
            "RolePolicyList": [{"PolicyName": "Own", "PolicyDocument": document}],
        }}]));
        let denial = json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Deny", "Action": "codepipeline:*", "Resource": "*",
        }});
        let scp = file(&json!([full_access(), denial]));
        codes(&account, &arn, &["--scp", text(scp.path())])
    };
    assert_eq!(role("/aws-service-role/x.amazonaws.com/"), ["machine-can-approve"]);
    assert_eq!(role("/service-role/"), [""; 0]);
}
