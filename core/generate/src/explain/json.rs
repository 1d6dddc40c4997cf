//! Writes an explanation for programs. These structs are the format and change only with
//! `schemaVersion`.

use rule::{Key, Person, Reason};
use serde::Serialize;

use super::human::kind;
use super::{Count, Explained, Explanation};
use findings::pretty;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    schema_version: u32,
    #[serde(flatten)]
    known: CountReport<'a>,
    quorum: u32,
    /// The roles that the gate would ask IAM about.
    asked_roles: Vec<&'a str>,
    /// The count if IAM shows all of them under the reserved path. `null` if there are none.
    if_reserved: Option<CountReport<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CountReport<'a> {
    principals: Vec<PrincipalReport<'a>>,
    persons: Vec<PersonReport<'a>>,
    count_as_two: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PrincipalReport<'a> {
    arn: &'a str,
    kind: &'static str,
    proven_keys: Vec<String>,
    claimed_keys: Vec<String>,
    person: Option<String>,
    actions: Vec<ActionReport<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ActionReport<'a> {
    action: &'a str,
    counts: bool,
    reason: Option<ReasonReport<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReasonReport<'a> {
    code: String,
    message: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PersonReport<'a> {
    name: String,
    principals: Vec<&'a str>,
}

/// The explanation as JSON.
///
/// # Errors
/// If it cannot be written as JSON.
pub fn render(explanation: &Explanation) -> Result<String, serde_json::Error> {
    pretty(&Report {
        schema_version: 1,
        known: count(&explanation.known),
        quorum: explanation.quorum,
        asked_roles: explanation.asked.iter().map(String::as_str).collect(),
        if_reserved: explanation.if_reserved.as_ref().map(count),
    })
}

fn count(count: &Count) -> CountReport<'_> {
    let arn = |position: &usize| {
        let explained = count.principals.get(*position)?;
        Some(explained.principal.arn())
    };
    let persons = count.persons.iter().map(|person| PersonReport {
        name: person.name().to_string(),
        principals: person.members().iter().filter_map(arn).collect(),
    });
    let principals = count.principals.iter().enumerate();
    CountReport {
        principals: principals
            .map(|(position, explained)| {
                principal(explained, count.person(position).map(Person::name))
            })
            .collect(),
        persons: persons.collect(),
        count_as_two: count.as_two,
    }
}

fn principal<'a>(explained: &'a Explained, person: Option<&Key>) -> PrincipalReport<'a> {
    let written = |key: &Key| key.to_string();
    let reason = |reason: &'a Reason| ReasonReport {
        code: reason.code.to_string(),
        message: &reason.message,
    };
    let actions = explained.actions.iter().map(|(action, objection)| ActionReport {
        action,
        counts: objection.is_none(),
        reason: objection.as_ref().map(reason),
    });
    PrincipalReport {
        arn: explained.principal.arn(),
        kind: kind(explained.principal.kind()).0,
        proven_keys: explained.keys.proven().iter().map(written).collect(),
        claimed_keys: explained.keys.claimed().iter().map(written).collect(),
        person: person.map(written),
        actions: actions.collect(),
    }
}
