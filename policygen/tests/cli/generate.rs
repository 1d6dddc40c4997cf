//! `policygen generate` as its users see it: what it writes, what it refuses, and how it ends.

use std::fs;
use std::process::Stdio;

use crate::program::{TARGET, command, fixture, generate, policygen};
use serde_json::Value;

pub(crate) fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn every_defect_is_refused_with_its_reason() {
    let cases: [(&[&str], i32, &str); 39] = [
        (&["--slot", "ApprovalA"], 1, "one slot is not enough"),
        (&["--slot", "ApprovalA", "--slot", "APPROVALa"], 1, "have the same name for IAM"),
        (
            &["--slot-pattern", "A=Approval*", "--slot-pattern", "B=*B"],
            1,
            "`arn:aws:codepipeline:eu-west-1:111122223333:payments/Release/ApprovalB` would be in both",
        ),
        (&["--slot", "A*", "--slot", "B"], 2, "`A*` is not the name of an action"),
        // An earlier version accepted patterns in `--slot`.
        (&["--slot", "A=Approval*", "--slot", "B"], 2, "give NAME=PATTERN with `--slot-pattern`"),
        (&["--slot-pattern", "A", "--slot", "B"], 2, "written NAME=PATTERN"),
        (&["--gate-function", "a b"], 2, "neither the name nor the ARN of a Lambda function"),
        (
            &["--gate-function", "arn:aws:lambda:us-east-1:111122223333:function:gate"],
            1,
            "is not in a region and account of the pipelines",
        ),
        (&["--region", "cn-north-1"], 1, "`cn-north-1` is not in the partition `aws`"),
        (&["--partition", "aws-us-gov"], 1, "`eu-west-1` is not in the partition `aws-us-gov`"),
        (&["--region", "nowhere"], 2, "`nowhere` is not a region"),
        (&["--account", "1234"], 2, "`1234` is not an account"),
        (&["--pipeline", "a b"], 2, "`a b` is not a pipeline name"),
        (&["--mechanism", "roles"], 1, "needs exactly one way in"),
        (
            &[
                "--mechanism",
                "roles",
                "--trust-account",
                "111122223333",
                "--trust-saml",
                "arn:aws:iam::111122223333:saml-provider/X",
            ],
            1,
            "needs exactly one way in",
        ),
        (
            &["--trust-account", "111122223333"],
            1,
            "means nothing without `--mechanism roles, signed or desk`",
        ),
        (
            &[
                "--mechanism",
                "signed",
                "--trust-account",
                "111122223333",
                "--trust-saml",
                "arn:aws:iam::111122223333:saml-provider/X",
            ],
            1,
            "needs at most one way in",
        ),
        (
            &["--mechanism", "signed", "--no-exclusive"],
            1,
            "`--exclusive or --no-exclusive` means nothing without `--mechanism groups, tag or roles`",
        ),
        (
            &["--mechanism", "signed", "--exclusive"],
            1,
            "`--exclusive or --no-exclusive` means nothing",
        ),
        (
            &[
                "--mechanism",
                "signed",
                "--require-mfa",
                "--trust-saml",
                "arn:aws:iam::111122223333:saml-provider/X",
            ],
            1,
            "federated sessions carry no second factor",
        ),
        (
            &[
                "--mechanism",
                "desk",
                "--trust-account",
                "111122223333",
                "--identity-center",
                "arn:aws:sso:::instance/ssoins-1234567890abcdef",
            ],
            1,
            "the mechanism `desk` needs at most one way in",
        ),
        (
            &["--mechanism", "desk", "--no-exclusive"],
            1,
            "means nothing without `--mechanism groups, tag or roles`",
        ),
        (
            &["--mechanism", "desk", "--require-mfa"],
            1,
            "`--require-mfa` means nothing without `--mechanism groups, tag, roles or signed`",
        ),
        (&["--mechanism", "desk", "--approve-only"], 1, "`--approve-only` means nothing without"),
        (
            &["--reviews-function", "reviews"],
            1,
            "`--reviews-function` means nothing without `--guardrails`",
        ),
        (
            &["--mechanism", "signed", "--desk-function", "desk"],
            1,
            "`--desk-function` means nothing without `--mechanism desk`",
        ),
        (
            &["--mechanism", "signed", "--format", "terraform"],
            1,
            "give `--out DIR`, or `--print` with one of `main.tf`, `rule.json`",
        ),
        (
            &[
                "--mechanism",
                "roles",
                "--require-mfa",
                "--identity-center",
                "arn:aws:sso:::instance/ssoins-1234567890abcdef",
            ],
            1,
            "federated sessions carry no second factor",
        ),
        (&["--mfa-max-age", "15m"], 1, "means nothing without `--require-mfa`"),
        (&["--require-mfa", "--mfa-max-age", "0s"], 2, "is not a time"),
        (&["--require-mfa", "--mfa-max-age", "37h"], 2, "is not a time"),
        (&["--scp"], 1, "means nothing without `--guardrails`"),
        (&["--service-role", "payments"], 1, "means nothing without `--gate`"),
        (
            &["--mechanism", "tag", "--slot-pattern", "A=A*", "--slot", "B"],
            1,
            "needs the name of one action",
        ),
        (
            &["--stage-json", "--slot-pattern", "A=A*", "--slot", "B"],
            1,
            "needs the name of one action",
        ),
        (
            &["--slot", "Gate", "--slot", "B", "--gate"],
            1,
            "two resources would have the name `TwoPersonRule-Gate`",
        ),
        (
            &["--print", "no-such-file"],
            1,
            "no file `no-such-file` among `TwoPersonRule-ApprovalA.policy.json`",
        ),
        (
            &["--format", "terraform", "--stage-json"],
            1,
            "give `--out DIR`, or `--print` with one of `main.tf`, `stage.json`",
        ),
        (&["--config", "no-such-file"], 1, "`no-such-file` cannot be read"),
    ];
    for (arguments, code, reason) in cases {
        let ran = generate(arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(reason), "{arguments:?}: {}", ran.stderr);
        assert_eq!(ran.stdout, "", "{arguments:?}");
    }
}

#[test]
fn everything_that_is_missing_is_named_at_once() {
    for at in [1, 3, 5, 7] {
        let mut arguments = TARGET.to_vec();
        let flag = arguments.remove(at);
        arguments.remove(at);
        let ran = policygen(&arguments);
        assert_eq!(ran.code, 2);
        assert!(ran.stderr.contains(&format!("give `{flag}`, or `'*'`")), "{}", ran.stderr);
    }
    let ran = policygen(&["generate"]);
    assert_eq!(ran.code, 2);
    let words = "no region, account, pipeline and stage is given; give `--region`, `--account`, \
                 `--pipeline` and `--stage`, or `'*'`";
    assert!(ran.stderr.contains(words), "{}", ran.stderr);
}

#[test]
fn a_region_that_is_not_known_is_warned_of() {
    for (region, is_warned) in [("eu-wst-1", true), ("eu-west-1", false), ("mx-central-1", false)] {
        let arguments = ["generate", "--region", region, "--account", "111122223333"];
        let ran = policygen(&[&arguments[..], &["--pipeline", "p", "--stage", "Release"]].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert_eq!(ran.stderr.contains("that region is not known here"), is_warned, "{region}");
    }
}

#[test]
fn the_stage_is_the_one_that_the_templates_have() {
    let template = concat!(env!("CARGO_MANIFEST_DIR"), "/../templates/stage.json");
    let ran = generate(&["--stage-json", "--print", "stage.json"]);
    assert_eq!(ran.stdout, fs::read_to_string(template).unwrap(), "{}", ran.stderr);
}

#[test]
fn each_approval_tells_the_topic_of_its_slot() {
    let topic = |slot: &str| format!("arn:aws:sns:eu-west-1:111122223333:payments-{slot}");
    let [a, b] = ["ApprovalA", "ApprovalB"].map(|slot| format!("{slot}={}", topic(slot)));
    let stage = ["--stage-json", "--print", "stage.json", "--notification-arn"];
    let ran = generate(&[&stage[..], &[&a, "--notification-arn", &b]].concat());
    let actions = json(&ran.stdout)["actions"].as_array().unwrap().clone();
    for (action, slot) in actions.iter().zip(["ApprovalA", "ApprovalB"]) {
        assert_eq!(action["configuration"]["NotificationArn"], topic(slot));
    }
    assert!(actions[2]["configuration"].get("NotificationArn").is_none());
    for (given, code, reason) in [
        (vec!["ApprovalC=arn:aws:sns:eu-west-1:111122223333:t"], 1, "is not a slot"),
        (vec![a.as_str(), "--notification-arn", a.as_str()], 1, "two topics for `ApprovalA`"),
        (vec!["ApprovalA=payments"], 2, "the ARN of an SNS topic"),
        (vec!["ApprovalA=arn:aws:sqs:eu-west-1:111122223333:q"], 2, "the ARN of an SNS topic"),
    ] {
        let ran = generate(&[&stage[..], &given].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{given:?}");
        assert!(ran.stderr.contains(reason), "{}", ran.stderr);
    }
    let without = generate(&["--notification-arn", &a]);
    assert_eq!(without.code, 1);
    assert!(
        without.stderr.contains("without `--stage-json or --patch-pipeline`"),
        "{}",
        without.stderr
    );
}

#[test]
fn each_choice_that_weakens_the_rule_is_warned_of_and_nothing_else() {
    assert_eq!(generate(&[]).stderr, "");
    let cases: [(&[&str], &str); 8] = [
        (&["--no-exclusive"], "`--no-exclusive`"),
        (&["--region", "*"], "`--region '*'`"),
        (&["--account", "*"], "`--account '*'`"),
        (&["--pipeline", "pay*"], "`--pipeline 'pay*'`"),
        (&["--slot-pattern", "A=A*", "--slot", "B"], "the slot `A` is the pattern `A*`"),
        (
            &["--mechanism", "roles", "--trust-account", "444455556666"],
            "`--trust-account 444455556666`",
        ),
        (
            &["--guardrails", "--gate", "--service-role", "payments", "--break-glass", "Admin"],
            "`--break-glass Admin`",
        ),
        (
            &["--guardrails", "--gate", "--service-role", "payments", "--job-worker", "Worker"],
            "`--job-worker Worker`",
        ),
    ];
    for (arguments, warning) in cases {
        let ran = generate(arguments);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let warnings: Vec<&str> =
            ran.stderr.lines().filter(|line| line.starts_with("warning: ")).collect();
        assert_eq!(warnings.len(), 1, "{}", ran.stderr);
        assert!(warnings[0].contains(warning), "{}", ran.stderr);
    }
    let stage = policygen(&[&TARGET[..8], &["Rel*"]].concat());
    assert!(stage.stderr.starts_with("warning: `--stage 'Rel*'`"), "{}", stage.stderr);
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    for format in ["json", "cloudformation", "terraform", "terraform-json", "aws-cli"] {
        let arguments = ["--format", format, "--guardrails", "--scp", "--gate", "--require-mfa"];
        assert_eq!(generate(&arguments).stdout, generate(&arguments).stdout);
    }
}

#[test]
fn a_file_says_what_the_flags_say_and_the_flags_come_first() {
    let file = policygen(&["generate", "--config", &fixture("config/good.toml")]);
    let flags = [
        "--no-exclusive",
        "--require-mfa",
        "--mfa-max-age",
        "15m",
        "--gate",
        "--service-role",
        "payments",
    ];
    assert_eq!((file.code, file.stdout), (0, generate(&flags).stdout));

    let stricter =
        policygen(&["generate", "--config", &fixture("config/good.toml"), "--exclusive"]);
    assert!(stricter.stdout.contains("DenyOtherSlots"));
}

#[test]
fn a_file_with_a_defect_is_refused_with_its_place() {
    for (name, reason) in
        [("unknown-key", "unknown field `regions`"), ("bad-account", "`1234` is not an account")]
    {
        let ran = policygen(&["generate", "--config", &fixture(&format!("config/{name}.toml"))]);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
        assert!(ran.stderr.contains(reason) && ran.stderr.contains("line "), "{}", ran.stderr);
    }
}

#[test]
fn the_partition_follows_from_the_region() {
    for (region, partition) in
        [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("eusc-de-east-1", "aws-eusc")]
    {
        let arguments = [
            "generate",
            "--region",
            region,
            "--account",
            "111122223333",
            "--pipeline",
            "p",
            "--stage",
            "s",
        ];
        let ran = policygen(&arguments);
        let arn = format!("arn:{partition}:codepipeline:{region}:111122223333:p/s/ApprovalA");
        assert!(ran.stdout.contains(&arn), "{}", ran.stdout);
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let mut child = command()
        .args(["completions", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(output.stderr, b"");
}

/// The gate may be given by ARN, as in every other verb. Its policies then name that function.
#[test]
fn a_gate_by_its_arn_is_allowed_and_guarded_there() {
    let arn = "arn:aws:lambda:eu-west-1:111122223333:function:gate";
    let function = format!("{arn}:live");
    let ran = generate(&[
        "--gate",
        "--service-role",
        "payments",
        "--guardrails",
        "--stage-json",
        "--region",
        "eu-central-1",
        "--gate-function",
        &function,
    ]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let files = json(&ran.stdout);
    let invoke = &files["TwoPersonRule-InvokeGate.policy.json"]["Statement"][0];
    assert_eq!(invoke["Resource"], function);
    let guardrails = files["TwoPersonRule-Guardrails.policy.json"]["Statement"].as_array().unwrap();
    let change = guardrails.iter().find(|statement| statement["Sid"] == "ChangeGate").unwrap();
    assert_eq!(change["Resource"], serde_json::json!([arn, format!("{arn}:*")]));
    let gate = files["stage.json"]["actions"].as_array().unwrap().last().unwrap();
    assert_eq!(gate["configuration"]["FunctionName"], function);
}

/// A function without a region or account in its name can be anywhere.
#[test]
fn a_gate_outside_of_the_pipelines_accounts_and_regions_is_refused() {
    let arn = |region: &str, account: &str| {
        format!("arn:aws:lambda:{region}:{account}:function:two-person-rule-gate")
    };
    let (own, other) = ("111122223333", "444455556666");
    for (region, account, function, code) in [
        ("eu-west-1", own, arn("eu-west-1", own), 0),
        ("eu-west-1", own, arn("eu-west-1", other), 1),
        ("eu-west-1", own, arn("us-east-1", own), 1),
        ("*", own, arn("us-east-1", own), 0),
        ("*", own, arn("us-east-1", other), 1),
        ("*", own, arn("cn-north-1", own).replace("arn:aws:", "arn:aws-cn:"), 1),
        ("eu-west-1", "*", arn("eu-west-1", other), 0),
        ("eu-west-1", own, format!("{own}:function:gate"), 0),
        ("eu-west-1", own, format!("{other}:function:gate"), 1),
    ] {
        let target = ["generate", "--region", region, "--account", account];
        let rest = ["--pipeline", "payments", "--stage", "Release", "--gate-function", &function];
        let ran = policygen(&[&target[..], &rest].concat());
        assert_eq!(ran.code, code, "{region} {account} {function}: {}", ran.stderr);
        let words = "is not in a region and account of the pipelines";
        assert_eq!(ran.stderr.contains(words), code == 1, "{function}: {}", ran.stderr);
    }
}

#[test]
fn an_overlap_is_shown_in_the_account_of_the_pipelines() {
    let slots = ["--slot-pattern", "A=Approval*", "--slot-pattern", "B=*B"];
    for (account, shown) in [("444455556666", "444455556666"), ("*", "111122223333")] {
        let target = ["generate", "--region", "eu-west-1", "--account", account];
        let rest = ["--pipeline", "pay*", "--stage", "Release"];
        let ran = policygen(&[&target[..], &rest, &slots].concat());
        let arn = format!("`arn:aws:codepipeline:eu-west-1:{shown}:pay/Release/ApprovalB`");
        assert!(ran.stderr.contains(&arn), "{}", ran.stderr);
    }
}

#[test]
fn a_stage_to_write_needs_a_name_and_not_a_pattern() {
    let path = fixture("pipeline/good.json");
    for wanted in [&["--stage-json"][..], &["--patch-pipeline", &path]] {
        let ran = policygen(&[&TARGET[..8], &["Rel*"], wanted].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{wanted:?}");
        assert!(ran.stderr.contains("`Rel*`"), "{}", ran.stderr);
    }
}

/// The guardrails let the gate's role through, and permission sets get them by hand.
#[test]
fn guardrails_say_what_they_assume_and_where_they_go() {
    let center = "arn:aws:sso:::instance/ssoins-1234567890abcdef";
    let sets = ["--mechanism", "roles", "--identity-center", center];
    let gate = ["--gate", "--service-role", "payments"];
    let notes = |arguments: &[&str]| {
        let ran = generate(arguments);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran.stderr
    };
    let role = "the guardrails assume that the gate's role is `TwoPersonRule-Gate`";
    let assigned = "create TwoPersonRule-Guardrails in each account of the permission sets";
    for (arguments, assumes, assigns) in [
        ([&["--guardrails"][..], &[]].concat(), true, false),
        ([&["--guardrails"], &gate[..]].concat(), false, false),
        ([&["--guardrails"], &sets[..]].concat(), true, true),
        (sets.to_vec(), false, false),
    ] {
        let said = notes(&arguments);
        assert_eq!(said.contains(role), assumes, "{arguments:?}: {said}");
        assert_eq!(said.contains(assigned), assigns, "{arguments:?}: {said}");
        assert_eq!(said.contains("permission sets, and attach"), assigns, "{arguments:?}: {said}");
    }
}

#[test]
fn guardrails_deny_changing_the_reviews_function_if_they_are_told_its_name() {
    let changed = |arguments: &[&str]| {
        let ran = generate(&[&["--guardrails", "--format", "json"], arguments].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let written: Value = serde_json::from_str(&ran.stdout).unwrap();
        let statements = written["TwoPersonRule-Guardrails.policy.json"]["Statement"].clone();
        let mut statements = statements.as_array().unwrap().clone().into_iter();
        statements.find(|it| it["Sid"] == "ChangeGate").unwrap()["Resource"].to_string()
    };
    let [without, with] = [changed(&[]), changed(&["--reviews-function", "our-reviews"])];
    assert!(!without.contains("our-reviews") && with.contains("function:two-person-rule-gate"));
    for form in ["function:our-reviews\"", "function:our-reviews:*\""] {
        assert!(with.contains(form), "{with}");
    }
}
