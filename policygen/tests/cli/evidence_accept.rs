//! `policygen evidence`: accepted exceptions, and exceptions as SARIF.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::checker::{days_from_now, file, text};
use crate::history::{Saved, execution};
use crate::program::{Ran, policygen};

/// The subject of the exceptions of the only execution. Files do not say its region.
const SUBJECT: &str =
    "arn:aws:codepipeline:*:111122223333:payments/execution/11111111-1111-4111-8111-111111111111";

fn entry(subject: &str, expires: &str) -> Value {
    json!({"code": "no-gate", "subject": subject, "reason": "R-17", "expires": expires})
}

/// A release without a gate, with these entries in the accept file.
fn released(entries: &Value, format: &str) -> Ran {
    let accept = file(entries);
    let directory = TempDir::new().unwrap();
    let [executions, actions] = execution().write(&directory);
    policygen(&[
        "evidence",
        "--pipeline=payments",
        "--gate-function=our-gate",
        "--input",
        &executions,
        "--input",
        &actions,
        "--accept",
        text(accept.path()),
        "--format",
        format,
    ])
}

fn exceptions(ran: &Ran) -> Value {
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    report["executions"][0]["exceptions"].clone()
}

#[test]
fn an_accepted_exception_is_shown_with_its_reason_and_does_not_fail() {
    let tomorrow = days_from_now(1);
    for subject in [SUBJECT, "arn:*:payments/execution/*"] {
        let ran = released(&json!([entry(subject, &tomorrow)]), "json");
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let found = exceptions(&ran);
        assert_eq!(found[0]["code"], "no-gate");
        assert_eq!(found[0]["accepted"], json!({"reason": "R-17", "expires": tomorrow}));
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(
            (&report["schemaVersion"], &report["summary"]["exceptional"]),
            (&json!(1), &json!(0))
        );
    }
    let accepted = format!("accepted until {tomorrow}: R-17");
    for format in ["human", "csv", "html"] {
        let ran = released(&json!([entry(SUBJECT, &tomorrow)]), format);
        assert_eq!(ran.code, 0, "{format}: {}", ran.stderr);
        assert!(ran.stdout.contains(&accepted), "{format}: {}", ran.stdout);
    }
}

#[test]
fn an_execution_is_accepted_only_for_what_an_auditor_has_to_look_at() {
    let mut saved = execution();
    saved.actions.retain(|action| action["actionName"] != "Deploy");
    saved.executions[0]["status"] = json!("Failed");
    let gate = saved.action("Gate");
    gate["status"] = json!("Failed");
    gate["output"] = json!({"executionResult": {"errorDetails": {"code": "SystemUnavailable"}}});
    let mut note = entry(SUBJECT, &days_from_now(1));
    note["code"] = json!("gate-failed");
    let accept = file(&json!([note]));
    let ran = crate::evidence::alone(&saved, &["--accept", text(accept.path())]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["executions"][0]["exceptions"][0]["accepted"]["reason"], "R-17");
    assert_eq!((&report["summary"]["accepted"], ran.code), (&json!(0), 0));
}

fn reviewed(expires: &str) -> Value {
    let mut entry = entry(SUBJECT, expires);
    entry["ticket"] = json!("INC-204");
    entry["reviewer"] = json!("alice and erin");
    json!([entry])
}

#[test]
fn a_justified_exception_shows_its_ticket_and_its_reviewer_in_every_format() {
    let tomorrow = days_from_now(1);
    let words =
        format!("accepted until {tomorrow}: R-17 (ticket INC-204, reviewed by alice and erin)");
    for format in ["human", "csv", "html"] {
        let ran = released(&reviewed(&tomorrow), format);
        assert_eq!(ran.code, 0, "{format}: {}", ran.stderr);
        assert!(ran.stdout.contains(&words), "{format}: {}", ran.stdout);
        assert!(format == "csv" || ran.stdout.contains("no-gate, accepted"), "{format}");
    }
    let csv = released(&reviewed(&tomorrow), "csv").stdout;
    // Four columns about authors and reviews follow.
    let accepted: Vec<&str> = csv.lines().map(|line| line.rsplit(',').nth(4).unwrap()).collect();
    assert_eq!(accepted, ["accepted", "yes"]);
    let disposition = json!({"reason": "R-17", "ticket": "INC-204", "reviewer": "alice and erin",
        "expires": tomorrow});
    assert_eq!(exceptions(&released(&reviewed(&tomorrow), "json"))[0]["accepted"], disposition);
    let sarif: Value =
        serde_json::from_str(&released(&reviewed(&tomorrow), "sarif").stdout).unwrap();
    let suppression = &sarif["runs"][0]["results"][0]["suppressions"][0];
    assert_eq!(
        suppression["properties"],
        json!({"expires": tomorrow, "reviewer": "alice and erin", "ticket": "INC-204"})
    );
}

#[test]
fn the_answer_stays_no_and_counts_justified_exceptions_apart() {
    let sentence = |entries: &Value, saved: &Saved| {
        let accept = file(entries);
        let directory = TempDir::new().unwrap();
        let [executions, actions] = saved.write(&directory);
        let ran = policygen(&[
            "evidence",
            "--pipeline=payments",
            "--gate-function=our-gate",
            "--input",
            &executions,
            "--input",
            &actions,
            "--accept",
            text(accept.path()),
            "--format=json",
        ]);
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(report["answer"]["answer"], "no");
        (ran.code, report["answer"]["sentence"].as_str().unwrap().to_owned())
    };
    let two = crate::history::released("22222222-2222-4222-8222-222222222222", 1);
    let (one, both) = (execution(), execution().with(two));
    let tomorrow = days_from_now(1);
    let everything = json!([entry("arn:*", &tomorrow)]);
    for (entries, saved, code, words) in [
        (json!([]), &one, 10, "No: the only release was not approved by two people."),
        (
            json!([entry(SUBJECT, &tomorrow)]),
            &one,
            0,
            "No: the only release was not approved by two people; it is a justified exception.",
        ),
        (
            json!([entry(SUBJECT, &tomorrow)]),
            &both,
            10,
            "No: 2 of 2 releases were not approved by two people; 1 of them is a justified \
             exception.",
        ),
        (
            everything,
            &both,
            0,
            "No: 2 of 2 releases were not approved by two people; all of them are justified \
             exceptions.",
        ),
    ] {
        assert_eq!(sentence(&entries, saved), (code, words.to_owned()));
    }
}

#[test]
fn an_exception_is_open_without_an_entry_that_is_valid_today() {
    for entries in [
        json!([]),
        json!([entry(SUBJECT, &days_from_now(-1))]),
        json!([entry("arn:aws:codepipeline:*:111122223333:payments", &days_from_now(1))]),
        json!([entry(
            "arn:aws:codepipeline:*:111122223333:refunds/execution/*",
            &days_from_now(1)
        )]),
    ] {
        let ran = released(&entries, "json");
        assert_eq!(ran.code, 10, "{entries}");
        assert_eq!(exceptions(&ran)[0].get("accepted"), None, "{entries}");
    }
    let yesterday = days_from_now(-1);
    let expired = format!("acceptance expired after {yesterday}: R-17");
    for format in ["human", "csv", "html"] {
        let ran = released(&json!([entry(SUBJECT, &yesterday)]), format);
        assert_eq!(ran.code, 10, "{format}: {}", ran.stderr);
        assert!(ran.stdout.contains(&expired), "{format}: {}", ran.stdout);
    }
    let ran = released(&json!([entry(SUBJECT, &yesterday)]), "json");
    let ended = json!({"reason": "R-17", "expires": yesterday});
    assert_eq!(exceptions(&ran)[0]["acceptanceExpired"], ended);
    let ran = released(&reviewed(&yesterday), "sarif");
    assert!(ran.stdout.contains(&format!("expired after {yesterday}")), "{}", ran.stdout);
    assert!(ran.stdout.contains("R-17 (ticket INC-204, reviewed by alice and erin)"));
    let other = "arn:aws:codepipeline:*:111122223333:refunds/execution/*";
    let ran = released(&json!([entry(other, &days_from_now(1))]), "json");
    assert!(
        ran.stderr.contains(&format!("`{other}` is accepted and was not found")),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_broken_accept_file_is_refused() {
    let mut unknown = entry(SUBJECT, "2999-12-31");
    unknown["code"] = json!("no-gait");
    for (entries, reason) in [
        (json!([unknown]), "`no-gait` is not a code"),
        (json!([entry("payments", "2999-12-31")]), "`payments` is not an ARN"),
        (json!([entry(SUBJECT, "never")]), "`never` is not a day"),
    ] {
        let ran = released(&entries, "json");
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{entries}");
        assert!(ran.stderr.contains(reason), "{entries}: {}", ran.stderr);
    }
}

#[test]
fn exceptions_are_reported_as_sarif() {
    let open = released(&json!([]), "sarif");
    assert_eq!(open.code, 10);
    let sarif: Value = serde_json::from_str(&open.stdout).unwrap();
    let run = &sarif["runs"][0];
    assert_eq!(run["properties"]["checked"], "1 execution of `payments`");
    let result = &run["results"][0];
    assert_eq!((&result["ruleId"], &result["level"]), (&json!("no-gate"), &json!("error")));
    let location = &result["locations"][0]["logicalLocations"][0];
    assert_eq!(location["fullyQualifiedName"], SUBJECT);
    assert_eq!(result["suppressions"], json!([]));
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), 22);
    let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(rules[index]["id"], "no-gate");

    let tomorrow = days_from_now(1);
    let accepted = released(&json!([entry(SUBJECT, &tomorrow)]), "sarif");
    assert_eq!(accepted.code, 0);
    let sarif: Value = serde_json::from_str(&accepted.stdout).unwrap();
    let suppression = &sarif["runs"][0]["results"][0]["suppressions"][0];
    assert_eq!(suppression["justification"], "R-17");
    assert_eq!(suppression["properties"]["expires"], tomorrow);
}
