//! The report: for people, or for programs.

use std::fmt::Write as _;

use serde::Serialize;

use super::{Finding, Seen};

/// For people at a terminal.
pub(crate) fn text(findings: &[Finding]) -> String {
    let mut out = String::new();
    for Finding { fact, seen } in findings {
        let status = match seen {
            Seen::Holds(_) => "holds",
            Seen::Fails(_) => "DOES NOT HOLD",
            Seen::Unseen(_) => "not seen",
        };
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{:<22} {status}\n    {}", fact.as_str(), seen.words());
        if matches!(seen, Seen::Fails(_)) {
            let _ = writeln!(out, "    so: {}", fact.if_not());
        }
    }
    let count = |is: fn(&Seen) -> bool| findings.iter().filter(|finding| is(&finding.seen)).count();
    let _ = writeln!(
        out,
        "\n{} hold, {} do not, {} were not seen. This report holds no names; docs/facts.md says what each fact is.",
        count(|seen| matches!(seen, Seen::Holds(_))),
        count(|seen| matches!(seen, Seen::Fails(_))),
        count(|seen| matches!(seen, Seen::Unseen(_))),
    );
    out
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    schema_version: u32,
    facts: Vec<FactDocument<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FactDocument<'a> {
    fact: &'static str,
    status: &'static str,
    seen: &'a str,
    if_not: &'static str,
}

/// For programs, schema version 1.
///
/// # Errors
/// If memory cannot be written, which does not happen.
pub(crate) fn json(findings: &[Finding]) -> Result<String, serde_json::Error> {
    let facts = findings.iter().map(|finding| FactDocument {
        fact: finding.fact.as_str(),
        status: finding.seen.as_str(),
        seen: finding.seen.words(),
        if_not: finding.fact.if_not(),
    });
    let document = Document {
        schema_version: 1,
        facts: facts.collect(),
    };
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}
