//! What each format makes of many findings of one cause, and of what somebody accepts.

#![cfg(test)]

use findings::style::{BAD, DOUBTFUL, GOOD};
use findings::{Acceptances, Answer, AnswerIs, Catalog, Check, Evidence, Finding, Report, Screen};
use findings::{Severity, github, human, junit, sarif};
use serde_json::{Value, json};

const fn check(code: &'static str, severity: Severity) -> Check {
    Check { code, severity, title: "Somebody may release", find: () }
}

const ERROR: Check = check("an-error", Severity::Error);
const NOTE: Check = check("a-note", Severity::Note);
const UNUSED: Check = check("not-found", Severity::Error);
const ACCEPTED: Check = check("only-accepted", Severity::Error);
const CATALOG: Catalog =
    Catalog { page: "docs/release.md", checks: &[NOTE, ERROR, UNUSED, ACCEPTED] };

const WIDE: Screen = Screen { width: 200, verbose: false };

fn arn(name: &str) -> String {
    format!("arn:aws:iam::111122223333:user/{name}")
}

/// A finding of one cause with those about other names.
fn found(check: Check, name: &str) -> Finding {
    check.finding(arn(name), format!("`{name}` may release."), "Deny it.".to_owned())
}

/// A finding that is a cause alone.
fn alone(name: &str) -> Finding {
    ERROR.finding(arn(name), format!("`{name}` may as {name}."), "Deny it.".to_owned())
}

fn report(findings: Vec<Finding>) -> Report {
    Report::new(findings, Vec::new(), "1 account".to_owned())
}

/// A report on findings, with those about this name accepted.
fn accepting(name: &str, reason: &str, findings: Vec<Finding>) -> Report {
    let entry = |check: &Check| {
        let (code, subject, expires) = (check.code, arn(name), "2999-12-31");
        json!({"code": code, "subject": subject, "reason": reason, "expires": expires})
    };
    let file: Vec<Value> = CATALOG.checks.iter().map(entry).collect();
    let acceptances = Acceptances::parse(&json!(file).to_string(), &[&CATALOG]).unwrap();
    let judged = acceptances.judge(findings, &CATALOG, "2026-01-01".parse().unwrap());
    Report::new(judged.open, judged.accepted, "1 account".to_owned())
}

/// A report for people, without colours.
fn plain(report: &Report, screen: Screen) -> String {
    human(report, screen).replace(&BAD.to_string(), "").replace(&format!("{BAD:#}"), "")
}

#[test]
fn the_answer_is_green_only_if_it_is_nobody_and_no_error_is_open() {
    for (is, findings, style) in [
        (AnswerIs::Nobody, vec![], GOOD),
        (AnswerIs::Nobody, vec![found(NOTE, "ann")], GOOD),
        (AnswerIs::Nobody, vec![found(ERROR, "ann")], DOUBTFUL),
        (AnswerIs::Undecided, vec![], DOUBTFUL),
        (AnswerIs::Somebody, vec![], BAD),
    ] {
        let answer = Answer { is, sentence: "The answer.".to_owned() };
        let shown = human(&report(findings).answering(Some(answer), Vec::new()), WIDE);
        let first = format!("{style}The answer.{style:#}\n");
        assert!(shown.starts_with(&first), "{is:?}: {shown:?}");
    }
}

#[test]
fn causes_after_the_fifth_of_a_code_are_counted_and_their_first_subjects_named() {
    let report = report(["a", "b", "c", "d", "e", "f", "g", "h"].map(alone).into());
    let line = "error[an-error]: 3 more causes about f, g and h; -v shows them.";
    let shown = plain(&report, WIDE);
    assert_eq!(shown.matches("error[an-error]: `").count(), 5, "{shown}");
    assert!(shown.contains(&format!("\n\n{line}\n\n8 errors")), "{shown}");

    // The line ends where the screen does.
    let width = line.len();
    let shown = plain(&report, Screen { width, verbose: false });
    assert!(shown.contains(&format!("\n{line}\n")), "{shown}");
    let shown = plain(&report, Screen { width: width - 1, verbose: false });
    assert!(shown.contains("g and h; -v shows\n  them.\n"), "{shown}");

    let all = plain(&report, Screen { verbose: true, ..WIDE });
    assert_eq!(all.matches("error[an-error]: `").count(), 8, "{all}");
    assert!(!all.contains("more cause"), "{all}");
}

#[test]
fn a_long_chain_is_cut_unless_only_one_link_would_be_left_out() {
    for (links, verbose, shown, last) in [
        (20, false, 20, "  → role r20: acts\n"),
        (21, false, 21, "  → role r21: acts\n"),
        (22, false, 20, "  → 2 more links; -v shows them\n"),
        (22, true, 22, "  → role r22: acts\n"),
    ] {
        let mut finding = found(ERROR, "ann");
        let link = |number| Evidence::new("role", format!("r{number}"), "acts");
        finding.evidence = (1..=links).map(link).collect();
        let page = plain(&report(vec![finding]), Screen { verbose, ..WIDE });
        assert_eq!(page.matches("  → role r").count(), shown, "{page}");
        assert!(page.contains(&format!("{last}  help: ")), "{page}");
    }
}

#[test]
fn annotations_and_test_cases_name_the_subjects_only_of_a_cause_with_several() {
    let line = "error: `ann` may release. (arn:aws:iam::111122223333:user/ann) Deny it.";
    let one = report(vec![found(ERROR, "ann")]);
    let annotation = line.replace("error: ", "::error title=an-error::");
    assert!(github(&one).starts_with(&format!("{annotation}\n")), "{}", github(&one));
    let cases = junit(&one, &CATALOG, Some(Severity::Error));
    assert!(cases.contains(&format!(">{line}</failure>")), "{cases}");

    let several = report(["ann", "bob"].map(|name| found(ERROR, name)).into());
    let of_both = |line: &str| line.replace("release. (", "release. About ann and bob. (");
    let annotations = github(&several);
    assert!(annotations.starts_with(&format!("{}\n", of_both(&annotation))), "{annotations}");
    let cases = junit(&several, &CATALOG, Some(Severity::Error));
    assert!(cases.contains(&format!(">{}</failure>", of_both(line))), "{cases}");
}

#[test]
fn a_check_is_skipped_only_if_all_that_it_found_is_accepted() {
    let report = accepting(
        "ann",
        "R-17",
        vec![
            found(ERROR, "ann"),
            found(ERROR, "bob"),
            found(NOTE, "ann"),
            found(NOTE, "bob"),
            found(ACCEPTED, "ann"),
        ],
    );
    let bob = "`bob` may release. (arn:aws:iam::111122223333:user/bob) Deny it.";
    let expected = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="policygen" tests="4" failures="1" skipped="1">
  <testsuite name="policygen release" errors="0" tests="4" failures="1" skipped="1">
    <testcase classname="release" name="a-note">
      <system-out>note: {bob}</system-out>
    </testcase>
    <testcase classname="release" name="an-error">
      <failure type="an-error" message="Somebody may release: 1 finding">error: {bob}</failure>
    </testcase>
    <testcase classname="release" name="not-found"/>
    <testcase classname="release" name="only-accepted">
      <skipped message="arn:aws:iam::111122223333:user/ann until 2999-12-31: R-17"/>
    </testcase>
  </testsuite>
</testsuites>
"#
    );
    assert_eq!(junit(&report, &CATALOG, Some(Severity::Error)), expected);
}

#[test]
fn characters_that_xml_cannot_hold_are_replaced_in_junit() {
    let reason = "see\u{1} \u{1b}[2J \u{fffe}\u{ffff} R-17\nand é 🙂";
    let report = accepting("ann", reason, vec![found(ACCEPTED, "ann")]);
    let cases = junit(&report, &CATALOG, Some(Severity::Error));
    let written = "see\u{fffd} \u{fffd}[2J \u{fffd}\u{fffd} R-17\nand é 🙂\"/>";
    assert!(cases.contains(written), "{cases:?}");
}

#[test]
fn a_sarif_result_of_several_says_how_many_and_its_fingerprint_names_none_of_them() {
    let results = |numbers: std::ops::Range<usize>| -> Vec<Value> {
        let names = numbers.map(|number| format!("u{number}"));
        let findings = names.flat_map(|name| {
            let rotates = ERROR.finding(arn(&name), "It rotates keys.".into(), "Stop.".into());
            [found(ERROR, &name), rotates]
        });
        let log = sarif(&report(findings.collect()), &CATALOG).unwrap();
        let mut log: Value = serde_json::from_str(&log).unwrap();
        serde_json::from_value(log["runs"][0]["results"].take()).unwrap()
    };
    let of = |results: &[Value], key: &str| -> Vec<Value> {
        results.iter().map(|result| result.pointer(key).unwrap().clone()).collect()
    };
    let found = results(100..160);
    let texts = [
        "It rotates keys. The same is true of 59 more subjects. Stop.",
        "`u100` may release. The same is true of 59 more subjects. Deny it.",
    ];
    assert_eq!(of(&found, "/message/text"), texts);
    let fingerprint = "/partialFingerprints/primaryLocationLineHash";
    assert_eq!(of(&found, fingerprint), ["an-error It rotates keys.", "an-error * may release."]);
    // The first of them is settled, and it is still the same result.
    assert_eq!(of(&results(101..160), fingerprint), of(&found, fingerprint));
}
