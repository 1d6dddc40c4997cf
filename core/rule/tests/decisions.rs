//! Every fixture is `fixtures/satisfied.json` with one defect (a JSON Patch), named after the
//! reason it must give.

#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "it reads fixtures")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rule::{Decision, Facts, Initiator, ReasonCode, Rule, Verdict, decide};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixture {
    why: String,
    defect: json_patch::Patch,
    reasons: Vec<ReasonCode>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    rule: Value,
    facts: Facts,
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn decision_of(case: Value) -> Decision {
    let case: Case = serde_json::from_value(case).unwrap();
    let rule = Rule::floor(&case.rule.to_string()).unwrap();
    decide(&rule, &case.facts).unwrap()
}

/// The file stem, what the fixture says and the decision, for each fixture of a folder.
fn decisions_in(folder: &str) -> Vec<(String, Fixture, Decision)> {
    let base: Value = serde_json::from_str(&read(&fixtures().join("satisfied.json"))).unwrap();
    let mut paths: Vec<PathBuf> = std::fs::read_dir(fixtures().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let decided = paths.iter().map(|path| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let fixture: Fixture =
            serde_json::from_str(&read(path)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut case = base.clone();
        json_patch::patch(&mut case, &fixture.defect)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        (name, fixture, decision_of(case))
    });
    decided.collect()
}

fn codes(decision: &Decision) -> Vec<ReasonCode> {
    decision.record().reasons.iter().map(|reason| reason.code).collect()
}

#[test]
fn without_a_defect_it_is_satisfied() {
    let decision =
        decision_of(serde_json::from_str(&read(&fixtures().join("satisfied.json"))).unwrap());
    assert_eq!(decision.record().verdict, Verdict::Satisfied);
    assert_eq!(decision.record().persons, ["handle:alice", "handle:bob"]);
    assert_eq!(decision.refusal(), None);
    let satisfied = decision.satisfied().unwrap();
    assert_eq!(satisfied.approvers(), "alice, bob");
    insta::assert_snapshot!("satisfied-summary", satisfied.summary());
    insta::assert_json_snapshot!("satisfied-record", decision.record());
}

#[test]
fn each_defect_is_refused_for_its_reason() {
    let mut covered = BTreeSet::new();
    for (name, fixture, decision) in decisions_in("refused") {
        assert_eq!(decision.record().verdict, Verdict::Unsatisfied, "{name}: {}", fixture.why);
        assert_eq!(codes(&decision), fixture.reasons, "{name}: {}", fixture.why);
        assert!(decision.satisfied().is_none(), "{name}");
        let first = fixture.reasons.first().unwrap();
        assert!(name.starts_with(first.as_str()), "{name} is not named after {first}");
        covered.insert(*first);
        let message = decision.refusal().unwrap();
        assert!(message.ends_with("--retry-mode ALL_ACTIONS"), "{name}: {message}");
        insta::with_settings!({ description => &fixture.why, snapshot_suffix => &name }, {
            insta::assert_snapshot!("refusal", message);
        });
    }
    assert_eq!(covered, BTreeSet::from(ReasonCode::ALL), "a reason code without a fixture");
}

#[test]
fn what_is_no_defect_is_accepted() {
    for (name, fixture, decision) in decisions_in("accepted") {
        assert_eq!(decision.record().verdict, Verdict::Satisfied, "{name}: {}", fixture.why);
        assert_eq!(codes(&decision), fixture.reasons, "{name}: {}", fixture.why);
        assert_eq!(decision.record().persons.len(), 2, "{name}");
        assert!(
            decision.record().approvals.iter().all(|a| a.counted && a.person.is_some()),
            "{name}"
        );
        insta::with_settings!({ description => &fixture.why, snapshot_suffix => &name }, {
            insta::assert_snapshot!("summary", decision.satisfied().unwrap().summary());
        });
    }
}

fn satisfied_facts() -> Facts {
    let case: Case = serde_json::from_str(&read(&fixtures().join("satisfied.json"))).unwrap();
    case.facts
}

#[test]
fn a_record_shows_who_the_rule_says_the_people_are() {
    let json = serde_json::json!({
        "people": {
            "Alice": ["arn:aws:iam::*:user/alice", "github:al"],
            "bob": ["arn:aws:iam::*:user/bob"],
        },
        "roster": {"ApprovalA": ["alice", "carol"], "ApprovalB": ["*"]},
    });
    let rule = Rule::floor(&json.to_string()).unwrap();
    let decision = decide(&rule, &satisfied_facts()).unwrap();
    let shown = serde_json::to_value(&decision.record().rule).unwrap();
    assert_eq!(shown["people"]["alice"], json["people"]["Alice"]);
    assert_eq!(shown["people"]["bob"], json["people"]["bob"]);
    assert_eq!(shown["roster"], json["roster"]);
}

/// INVARIANT (fail closed): somebody who cannot be named could be any of the approvers.
#[test]
fn an_initiator_that_names_no_human_could_be_anybody() {
    let rule = Rule::floor(
        r#"{"excludeInitiator": true, "trustedSessionRoles": ["Approver", "AWSReservedSSO_*"]}"#,
    )
    .unwrap();
    for initiator in [
        "arn:aws:iam::444455556666:user/carol",
        "arn:aws:sts::444455556666:assumed-role/Approver/carol",
        "arn:aws:sts::111122223333:assumed-role/Approver/i-0123456789abcdef0",
        "arn:aws:sts::111122223333:assumed-role/Approver/@example.com",
        "arn:aws:iam::111122223333:role/Approver",
        "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_A_01/carol",
        "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_A_01/botocore-session-1",
        "arn:aws:sts::111122223333:assumed-role/Deployer/carol",
        "arn:aws:iam::111122223333:role/Deployer",
        "arn:aws:iam::111122223333:root",
        "arn:aws:sts::111122223333:federated-user/carol",
        "codepipeline.amazonaws.com",
        "carol",
        "",
    ] {
        let initiator = Initiator::Principal(initiator.to_owned());
        let decision = decide(&rule, &Facts { initiator, ..satisfied_facts() }).unwrap();
        assert_eq!(decision.record().persons, [""; 0], "{:?}", decision.record().initiator);
        let found = codes(&decision);
        assert_eq!(found, [ReasonCode::Initiator, ReasonCode::Initiator, ReasonCode::QuorumNotMet]);
    }
    for initiator in [
        "arn:aws:iam::111122223333:user/carol",
        "arn:aws:sts::111122223333:assumed-role/Approver/carol@example.com",
    ] {
        let initiator = Initiator::Principal(initiator.to_owned());
        let decision = decide(&rule, &Facts { initiator, ..satisfied_facts() }).unwrap();
        assert_eq!(decision.record().verdict, Verdict::Satisfied);
    }
}

#[test]
fn a_principal_of_two_people_is_an_error_and_no_verdict() {
    let rule =
        Rule::floor(r#"{"people": {"alice": ["arn:aws:iam::*:user/alice"], "ally": ["arn:aws:iam::1*:user/alice"]}}"#)
            .unwrap();
    let error = decide(&rule, &satisfied_facts()).unwrap_err();
    insta::assert_snapshot!(error, @"`people`: both `alice` and `ally` match the principal `arn:aws:iam::111122223333:user/alice`; change the patterns so that only one of them does");
}

#[test]
fn a_rule_that_does_not_fit_the_pipeline_is_an_error_and_no_verdict() {
    let errors: Vec<String> = [
        r#"{"roster": {"ApprovalA": ["alice"]}}"#,
        r#"{"roster": {"ApprovalA": ["alice"], "approvalb": ["bob"]}}"#,
        r#"{"actions": ["ApprovalA", "approvalB"]}"#,
    ]
    .iter()
    .map(|rule| decide(&Rule::floor(rule).unwrap(), &satisfied_facts()).unwrap_err().to_string())
    .collect();
    insta::assert_snapshot!(errors.join("\n"));
}

#[test]
fn approvals_in_a_stage_that_the_gate_cannot_reopen_say_so() {
    let rule = Rule::floor(r#"{"stage": "Earlier"}"#).unwrap();
    let decision = decide(&rule, &satisfied_facts()).unwrap();
    assert_eq!(decision.record().verdict, Verdict::Unsatisfied);
    let message = decision.refusal().unwrap();
    assert!(
        message.ends_with("aws codepipeline start-pipeline-execution --name payments"),
        "{message}"
    );
}

#[test]
fn a_long_refusal_is_cut_and_keeps_the_command() {
    let mut facts = satisfied_facts();
    let template = facts.attempts[0].clone();
    for n in 0..100 {
        let mut attempt = template.clone();
        attempt.action = Some(format!("Approval{n:03}"));
        attempt.approver.history = Some("é".repeat(50));
        attempt.approver.state = None;
        facts.attempts.push(attempt);
    }
    let message = decide(&Rule::default(), &facts).unwrap().refusal().unwrap();
    assert!(message.len() <= rule::REFUSAL_LIMIT);
    assert!(message.ends_with("--retry-mode ALL_ACTIONS"), "{message}");
    assert!(message.starts_with("Refused: 2 distinct persons counted"), "{message}");
}

#[test]
fn a_verdict_has_the_same_word_in_records_and_output_variables() {
    for (verdict, word) in
        [(Verdict::Satisfied, "satisfied"), (Verdict::Unsatisfied, "unsatisfied")]
    {
        assert_eq!(verdict.as_str(), word);
        assert_eq!(serde_json::to_value(verdict).unwrap(), word);
    }
}
