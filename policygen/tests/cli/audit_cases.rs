//! `policygen audit` of small accounts, each with one known way to escalate or one shape that only
//! looks like it.
//!
//! The files of `tests/conformance/audit_cases` have one account a line, and everything that is
//! found about what its people can do. Names that begin with `esc-` and a service are paths of
//! pathfinding.cloud, by their numbers. In them `mallory` serves ApprovalA and has the permissions
//! of one path.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

use crate::program::{command, ran};

/// What somebody can do. The other codes are about practices, and about who is left.
const CAN: [&str; 9] = [
    "can-approve-both",
    "can-approve-both-if",
    "can-approve-both-through-role",
    "can-bypass-gate",
    "can-grant-itself",
    "can-make-second-person",
    "may-run-as-approver",
    "member-of-both-groups",
    "not-decided",
];
/// What the account does not show: the subject of `outsiders` alone.
const UNDECIDED: &str = "undecided";
/// Who is left to approve, and who is one human with two slots.
const LEFT: [&str; 4] =
    ["depends-on-one-person", "no-valid-pair", "one-person-on-two-slots", "slot-without-approver"];

#[derive(Deserialize)]
struct Case {
    name: String,
    account: Value,
    #[serde(default)]
    rule: Option<Value>,
    /// Further files, by their names.
    #[serde(default)]
    files: BTreeMap<String, Value>,
    arguments: Vec<String>,
    /// What is found: a code, a subject and perhaps the severity and what the gate makes of it.
    found: Vec<Vec<String>>,
    /// What is found about who is left to approve.
    #[serde(default)]
    left: Option<Vec<Vec<String>>>,
}

impl Case {
    /// The findings of the audit.
    fn findings(&self) -> Vec<Value> {
        let folder = TempDir::new().unwrap();
        let write = |name: &str, content: &Value| {
            fs::write(folder.path().join(name), content.to_string()).unwrap();
        };
        write("account.json", &self.account);
        self.files.iter().for_each(|(name, content)| write(name, content));
        let mut audit = command();
        audit.current_dir(folder.path());
        audit.args(["audit", "--account-file", "account.json", "--format", "json"]);
        if let Some(rule) = &self.rule {
            write("rule.json", rule);
            audit.args(["--rule", "rule.json"]);
        }
        let ran = ran(&audit.args(&self.arguments).output().unwrap());
        assert!([0, 10].contains(&ran.code), "{}: {}", self.name, ran.stderr);
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        report["findings"].as_array().unwrap().clone()
    }

    /// The findings with these codes are those that are expected, as far as each says more.
    fn check(&self, findings: &[Value], codes: &[&str], expected: &[Vec<String>]) {
        let text = |finding: &Value, pointer: &str| -> Option<String> {
            finding.pointer(pointer).and_then(Value::as_str).map(str::to_owned)
        };
        let mut found: HashMap<[String; 2], Vec<String>> = HashMap::new();
        for finding in findings {
            let code = text(finding, "/code").unwrap();
            if !codes.contains(&&*code) {
                continue;
            }
            let subject = text(finding, "/subject/arn").unwrap();
            let subject = subject.splitn(6, ':').last().unwrap().to_owned();
            let more = [text(finding, "/severity"), text(finding, "/gate")].into_iter().flatten();
            found.insert([code, subject], more.collect());
        }
        for row in expected {
            let [code, subject, more @ ..] = row.as_slice() else {
                panic!("{}: {row:?}", self.name)
            };
            let said = found.remove(&[code.clone(), subject.clone()]);
            let said = said.unwrap_or_else(|| panic!("{}: {row:?} is not found", self.name));
            assert!(said.starts_with(more), "{}: {row:?}, and not {said:?}", self.name);
        }
        assert!(found.is_empty(), "{}: {found:?}", self.name);
    }
}

fn cases(kind: &str) -> Vec<Case> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/conformance/audit_cases");
    let file = Path::new(folder).join(kind).with_extension("jsonl");
    let lines = fs::read_to_string(file).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Runs all cases of a file.
fn check(kind: &str) {
    for case in cases(kind) {
        let findings = case.findings();
        let undecided = (kind == "outsiders").then_some(UNDECIDED);
        let can: Vec<&str> = CAN.into_iter().chain(undecided).collect();
        case.check(&findings, &can, &case.found);
        if let Some(left) = &case.left {
            case.check(&findings, &LEFT, left);
        }
        for finding in &findings {
            let message = finding["message"].as_str().unwrap();
            match finding["gate"].as_str() {
                None => {}
                Some("refuses") => assert!(message.contains("the gate still refuses"), "{message}"),
                Some("counts-two") => {
                    assert!(message.contains("the gate would count two"), "{message}");
                }
                Some(other) => panic!("{other}: {message}"),
            }
        }
    }
}

#[test]
fn ways_past_the_gate() {
    check("bypass");
}

#[test]
fn escalations() {
    let cases = cases("escalation");
    let found = cases.iter().filter(|case| !case.found.is_empty()).count();
    assert!(found > 80 && cases.len() - found > 30, "{found} of {}", cases.len());
    check("escalation");
}

#[test]
fn policies_are_evaluated_as_aws_evaluates_them() {
    check("evaluation");
}

#[test]
fn one_human_is_one_person() {
    check("humans");
}

#[test]
fn policies_of_aws_that_nobody_has_yet() {
    check("of_aws");
}

#[test]
fn outsiders() {
    check("outsiders");
}

#[test]
fn policies_are_read_as_aws_reads_them() {
    check("parse");
}

#[test]
fn paths_of_a_public_list() {
    check("pathfinding");
}

#[test]
fn users_who_are_renamed() {
    check("renames");
}

#[test]
fn code_that_runs_as_an_approver() {
    check("running");
}
