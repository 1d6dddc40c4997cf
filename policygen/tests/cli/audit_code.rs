//! `policygen audit --config` and `--gate-rule`: how the account differs from code.

use serde_json::{Value, json};

use crate::audit::{audit, sound};
use crate::checker::{AUDIT, file, file_of, found, text};
use crate::program::{Ran, generate, policygen};

const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:two-person-rule-gate";

/// The sound account, without its groups, and users and a role with tags.
fn tagged(tags: &[(&str, &str)]) -> Value {
    let mut account = sound();
    for user in account["UserDetailList"].as_array_mut().unwrap() {
        let name = user["UserName"].as_str().unwrap().to_owned();
        let own = tags.iter().filter(|(of, _)| *of == name);
        let own: Vec<Value> =
            own.map(|(_, value)| json!({"Key": "approvalslot", "Value": value})).collect();
        user["Tags"] = own.into();
    }
    account["RoleDetailList"][0]["Tags"] = json!([{"Key": "ApprovalSlot", "Value": "B"}]);
    account
}

fn compared(account: &Value, config: &str) -> (Ran, Value) {
    let config = file_of(config);
    AUDIT.examine(account, &["--config", text(config.path())])
}

fn refused(arguments: &[&str]) -> String {
    let ran = audit(&sound(), arguments);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{}", ran.stderr);
    ran.stderr
}

#[test]
fn a_tag_that_code_does_not_list_is_found_on_users_and_roles() {
    let account = tagged(&[("alice", "A"), ("bob", "B"), ("grace", "A")]);
    let config =
        "mechanism = 'tag'\n[members]\nApprovalA = ['Alice']\nApprovalB = ['bob', 'carol']";
    let (ran, report) = compared(&account, config);
    let mut drift = found(&report);
    drift.retain(|finding| finding.code.starts_with("member-"));
    let drift: Vec<_> = drift.iter().map(|it| (it.code.as_str(), it.subject.as_str())).collect();
    let arn = |resource: &str| format!("arn:aws:iam::111122223333:{resource}");
    assert_eq!(
        drift,
        [
            ("member-missing", arn("group/TwoPersonRule-Approvers").as_str()),
            ("member-missing", &arn("user/carol")),
            ("member-not-in-code", &arn("role/Build")),
            ("member-not-in-code", &arn("user/grace")),
        ]
    );
    assert_eq!(ran.code, 10);
    let (_, report) = compared(
        &account,
        "mechanism = 'tag'\n[members]\nApprovalA = ['alice', 'grace']\nApprovalB = ['bob', 'role/build']",
    );
    let drift = found(&report);
    assert!(drift.iter().all(|it| it.code != "member-not-in-code"), "{drift:?}");
}

#[test]
fn the_slots_of_the_configuration_are_audited_unless_options_name_others() {
    let config = file_of("slot = ['Dev', 'Ops']\n[members]\nDev = []\nOps = []");
    let config = ["--config", text(config.path())];
    let ran = audit(&sound(), &config);
    assert!(ran.stdout.contains("Nobody can approve both Dev and Ops,"), "{}", ran.stdout);
    let slots = ["--slot", "ApprovalA", "--slot", "ApprovalB"];
    let ran = audit(&sound(), &[&config[..], &slots].concat());
    assert!(ran.stdout.contains("both ApprovalA and ApprovalB."), "{}", ran.stdout);
}

#[test]
fn code_that_says_nothing_about_members_is_an_error_and_not_clean() {
    let config = |text: &str| file_of(text);
    for (written, problem) in [
        ("slot = ['A', 'B']", "names no members"),
        ("slots = ['A', 'B']", "unknown field `slots`"),
        ("[members]\nApprovalC = ['x']", "`members.ApprovalC` is about no slot"),
        ("[members]\nApprovalA = ['team/x']", "`team/x`, which cannot be a user"),
        (
            "[members]\nApprovalA = ['x']\nApprovalB = ['X']",
            "puts `X` into ApprovalA and ApprovalB",
        ),
        (
            "mechanism = 'roles'\ntrust-account = ['111122223333']\n[members]\nApprovalA = ['x']",
            "`members` means nothing for a role",
        ),
        (
            "mechanism = 'roles'\nidentity-center = 'arn:aws:sso:::instance/ssoins-1234567890abcdef'\n\
             [members]\nApprovalA = ['x@example.com']",
            "give `--identity-center` or `--identity-center-file`",
        ),
    ] {
        let config = config(written);
        let said = refused(&["--config", text(config.path())]);
        assert_eq!(said.matches(problem).count(), 1, "{said}");
        assert!(said.contains(text(config.path())), "{said}");
    }
}

#[test]
fn what_lambda_does_not_show_is_an_error_and_not_clean() {
    let rule = file(&json!({}));
    for (function, problem) in [
        (json!({"quorum": 2}), "is not the output of `aws lambda get-function-configuration`"),
        (
            json!({"FunctionArn": FUNCTION, "Environment": {"Error": {"Message": "no key"}}}),
            "could not decrypt",
        ),
        (
            json!({"FunctionArn": FUNCTION,
                "Environment": {"Variables": {"TWO_PERSON_RULE_FILE": "/opt/rule.json"}}}),
            "reads its rule from a file",
        ),
        (
            json!({"FunctionArn": FUNCTION, "Environment": {"Variables": {
                "TWO_PERSON_RULE": "{}", "TWO_PERSON_RULE_FILE": "/opt/rule.json"}}}),
            "both TWO_PERSON_RULE and TWO_PERSON_RULE_FILE are set",
        ),
        (
            json!({"FunctionArn": FUNCTION,
                "Environment": {"Variables": {"TWO_PERSON_RULE": "{\"quorum\": 1}"}}}),
            "TWO_PERSON_RULE: `quorum`: 1 would let one person release alone",
        ),
    ] {
        let function = file(&function);
        let said = refused(&["--rule", text(rule.path()), "--gate-rule", text(function.path())]);
        assert!(said.contains(problem) && said.contains(text(function.path())), "{said}");
    }
    let function = file(&json!({"FunctionArn": FUNCTION}));
    let ran = audit(&sound(), &["--gate-rule", text(function.path())]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
}

/// Without a variable, the gate applies the default rule.
#[test]
fn a_function_without_a_rule_has_the_default_rule() {
    let function = file(&json!({"FunctionArn": FUNCTION}));
    let function = ["--gate-rule", text(function.path())];
    let (ran, _) = AUDIT.examine_under(&json!({}), &sound(), &function);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    let (_, report) = AUDIT.examine_under(&json!({"excludeInitiator": true}), &sound(), &function);
    let subject = format!("{FUNCTION}/excludeInitiator");
    assert_eq!(report["findings"][0]["subject"]["arn"], subject);
}

#[test]
fn the_generated_files_put_members_into_their_groups() {
    let config = file_of("[members]\nApprovalA = ['alice']\nApprovalB = ['bob', 'dave']");
    let with = |arguments: &[&str]| {
        let ran = generate(&[&["--config", text(config.path())], arguments].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran
    };
    for (format, expected) in [
        (
            "cloudformation",
            "      GroupName:\n        Ref: TwoPersonRuleApprovalBGroup\n      Users:\n      - bob\n      - dave\n",
        ),
        ("terraform", "  users = [\n    \"bob\",\n    \"dave\",\n  ]\n"),
        (
            "aws-cli",
            "aws iam add-user-to-group \\\n  --group-name TwoPersonRule-ApprovalB \\\n  --user-name dave\n",
        ),
    ] {
        let ran = with(&["--format", format]);
        assert!(ran.stdout.contains(expected), "{}", ran.stdout);
    }
    let json: Value = serde_json::from_str(&with(&["--format", "terraform-json"]).stdout).unwrap();
    let members = &json["resource"]["aws_iam_group_membership"]["TwoPersonRule_ApprovalB_group"];
    assert_eq!(members["users"], json!(["bob", "dave"]));
    let ran = with(&["--mechanism", "tag"]);
    assert!(ran.stderr.contains("set the tag `ApprovalSlot=B` of `bob`, `dave`"), "{}", ran.stderr);
    let center = "arn:aws:sso:::instance/ssoins-1234567890abcdef";
    let ran = with(&["--mechanism", "roles", "--identity-center", center]);
    let note = "assign the permission set `TwoPersonRule-ApprovalA`";
    assert!(ran.stderr.contains(note), "{}", ran.stderr);
    // With signatures, the same people may answer every slot.
    let both = file_of(
        "mechanism = 'signed'\n[members]\nApprovalA = ['xena']\nApprovalB = ['xena', 'yuri']",
    );
    let arguments = ["--config", text(both.path()), "--format", "cloudformation"];
    let ran = generate(&[&arguments[..], &["--print", "template.yaml"]].concat());
    assert!(ran.stdout.contains("      Users:\n      - xena\n      - yuri\n"), "{}", ran.stderr);
    assert_eq!(policygen(&["generate", "--members", "x"]).code, 2);
}
