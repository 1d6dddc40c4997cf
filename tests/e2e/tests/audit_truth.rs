//! `policygen audit` finds what is planted in generated accounts, and nothing else.

#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use e2e::binary;
use kit::{
    Code, Generated, LARGE, MIDDLE, RULE, SMALL, Size, account_with_trusted_roles, generate,
    liveness_accounts,
};
use serde_json::Value;

/// The codes of findings about the account as a whole. An account with enough approvers has none.
const ABOUT_THE_ACCOUNT: [&str; 3] =
    ["slot-without-approver", "no-valid-pair", "depends-on-one-person"];

struct Found {
    code: String,
    arn: String,
    witness: String,
}

fn audit(account: &Generated, rule: Option<&str>) -> Vec<Found> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("account.json");
    std::fs::write(&file, account.json()).unwrap();
    let mut command = Command::new(binary("policygen"));
    command.args(["audit", "--format", "json", "--account-file"]).arg(&file);
    if let Some(rule) = rule {
        let file = folder.path().join("rule.json");
        std::fs::write(&file, rule).unwrap();
        command.arg("--rule").arg(file);
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    // 10: findings; 0: none at or above an error.
    assert!(matches!(output.status.code(), Some(0 | 10)), "{:?}: {said}", output.status);
    let report: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
    let findings: Vec<Found> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|finding| {
            // An entry about several subjects names them all.
            let first = std::slice::from_ref(&finding["subject"]["arn"]);
            let subjects = finding["subjects"]["arns"].as_array().map_or(first, Vec::as_slice);
            subjects.iter().map(|arn| Found {
                code: finding["code"].as_str().unwrap().to_owned(),
                arn: arn.as_str().unwrap_or_default().to_owned(),
                witness: finding["witness"].as_str().unwrap_or_default().to_owned(),
            })
        })
        .collect();
    let errors =
        report["findings"].as_array().unwrap().iter().any(|finding| finding["severity"] == "error");
    assert_eq!(output.status.code(), Some(if errors { 10 } else { 0 }), "{said}");
    findings
}

/// The differences by scenario, one on each line. Empty if every code has a precision and a recall
/// of 1.
fn differences(account: &Generated, found: &[Found]) -> Vec<String> {
    let mut lines = Vec::new();
    for finding in found {
        let known = Code::ALL.iter().any(|code| code.as_str() == finding.code);
        if !known {
            lines.push(format!("not to be there: {} {}", finding.code, finding.arn));
        }
    }
    for code in Code::ALL {
        let there: BTreeSet<&str> = account
            .planted
            .iter()
            .filter(|planted| planted.code == code)
            .map(|planted| planted.arn.as_str())
            .collect();
        let seen: BTreeSet<&str> = found
            .iter()
            .filter(|finding| finding.code == code.as_str())
            .map(|finding| finding.arn.as_str())
            .collect();
        let right = there.intersection(&seen).count();
        println!(
            "{:<30} planted {:>4}, found {:>4}, right {right:>4}",
            code.as_str(),
            there.len(),
            seen.len()
        );
        let mut by_scenario: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
        for arn in there.difference(&seen) {
            by_scenario.entry((account.scenario_of(arn), "missed")).or_default().push(arn);
        }
        for arn in seen.difference(&there) {
            by_scenario.entry((account.scenario_of(arn), "too much")).or_default().push(arn);
        }
        for ((scenario, what), arns) in by_scenario {
            lines.push(format!(
                "{what}: {} in {scenario}, {} times, e.g. {}",
                code.as_str(),
                arns.len(),
                arns[0]
            ));
        }
    }
    for planted in &account.planted {
        let Some(witness) = &planted.witness else {
            continue;
        };
        let of_it =
            |finding: &&Found| finding.code == planted.code.as_str() && finding.arn == planted.arn;
        let witnesses: Vec<&str> =
            found.iter().filter(of_it).map(|finding| finding.witness.as_str()).collect();
        if !witnesses.is_empty() && !witnesses.iter().any(|found| found.contains(witness)) {
            lines.push(format!(
                "wrong witness in {}: {witnesses:?} lack {witness}",
                planted.scenario
            ));
        }
    }
    lines
}

fn finds_what_is_planted(size: Size, seeds: std::ops::Range<u64>) {
    let mut lines = Vec::new();
    for seed in seeds {
        println!("--- {} users, seed {seed}", size.users);
        let account = generate(size, seed);
        let mut found = audit(&account, None);
        // The developers of such accounts change functions, and planted roles of functions approve.
        found.retain(|finding| finding.code != Code::MayRunAsApprover.as_str());
        lines.extend(
            differences(&account, &found).into_iter().map(|line| format!("seed {seed}: {line}")),
        );
    }
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}

#[test]
fn in_accounts_of_60_users() {
    finds_what_is_planted(SMALL, 0..12);
}

#[test]
fn in_accounts_of_500_users() {
    finds_what_is_planted(MIDDLE, 0..2);
}

#[test]
fn in_an_account_of_5000_users() {
    finds_what_is_planted(LARGE, 1..2);
}

#[test]
fn in_accounts_of_one_scenario() {
    let accounts = kit::alone();
    let lines = accounts.iter().flat_map(|account| {
        let found = audit(account, None);
        assert!(!account.planted.is_empty());
        differences(account, &found)
    });
    let lines: Vec<String> = lines.collect();
    assert!(accounts.len() > 20);
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}

#[test]
fn releases_that_hang_on_too_few() {
    for case in liveness_accounts() {
        let codes: BTreeSet<String> =
            audit(&case.account, None).into_iter().map(|finding| finding.code).collect();
        let codes: BTreeSet<&str> = codes
            .iter()
            .map(String::as_str)
            .filter(|code| ABOUT_THE_ACCOUNT.contains(code))
            .collect();
        for code in case.found {
            assert!(codes.contains(code), "{}: {code} is not found, but {codes:?}", case.name);
        }
        for code in case.not_found {
            assert!(!codes.contains(code), "{}: {code} is found", case.name);
        }
    }
}

#[test]
fn trusted_roles_whose_session_names_callers_choose() {
    let account = account_with_trusted_roles();
    let about_names = |found: Vec<Found>| -> BTreeSet<String> {
        let of_it = |finding: &Found| finding.code == Code::SessionNameNotPinned.as_str();
        found.into_iter().filter(of_it).map(|finding| finding.arn).collect()
    };
    let planted: BTreeSet<String> =
        account.planted.iter().map(|planted| planted.arn.clone()).collect();
    assert_eq!(about_names(audit(&account, Some(RULE))), planted);
    assert_eq!(about_names(audit(&account, None)), BTreeSet::new(), "no rule, nobody trusted");
}
