//! `policygen generate` for approvers who sign, by themselves or at the desk.

use std::fs;

use serde_json::Value;

use crate::generate::json;
use crate::program::{TARGET, generate, policygen};

/// A policy that lets one person answer every slot is safe only under the rule beside it.
#[test]
fn signed_comes_with_the_rule_that_counts_signatures_and_no_keys() {
    let rule = |arguments: &[&str]| {
        let signed = [&["--mechanism", "signed", "--print", "rule.json"], arguments].concat();
        let ran = generate(&signed);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        (json(&ran.stdout), ran.stderr)
    };
    let (drafted, notes) = rule(&[]);
    assert_eq!(
        drafted,
        serde_json::json!({
            "stage": "Release",
            "actions": ["ApprovalA", "ApprovalB"],
            "excludeInitiator": true,
            "requireSignature": true,
            "signingKeys": {},
        })
    );
    for note in [
        "note: `rule.json` is the rule to start from, and the gate refuses it until it has keys",
        "`desk enrol`",
        "note: put that rule in force before anybody gets `TwoPersonRule-Approvers`",
    ] {
        assert!(notes.contains(note), "{notes}");
    }
    // The gate refuses it as it is, and accepts it with keys.
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("rule.json");
    let doctor = |rule: &Value| {
        fs::write(&path, rule.to_string()).unwrap();
        let ran = policygen(&["doctor", "--rule", path.to_str().unwrap()]);
        (ran.code, ran.stdout)
    };
    let (code, report) = doctor(&drafted);
    assert!(code == 10 && report.contains("no `signingKeys`"), "{report}");
    let mut complete = drafted;
    complete["signingKeys"] = serde_json::json!({
        "alice": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM6Pavhap0E9K8+lobh81b5MJReTGqFRr+OK09ie1BbD"],
        "bob": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFlAn2iDrC58uTMeYaRiCBmLUYVVgpaf3sHvRzhcXIhG"],
    });
    let (code, report) = doctor(&complete);
    assert_eq!(code, 0, "{report}");
    // A rule needs names, and a pattern is none.
    let (drafted, _) = rule(&["--slot-pattern", "A=A*", "--slot", "B"]);
    assert_eq!((drafted.get("actions"), &drafted["stage"]), (None, &json("\"Release\"")));
    let signed = ["--mechanism", "signed", "--print", "rule.json"];
    let stages = policygen(&[&TARGET[..8], &["Rel*"], &signed].concat());
    assert_eq!(json(&stages.stdout).get("stage"), None);
    assert_eq!(json(&stages.stdout)["requireSignature"], true);
}

/// The names of sessions do not matter if signatures are counted.
#[test]
fn a_foreign_account_is_no_warning_under_signed() {
    let ran = generate(&["--mechanism", "signed", "--trust-account", "444455556666"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
}

/// Under `desk`, nobody but the desk's role may answer, and nobody may become that role.
#[test]
fn at_the_desk_people_look_and_nobody_else_answers() {
    let slots = ["ApprovalA", "ApprovalB"]
        .map(|slot| format!("arn:aws:codepipeline:eu-west-1:111122223333:payments/Release/{slot}"));
    let role = |name: &str| format!("arn:aws:iam::111122223333:role/TwoPersonRule-{name}");
    let (desk, answers) = (role("Desk"), role("DeskAnswers"));
    let ran = generate(&[
        "--mechanism",
        "desk",
        "--guardrails",
        "--scp",
        "--gate",
        "--service-role",
        "payments",
        "--break-glass",
        "Admin",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for note in ["deploy `templates/desk.yaml`", "`/enrol`"] {
        assert!(ran.stderr.contains(note), "{}", ran.stderr);
    }
    let files = json(&ran.stdout);
    let statements = |file: &str| files[file]["Statement"].as_array().unwrap().clone();

    let approvers = statements("TwoPersonRule-Approvers.policy.json");
    for statement in &approvers {
        let answers = statement["Action"] == "codepipeline:PutApprovalResult";
        assert_eq!(statement["Effect"], if answers { "Deny" } else { "Allow" }, "{statement}");
    }
    let denied: Vec<&Value> =
        approvers.iter().filter(|statement| statement["Effect"] == "Deny").collect();
    assert_eq!(denied.len(), 1);
    assert_eq!(denied[0]["Resource"], serde_json::json!(slots));

    let admin = "arn:aws:iam::111122223333:role/Admin";
    let scp: Vec<Value> = files
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| name.ends_with(".scp.json"))
        .flat_map(|(_, document)| document["Statement"].as_array().unwrap().clone())
        .collect();
    for guards in [statements("TwoPersonRule-Guardrails.policy.json"), scp] {
        let find = |sid: &str| {
            guards
                .iter()
                .find(|statement| statement["Sid"] == sid)
                .unwrap_or_else(|| panic!("{sid}"))
        };
        let but =
            |statement: &Value| statement["Condition"]["ArnNotLike"]["aws:PrincipalArn"].clone();
        let answer = find("AnswerAtDeskOnly");
        assert_eq!(answer["Resource"], serde_json::json!(slots));
        assert_eq!(but(answer), serde_json::json!([answers, admin]));
        let become_answers = find("BecomeDesksAnswers");
        assert_eq!(become_answers["Resource"], answers);
        assert_eq!(but(become_answers), serde_json::json!([desk, admin]));
        let become_desk = find("BecomeDesk");
        assert_eq!(
            (&become_desk["Resource"], but(become_desk)),
            (&desk.clone().into(), admin.into())
        );
        let change = find("ChangeDesk");
        let function = "arn:aws:lambda:eu-west-1:111122223333:function:two-person-rule-desk";
        let notify = format!("{function}-notify");
        assert_eq!(
            change["Resource"],
            serde_json::json!([function, format!("{function}:*"), notify, format!("{notify}:*")])
        );
        for verb in ["lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration"] {
            assert!(change["Action"].as_array().unwrap().iter().any(|it| it == verb), "{change}");
        }
        let roles = find("ChangeRoles")["Resource"].to_string();
        assert!(
            roles == r#""*""# || (roles.contains(&desk) && roles.contains(&answers)),
            "{roles}"
        );
    }
    // The rule is that of `signed`.
    let rule = |mechanism| generate(&["--mechanism", mechanism, "--print", "rule.json"]).stdout;
    assert_eq!(rule("desk"), rule("signed"));
}
