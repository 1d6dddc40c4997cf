//! `policygen audit --desk-role`: only the desk may answer, and only its function may be the desk.

use serde_json::{Value, json};

use crate::audit::codes;
use crate::checker::{file, text};

const ANSWERS: &str = "arn:aws:iam::111122223333:role/DeskAnswers";
const FUNCTION: &str = "arn:aws:iam::111122223333:role/DeskFunction";

fn policy(statements: &[Value]) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn allow(action: &str, resource: &str) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

fn role(name: &str, principal: &Value, statement: Value) -> Value {
    let trust = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal});
    json!({
        "RoleName": name, "RoleId": format!("AROA{name}"), "Path": "/",
        "Arn": format!("arn:aws:iam::111122223333:role/{name}"),
        "AssumeRolePolicyDocument": policy(&[trust]), "AttachedManagedPolicies": [],
        "RolePolicyList": [{"PolicyName": "Own", "PolicyDocument": policy(&[statement])}],
    })
}

/// An account with a desk, and carol, who may do this.
fn account(carol: &[Value]) -> Value {
    let answers = allow("codepipeline:PutApprovalResult", "*");
    let lambda = json!({"Service": "lambda.amazonaws.com"});
    json!({
        "UserDetailList": [{
            "UserName": "carol", "UserId": "AIDACAROL", "Path": "/", "GroupList": [],
            "Arn": "arn:aws:iam::111122223333:user/carol", "AttachedManagedPolicies": [],
            "UserPolicyList": [{"PolicyName": "Own", "PolicyDocument": policy(carol)}],
        }],
        "GroupDetailList": [], "Policies": [],
        "RoleDetailList": [
            role("DeskAnswers", &json!({"AWS": FUNCTION}), answers),
            role("DeskFunction", &lambda, allow("sts:AssumeRole", ANSWERS)),
        ],
    })
}

/// What is found about carol.
fn about_carol(carol: &[Value], arguments: &[&str]) -> Vec<String> {
    let desk = ["--desk-role", "DeskAnswers"];
    codes(&account(carol), "user/carol", &[&desk, arguments].concat())
}

#[test]
fn nobody_but_the_desk_may_answer() {
    assert_eq!(about_carol(&[], &[]), Vec::<String>::new());
    let slot = "arn:aws:codepipeline:*:111122223333:*/*/ApprovalA";
    let answers = allow("codepipeline:PutApprovalResult", slot);
    let found = about_carol(&[answers], &[]);
    assert_eq!(found, ["approver-without-mfa", "can-answer-without-desk"]);
    let becomes = [allow("sts:AssumeRole", ANSWERS), allow("sts:AssumeRole", FUNCTION)];
    assert_eq!(about_carol(&becomes, &[]), Vec::<String>::new(), "neither role trusts her");
}

#[test]
fn becoming_the_desk_by_a_write_bypasses_a_rule_without_signatures() {
    let writes = [allow("iam:UpdateAssumeRolePolicy", ANSWERS), allow("sts:AssumeRole", ANSWERS)];
    let found = |rule: Value| {
        let rule = file(&rule);
        about_carol(&writes, &["--rule", text(rule.path())]).contains(&"can-bypass-gate".to_owned())
    };
    let keys = json!({"alice": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM6Pavhap0E9K8+lobh81b5MJReTGqFRr+OK09ie1BbD"]});
    assert!(found(json!({})));
    assert!(found(json!({"requireSignature": false, "signingKeys": keys})));
    assert!(!found(json!({"requireSignature": true, "signingKeys": keys})));
}

#[test]
fn changing_the_code_of_the_desk_is_a_way_past_the_gate() {
    let code = |function: &str| {
        let arn = format!("arn:aws:lambda:eu-west-1:111122223333:function:{function}");
        [allow("lambda:UpdateFunctionCode", &arn)]
    };
    let desk = "two-person-rule-desk";
    assert_eq!(about_carol(&code(desk), &[]), ["can-bypass-gate"]);
    assert_eq!(about_carol(&code("other"), &[]), Vec::<String>::new());
    assert_eq!(about_carol(&code("other"), &["--desk-function", "other"]), ["can-bypass-gate"]);
}
