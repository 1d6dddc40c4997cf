//! The report, for people and for programs. Neither contains a name.

use std::fmt::Write as _;

use serde::Serialize;

use super::{Answer, Verdict};
use findings::{link, pretty};

/// The page that explains the facts.
const PAGE: &str = "docs/facts.md";

/// The report for people: a line for each fact, and two more if it does not hold.
pub fn text(answers: &[Answer]) -> String {
    let mut out = String::new();
    let width = answers.iter().map(|answer| answer.fact.id.len()).max().unwrap_or_default();
    for Answer { fact, verdict, seen } in answers {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{:<13}  {:<width$}  {}", verdict.words(), fact.id, seen.as_str());
        if *verdict == Verdict::DoesNotHold {
            let _ = writeln!(out, "               we assume: {}", fact.says);
            let _ = writeln!(
                out,
                "               because it does not hold: {} ({PAGE}#{})",
                fact.if_not, fact.id
            );
        }
    }
    let count = |verdict| answers.iter().filter(|answer| answer.verdict == verdict).count();
    let _ = writeln!(
        out,
        "\n{} hold, {} do not hold, {} not seen here, {} not tested. {PAGE} explains each.\n\
         The report contains no name, ARN, id or account number: you can send it to us.",
        count(Verdict::Holds),
        count(Verdict::DoesNotHold),
        count(Verdict::NotSeen),
        count(Verdict::NotTested),
    );
    out
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    schema_version: u32,
    facts: Vec<FactReport<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FactReport<'a> {
    fact: &'a str,
    verdict: &'a str,
    seen: &'a str,
    says: &'a str,
    if_not: &'a str,
    documentation: String,
}

/// The report for programs, schema version 1.
///
/// # Errors
/// [`serde_json::Error`] if serialization fails.
pub fn json(answers: &[Answer]) -> Result<String, serde_json::Error> {
    let facts = answers.iter().map(|answer| FactReport {
        fact: answer.fact.id,
        verdict: answer.verdict.as_str(),
        seen: answer.seen.as_str(),
        says: answer.fact.says,
        if_not: answer.fact.if_not,
        documentation: link(&format!("{PAGE}#{}", answer.fact.id)),
    });
    pretty(&Report { schema_version: 1, facts: facts.collect() })
}
