//! The gate's own role is not somebody who bypasses the gate. Anything that only looks like it is.

use serde_json::{Value, json};

use crate::audit::{codes, patched};
use crate::checker::{file, text};
use crate::program::generate;

type Change = Box<dyn Fn(&mut Value)>;

/// The role that `policygen generate` writes for the gate, after a change, under any name.
fn with_gate_role(name: &str, change: impl Fn(&mut Value)) -> Value {
    let ran = generate(&["--gate", "--format", "json"]);
    let written: Value = serde_json::from_str(&ran.stdout).unwrap();
    let mut role = json!({
        "RoleName": name, "RoleId": "AROAGATE", "Path": "/",
        "Arn": format!("arn:aws:iam::111122223333:role/{name}"),
        "AssumeRolePolicyDocument": written["TwoPersonRule-Gate.trust.json"],
        "AttachedManagedPolicies": [], "Tags": [],
        "RolePolicyList": [{
            "PolicyName": "Gate", "PolicyDocument": written["TwoPersonRule-Gate.policy.json"],
        }],
    });
    change(&mut role);
    patched(json!([{"op": "add", "path": "/RoleDetailList/-", "value": role}]))
}

fn allow(action: &str) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": "*"})
}

fn statements(role: &mut Value) -> &mut Vec<Value> {
    role["RolePolicyList"][0]["PolicyDocument"]["Statement"].as_array_mut().unwrap()
}

#[test]
fn the_gates_role_is_known_by_what_it_may_do_under_any_name() {
    for name in ["TwoPersonRule-Gate", "anything"] {
        let account = with_gate_role(name, |_| {});
        assert_eq!(codes(&account, name, &[]), Vec::<String>::new());
        // The function's name comes from the user, not from the account.
        let others = ["--gate-function", "another-gate"];
        assert_eq!(codes(&account, name, &others), ["can-bypass-gate"]);
    }
}

#[test]
fn a_role_that_can_do_more_or_that_others_assume_is_not_the_gates() {
    let name = "TwoPersonRule-Gate";
    let changes: [(&str, Change); 6] = [
        (
            "more actions",
            Box::new(|role| statements(role).push(allow("codepipeline:UpdatePipeline"))),
        ),
        ("a wildcard", Box::new(|role| statements(role).push(allow("codepipeline:Put*")))),
        ("another log", Box::new(|role| statements(role).push(allow("logs:PutLogEvents")))),
        (
            "all but",
            Box::new(|role| {
                statements(role)
                    .push(json!({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}));
            }),
        ),
        ("no log", Box::new(|role| statements(role).retain(|it| it["Sid"] != "KeepJournal"))),
        (
            "another service",
            Box::new(|role| {
                role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] =
                    json!({"Service": ["lambda.amazonaws.com", "codebuild.amazonaws.com"]});
            }),
        ),
    ];
    for (what, change) in changes {
        let account = with_gate_role(name, change);
        assert!(codes(&account, name, &[]).contains(&"can-bypass-gate".to_owned()), "{what}");
    }
    let account = with_gate_role(name, |role| {
        role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] =
            json!({"AWS": "arn:aws:iam::111122223333:user/grace"});
    });
    assert!(codes(&account, name, &[]).contains(&"can-bypass-gate".to_owned()));
    assert!(codes(&account, "user/grace", &[]).contains(&"can-bypass-gate".to_owned()));
}

/// The role of `templates/reviews.yaml`, after a change.
fn with_reviews_role(change: impl Fn(&mut Value)) -> Value {
    let of_logs =
        "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/two-person-rule-reviews:*";
    with_gate_role("Reviews", |role| {
        for statement in statements(role).iter_mut() {
            if statement["Resource"].to_string().contains(":logs:") {
                statement["Resource"] = json!(of_logs);
            }
        }
        statements(role).push(allow("codepipeline:ListPipelineExecutions"));
        statements(role).push(allow("secretsmanager:GetSecretValue"));
        statements(role).push(allow("codecommit:GetPullRequest"));
        change(role);
    })
}

#[test]
fn the_role_of_the_reviews_function_answers_jobs_as_its_work_if_the_rule_names_the_function() {
    let rule = |function: &str| file(&json!({"reviews": {"function": function}}));
    let [own, other] = ["two-person-rule-reviews", "another"].map(rule);
    let (own, other) = (["--rule", text(own.path())], ["--rule", text(other.path())]);
    assert_eq!(codes(&with_reviews_role(|_| {}), "Reviews", &own), Vec::<String>::new());
    for arguments in [&[][..], &other] {
        assert_eq!(codes(&with_reviews_role(|_| {}), "Reviews", arguments), ["can-bypass-gate"]);
    }
    let more = with_reviews_role(|role| statements(role).push(allow("codecommit:GitPush")));
    assert_eq!(codes(&more, "Reviews", &own), ["can-bypass-gate"]);
}
