//! `policygen diff` as its users see it: reports that the program printed, compared.

use std::fs;
use std::io::Write as _;

use serde_json::{Value, json};
use tempfile::{NamedTempFile, TempDir};

use crate::audit::{audit, patched, several, sound};
use crate::checker::{DOCTOR, days_from_now, file, file_of, text};
use crate::doctor::{clean, doctor};
use crate::history::{Saved, execution, released};
use crate::program::{Ran, policygen, policygen_reading};

/// A report that a command printed.
fn report(ran: &Ran) -> NamedTempFile {
    assert!(ran.stdout.starts_with('{'), "{}", ran.stderr);
    file_of(&ran.stdout)
}

fn of_audit(account: &Value, arguments: &[&str]) -> NamedTempFile {
    report(&audit(account, &[&["--format", "json"], arguments].concat()))
}

fn of_doctor(pipeline: &Value, arguments: &[&str]) -> NamedTempFile {
    report(&doctor(pipeline, &[&["--format", "json"], arguments].concat()))
}

fn of_evidence(saved: &Saved, arguments: &[&str]) -> NamedTempFile {
    let directory = TempDir::new().unwrap();
    let [executions, actions] = saved.write(&directory);
    let options = ["evidence", "--pipeline=payments", "--gate-function=our-gate", "--format=json"];
    let inputs = ["--input", &executions, "--input", &actions];
    report(&policygen(&[&options, &inputs, arguments].concat()))
}

fn diff(old: &NamedTempFile, new: &NamedTempFile, arguments: &[&str]) -> Ran {
    policygen(&[&["diff", text(old.path()), text(new.path())], arguments].concat())
}

fn in_json(old: &NamedTempFile, new: &NamedTempFile, arguments: &[&str]) -> (i32, Value) {
    let ran = diff(old, new, &[&["--format", "json"], arguments].concat());
    assert_eq!(ran.stderr, "");
    (ran.code, serde_json::from_str(&ran.stdout).unwrap())
}

/// A pipeline without its gate: one error.
fn without_gate() -> Value {
    DOCTOR.patched(
        &serde_json::from_value(json!([{
            "op": "replace", "path": "/pipeline/stages/2/actions/2/configuration/FunctionName",
            "value": "another",
        }]))
        .unwrap(),
    )
}

fn accepting(expires: &str) -> NamedTempFile {
    let subject = "arn:aws:codepipeline:eu-west-1:111122223333:payments";
    file(&json!([{"code": "no-gate", "subject": subject, "reason": "R-17", "expires": expires}]))
}

#[test]
fn what_is_new_fails_and_what_is_gone_does_not() {
    let (old, new) = (of_doctor(&clean(), &[]), of_doctor(&without_gate(), &[]));
    let ran = diff(&old, &new, &[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (10, ""));
    let answer = "1 finding is new.\n";
    assert!(ran.stdout.starts_with(answer) && ran.stdout.ends_with(answer), "{}", ran.stdout);
    assert!(ran.stdout.contains("\nNew:\n\nerror[no-gate]: "), "{}", ran.stdout);
    let ran = diff(&new, &old, &[]);
    assert_eq!(ran.code, 0);
    let answer = "1 finding is gone.\n";
    assert!(ran.stdout.starts_with(answer) && ran.stdout.ends_with(answer), "{}", ran.stdout);
    assert!(ran.stdout.contains("\nGone:\n\nerror[no-gate]: "), "{}", ran.stdout);

    let (code, changed) = in_json(&old, &new, &["--fail-on", "never"]);
    assert_eq!(code, 0);
    assert_eq!(changed["schemaVersion"], 1);
    assert_eq!(changed["answer"], json!({"answer": "changed", "sentence": "1 finding is new."}));
    let found = &changed["new"][0];
    assert_eq!((&found["code"], &found["standing"]), (&json!("no-gate"), &json!("open")));
    let summary = json!({"new": 1, "worse": 0, "improved": 0, "gone": 0, "same": 0});
    assert_eq!(changed["summary"], summary);
}

#[test]
fn a_report_has_not_changed_since_itself() {
    for report in
        [of_audit(&several(), &[]), of_doctor(&without_gate(), &[]), of_evidence(&execution(), &[])]
    {
        let (code, changed) = in_json(&report, &report, &["--fail-on", "note"]);
        assert_eq!((code, &changed["answer"]["answer"]), (0, &json!("same")));
        let read: Value =
            serde_json::from_str(&fs::read_to_string(report.path()).unwrap()).unwrap();
        let exceptions = |it: &Value| it["exceptions"].as_array().unwrap().len();
        let count = match read["executions"].as_array() {
            Some(executions) => executions.iter().map(exceptions).sum(),
            None => read["findings"].as_array().unwrap().len(),
        };
        assert!(count > 0);
        assert_eq!(changed["summary"]["same"], count);
        assert!(diff(&report, &report, &[]).stdout.starts_with("Nothing changed: both reports"));
    }
}

#[test]
fn an_acceptance_that_ended_is_worse_and_fails() {
    let old = of_doctor(&without_gate(), &["--accept", text(accepting("2999-12-31").path())]);
    let yesterday = accepting(&days_from_now(-1));
    let new = of_doctor(&without_gate(), &["--accept", text(yesterday.path())]);
    let ran = diff(&old, &new, &[]);
    assert_eq!(ran.code, 10);
    assert!(ran.stdout.starts_with("1 finding became worse.\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("\nWorse (its acceptance has expired):\n"), "{}", ran.stdout);
    let (_, changed) = in_json(&old, &new, &[]);
    assert_eq!(changed["worse"][0]["standing"], "acceptance-expired");
    assert_eq!(changed["worse"][0]["was"]["standing"], "accepted");

    let open = of_doctor(&without_gate(), &[]);
    let ran = diff(&open, &old, &[]);
    assert_eq!(ran.code, 0);
    assert!(ran.stdout.contains("\nImproved (it is accepted now):\n"), "{}", ran.stdout);
    // It is new, but somebody answers for it.
    let ran = diff(&of_doctor(&clean(), &[]), &old, &[]);
    assert_eq!(ran.code, 0);
    assert!(ran.stdout.contains("\nNew, and accepted:\n"), "{}", ran.stdout);
}

#[test]
fn a_higher_severity_and_a_gate_that_counts_two_are_worse() {
    let report = of_audit(&several(), &[]);
    let report: Value = serde_json::from_str(&fs::read_to_string(report.path()).unwrap()).unwrap();
    let with = |gate: &str, severity: &str| {
        let mut report = report.clone();
        let findings = report["findings"].as_array_mut().unwrap();
        let found = findings.iter_mut().find(|it| it.get("gate").is_some()).unwrap();
        found["gate"] = json!(gate);
        found["severity"] = json!(severity);
        file(&report)
    };
    let (old, new) = (with("refuses", "note"), with("counts-two", "error"));
    let (code, changed) = in_json(&old, &new, &[]);
    assert_eq!((code, &changed["summary"]["worse"]), (10, &json!(1)));
    let worse = &changed["worse"][0];
    assert_eq!((&worse["gate"], &worse["was"]["gate"]), (&json!("counts-two"), &json!("refuses")));
    assert_eq!(worse["was"]["severity"], "note");
    let ran = diff(&old, &new, &[]);
    let heading = "\nWorse (the severity was note, the gate did not count two people):\n";
    assert!(ran.stdout.contains(heading), "{}", ran.stdout);
    assert_eq!(in_json(&new, &old, &[]).1["summary"]["improved"], 1);
}

/// More users in both groups than JSON lists one by one.
fn many(members: usize) -> Value {
    let user = |number: usize| {
        json!({
            "op": "add", "path": "/UserDetailList/-", "value": {
                "UserName": format!("both-{number:03}"), "UserId": format!("AIDABOTH{number:03}"),
                "Arn": format!("arn:aws:iam::111122223333:user/both-{number:03}"), "Path": "/",
                "GroupList": ["TwoPersonRule-ApprovalA", "TwoPersonRule-ApprovalB"],
                "AttachedManagedPolicies": [], "UserPolicyList": [],
            }
        })
    };
    patched((0..members).map(user).collect())
}

#[test]
fn a_report_with_an_entry_for_each_cause_is_the_same_as_one_for_each_subject() {
    let grouped = of_audit(&many(110), &[]);
    let mut ungrouped: Value =
        serde_json::from_str(&fs::read_to_string(grouped.path()).unwrap()).unwrap();
    let mut findings = Vec::new();
    for finding in ungrouped["findings"].as_array().unwrap() {
        let arns = finding["subjects"]["arns"].as_array().cloned();
        for arn in arns.unwrap_or_else(|| vec![finding["subject"]["arn"].clone()]) {
            let mut one = finding.clone();
            one.as_object_mut().unwrap().remove("subjects");
            one["subject"]["arn"] = arn;
            findings.push(one);
        }
    }
    assert!(findings.len() >= 110);
    ungrouped["findings"] = json!(findings);
    let (code, changed) = in_json(&grouped, &file(&ungrouped), &[]);
    assert_eq!((code, &changed["answer"]["answer"]), (0, &json!("same")));
    assert_eq!(changed["summary"]["same"], findings.len());

    // The old report has an entry for each of 90, the new one an entry for all.
    let (code, changed) = in_json(&of_audit(&many(90), &[]), &grouped, &[]);
    assert_eq!((code, &changed["summary"]["gone"]), (10, &json!(0)));
    let new = changed["new"].as_array().unwrap();
    let of_code = |it: &&Value| it["code"] == "member-of-both-groups";
    assert_eq!(new.iter().filter(of_code).count(), 20, "{new:?}");
}

#[test]
fn many_new_findings_of_one_cause_are_shown_once() {
    let ran = diff(&of_audit(&sound(), &[]), &of_audit(&many(150), &[]), &[]);
    assert_eq!(ran.code, 10);
    assert_eq!(ran.stdout.matches("error[member-of-both-groups]: ").count(), 1, "{}", ran.stdout);
    let subjects = "subjects: 150: both-000, both-001, both-002 and 147 more";
    assert!(ran.stdout.contains(subjects), "{}", ran.stdout);
    assert!(ran.stdout.lines().count() < 60, "{}", ran.stdout);
    let all = diff(&of_audit(&sound(), &[]), &of_audit(&many(150), &[]), &["-v"]);
    assert!(all.stdout.contains("user/both-149\n"), "{}", all.stdout);
}

#[test]
fn exceptions_are_compared_by_execution_and_only_if_it_is_listed() {
    let second = "22222222-2222-4222-8222-222222222222";
    let both = of_evidence(&execution().with(released(second, 1)), &[]);
    let first = of_evidence(&execution(), &[]);
    let (code, changed) = in_json(&first, &both, &[]);
    assert_eq!(code, 10);
    let subject = changed["new"][0]["subject"]["arn"].as_str().unwrap();
    assert!(subject.ends_with(&format!("payments/execution/{second}")), "{subject}");
    // The period of the newer one does not have it, so nobody knows whether it is settled.
    let (code, changed) = in_json(&both, &first, &[]);
    assert_eq!((code, &changed["gone"]), (0, &json!([])));
    assert!(changed["compared"]["leftOut"].as_u64().unwrap() > 0);
    let ran = diff(&both, &first, &[]);
    assert!(ran.stdout.contains("that the new one does not list"), "{}", ran.stdout);
}

#[test]
fn compressed_and_windows_reports_and_standard_input_are_read() {
    let old = of_doctor(&clean(), &[]);
    let new = of_doctor(&without_gate(), &[]);
    let content = fs::read_to_string(new.path()).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(content.as_bytes()).unwrap();
    let utf16 = std::iter::once(0xFEFF).chain(content.encode_utf16());
    let expected = diff(&old, &new, &[]).stdout;
    for bytes in [
        gzip.finish().unwrap(),
        utf16.flat_map(u16::to_le_bytes).collect(),
        format!("\u{feff}{content}").into_bytes(),
    ] {
        let mut saved = NamedTempFile::new().unwrap();
        saved.write_all(&bytes).unwrap();
        let ran = diff(&old, &saved, &[]);
        assert_eq!((ran.code, ran.stdout), (10, expected.clone()), "{}", ran.stderr);
    }
    let ran = policygen_reading(&content, &["diff", text(old.path()), "-"]);
    assert_eq!((ran.code, ran.stdout), (10, expected));
    let ran = policygen(&["diff", "-", "-"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("only one of the two reports can come from standard input"));
}

#[test]
fn reports_about_different_things_are_refused_and_both_are_named() {
    let of_account = |account: &str| {
        let account = sound().to_string().replace("111122223333", account);
        of_audit(&serde_json::from_str(&account).unwrap(), &[])
    };
    let named = |name: &str| {
        let pipeline = without_gate().to_string().replace("payments", name);
        of_doctor(&serde_json::from_str(&pipeline).unwrap(), &[])
    };
    let elsewhere = without_gate().to_string().replace("111122223333", "444455556666");
    let elsewhere = of_doctor(&serde_json::from_str(&elsewhere).unwrap(), &[]);
    let rule = report(&policygen(&[
        "doctor",
        "--rule",
        text(file(&json!({"schemaVersion": 1})).path()),
        "--format",
        "json",
    ]));
    let audited = of_account("111122223333");
    for (old, new, words) in [
        (&audited, &of_account("444455556666"), ["account 111122223333", "account 444455556666"]),
        (&audited, &named("payments"), ["`policygen audit` about", "`policygen doctor` about"]),
        (&named("payments"), &named("refunds"), ["`payments`", "`refunds`"]),
        (&named("payments"), &elsewhere, ["account 111122223333", "account 444455556666"]),
        (&named("payments"), &rule, ["the pipeline `payments`", "about the rule"]),
        (
            &of_evidence(&execution(), &[]),
            &audited,
            ["`policygen evidence` about `arn:", "`policygen audit` about"],
        ),
    ] {
        let ran = diff(old, new, &[]);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
        for words in [words[0], words[1], text(old.path()), text(new.path())] {
            assert!(ran.stderr.contains(words), "{words}: {}", ran.stderr);
        }
        assert!(ran.stderr.contains("give two reports of one command"), "{}", ran.stderr);
    }
}

#[test]
fn what_is_not_a_report_that_can_be_compared_is_refused() {
    let good = of_doctor(&without_gate(), &[]);
    let content = fs::read_to_string(good.path()).unwrap();
    let with = |key: &str, value: Value| {
        let mut report: Value = serde_json::from_str(&content).unwrap();
        report[key] = value;
        report.to_string()
    };
    let mut other_code: Value = serde_json::from_str(&content).unwrap();
    other_code["findings"][0]["code"] = json!("no-gait");
    let sarif = doctor(&without_gate(), &["--format", "sarif"]).stdout;
    for (new, words) in [
        ("{".to_owned(), "is not a report; give what `policygen audit`"),
        (sound().to_string(), "is not a report; give what `policygen audit`"),
        (sarif, "is not a report; give what `policygen audit`"),
        (with("findings", json!([{}])), "is not a report; give what `policygen audit`"),
        (with("accepted", Value::Null), "is not a report; give what `policygen audit`"),
        (with("checked", json!("the moon")), "is not a report; give what `policygen audit`"),
        (with("schemaVersion", json!(2)), "is a report of schema version 2, and this version"),
        (other_code.to_string(), "reports `no-gait`, a code that this version"),
        (
            json!({"schemaVersion": 1, "pipelines": []}).to_string(),
            "is a report over several pipelines",
        ),
        (String::new(), "is empty; did the command that wrote it fail?"),
    ] {
        let new = file_of(&new);
        let ran = diff(&good, &new, &[]);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{words}");
        assert!(ran.stderr.contains(words), "{words}: {}", ran.stderr);
        assert!(ran.stderr.contains(text(new.path())), "{}", ran.stderr);
    }
}
