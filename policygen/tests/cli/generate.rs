//! `policygen generate` as its users see it: what it writes, what it refuses, and how it ends.

use std::collections::BTreeMap;
use std::fs;
use std::process::Stdio;

use crate::program::{TARGET, command, fixture, generate, policygen};
use serde_json::Value;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn every_defect_is_refused_with_its_reason() {
    let cases: [(&[&str], i32, &str); 38] = [
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
fn a_pipeline_of_another_account_or_region_is_refused() {
    let good = json(&fs::read_to_string(fixture("pipeline/good.json")).unwrap());
    let arn = good["metadata"]["pipelineArn"].as_str().unwrap();
    for (from, to) in [(":eu-west-1:", ":us-east-1:"), (":111122223333:", ":444455556666:")] {
        let mut other = good.clone();
        other["metadata"]["pipelineArn"] = arn.replace(from, to).into();
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pipeline.json");
        fs::write(&path, other.to_string()).unwrap();
        let ran = generate(&["--patch-pipeline", path.to_str().unwrap()]);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
        assert!(ran.stderr.contains("another region or account"), "{}", ran.stderr);
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
fn a_stage_with_many_approvals_fits_the_limits_of_the_service() {
    let slots: Vec<String> = (0..20).map(|at| format!("{}{at:02}", "A".repeat(60))).collect();
    let slots: Vec<&str> = slots.iter().flat_map(|slot| ["--slot", slot.as_str()]).collect();
    let ran = generate(&[&["--stage-json", "--print", "stage.json"], &slots[..]].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for action in json(&ran.stdout)["actions"].as_array().unwrap() {
        for (key, value) in action["configuration"].as_object().unwrap() {
            assert!(value.as_str().unwrap().len() <= 1_000, "{key}: {value}");
        }
    }
}

#[test]
fn names_that_aws_would_refuse_for_their_length_are_refused() {
    let slot = "s".repeat(60);
    let roles =
        ["--mechanism", "roles", "--trust-account", "111122223333", "--slot", &slot, "--slot", "B"];
    let ran = generate(&roles);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("the name of a role has at most 64"), "{}", ran.stderr);
}

#[test]
fn what_does_not_fit_even_when_split_is_refused() {
    let pipelines: Vec<String> =
        (0..900).map(|at| format!("a-rather-long-pipeline-name-{at}")).collect();
    let arguments: Vec<&str> = pipelines.iter().flat_map(|name| ["--pipeline", name]).collect();
    let ran = generate(&arguments);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("AWS attaches at most 10"), "{}", ran.stderr);
}

#[test]
fn a_document_that_is_too_large_is_split_and_that_is_said() {
    let pipelines: Vec<String> =
        (0..80).map(|at| format!("a-rather-long-pipeline-name-{at}")).collect();
    let arguments: Vec<&str> = pipelines.iter().flat_map(|name| ["--pipeline", name]).collect();
    let ran = generate(&arguments);
    assert_eq!(ran.code, 0);
    assert!(
        ran.stderr
            .contains("note: `TwoPersonRule-ApprovalA` would be longer than the 6144 characters"),
        "{}",
        ran.stderr
    );
    assert!(json(&ran.stdout).get("TwoPersonRule-ApprovalA-2.policy.json").is_some());
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
fn the_stage_goes_before_the_first_that_deploys_and_the_rest_stays() {
    let path = fixture("pipeline/good.json");
    let ran = generate(&["--patch-pipeline", &path, "--print", "pipeline.json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    insta::assert_snapshot!("patched", ran.stdout);

    let before = json(&fs::read_to_string(path).unwrap());
    let mut after = json(&ran.stdout);
    assert!(after.get("metadata").is_none());
    let stage = after["pipeline"]["stages"].as_array_mut().unwrap().remove(2);
    assert_eq!(after["pipeline"], before["pipeline"]);
    assert_eq!(stage, json(&generate(&["--stage-json", "--print", "stage.json"]).stdout));
}

#[test]
fn a_pipeline_of_type_v1_gets_no_retry_that_it_would_refuse() {
    let ran = generate(&[
        "--patch-pipeline",
        &fixture("pipeline/type-v1.json"),
        "--print",
        "pipeline.json",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(!ran.stdout.contains("onFailure"));
    assert!(
        ran.stderr.contains("note: a pipeline of type V1 does not retry by itself"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_pipeline_that_cannot_take_the_stage_is_refused_with_the_reason() {
    for (name, reason) in [
        ("another-pipeline", "`refunds` is not among those of `--pipeline`"),
        ("nothing-deploys", "no stage has an action that certainly deploys"),
        ("deploys-first", "the stage would be the first one"),
        ("stage-there", "there is a stage `Release` already"),
        ("gate-there", "the action `Check` of the stage `Build` runs the gate already"),
        ("not-json", "it is neither what `aws codepipeline get-pipeline` prints"),
        ("no-stages", "it is neither what `aws codepipeline get-pipeline` prints"),
    ] {
        let path = fixture(&format!("pipeline/{name}.json"));
        let ran = generate(&["--patch-pipeline", &path]);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{name}");
        assert!(
            ran.stderr.contains(reason) && ran.stderr.contains(&path),
            "{name}: {}",
            ran.stderr
        );
    }
    // These are parts of the ARN of the pipeline's function, and not its name.
    let path = fixture("pipeline/gate-there.json");
    for function in ["lambda", "function", "live", "111122223333"] {
        let ran = generate(&["--patch-pipeline", &path, "--gate-function", function]);
        assert!(!ran.stderr.contains("runs the gate already"), "{function}: {}", ran.stderr);
    }
    for function in ["111122223333:function:two-person-rule-gate", "two-person-rule-gate:live"] {
        let ran = generate(&["--patch-pipeline", &path, "--gate-function", function]);
        assert!(ran.stderr.contains("runs the gate already"), "{function}: {}", ran.stderr);
    }
    // Patching twice finds the gate of the first time.
    let directory = tempfile::tempdir().unwrap();
    let once = directory.path().join("once.json");
    fs::write(
        &once,
        generate(&["--patch-pipeline", &fixture("pipeline/good.json"), "--print", "pipeline.json"])
            .stdout,
    )
    .unwrap();
    let twice = generate(&["--patch-pipeline", once.to_str().unwrap(), "--print", "pipeline.json"]);
    assert_eq!(twice.code, 1);
    assert!(twice.stderr.contains("runs the gate already"), "{}", twice.stderr);
}

#[test]
fn a_directory_gets_all_files_or_none() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("deep/iam");
    let path = out.to_str().unwrap();
    let listing = || -> BTreeMap<String, String> {
        let entries = fs::read_dir(&out).unwrap().map(Result::unwrap);
        let read = |entry: fs::DirEntry| {
            let text = if entry.path().is_dir() {
                String::new()
            } else {
                fs::read_to_string(entry.path()).unwrap()
            };
            (entry.file_name().into_string().unwrap(), text)
        };
        entries.map(read).collect()
    };
    let ran = generate(&["--out", path]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""));
    let first = listing();
    let names: Vec<&str> = first.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["TwoPersonRule-ApprovalA.policy.json", "TwoPersonRule-ApprovalB.policy.json"]
    );

    // A file replaces the one with its name and no other.
    fs::write(out.join("notes.txt"), "mine").unwrap();
    assert_eq!(generate(&["--out", path, "--approve-only"]).code, 0);
    let second = listing();
    assert_eq!(second["notes.txt"], "mine");
    assert_ne!(
        second["TwoPersonRule-ApprovalA.policy.json"],
        first["TwoPersonRule-ApprovalA.policy.json"]
    );

    // The last file cannot be written, so the first is not written either.
    fs::create_dir(out.join("stage.json")).unwrap();
    let failed = generate(&["--out", path, "--stage-json"]);
    assert_eq!(failed.code, 1);
    assert!(failed.stderr.contains("stage.json` cannot be written"), "{}", failed.stderr);
    let mut expected = second;
    expected.insert("stage.json".to_owned(), String::new());
    assert_eq!(listing(), expected);
}

#[cfg(unix)]
#[test]
fn files_get_the_usual_permissions() {
    use std::os::unix::fs::PermissionsExt as _;

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_str().unwrap();
    assert_eq!(generate(&["--out", path, "--format", "aws-cli", "--stage-json"]).code, 0);
    let mode = |name: &str| fs::metadata(directory.path().join(name)).unwrap().permissions().mode();
    assert_eq!(mode("create.sh") & 0o500, 0o500);
    assert_eq!(mode("stage.json") & 0o111, 0);
    // Its permissions follow the umask, like those of the directory's other files.
    fs::write(directory.path().join("other"), "").unwrap();
    assert_eq!(mode("stage.json"), mode("other"));
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

#[test]
fn several_json_files_are_printed_as_one_object() {
    let all = json(&generate(&["--stage-json"]).stdout);
    let one = json(&generate(&["--stage-json", "--print", "stage.json"]).stdout);
    assert_eq!(all["stage.json"], one);
    assert_eq!(all.as_object().unwrap().len(), 3);
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
