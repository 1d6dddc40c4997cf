//! Writes an explanation for people.

use std::fmt::Write as _;

use rule::{Key, Person, PrincipalKind, RESERVED_PATH};

use super::{Count, Explained, Explanation};
use names::shown;

/// The explanation as plain text.
pub fn render(explanation: &Explanation) -> String {
    let mut out = String::new();
    let known = &explanation.known;
    for (position, explained) in known.principals.iter().enumerate() {
        principal(&mut out, explained, known.person(position).map(Person::name));
        if let Some(role) =
            explained.principal.role().filter(|role| explanation.asked.contains(*role))
        {
            asked(&mut out, role, explanation, position);
        }
        out.push('\n');
    }
    total(&mut out, known, explanation.quorum);
    if let Some(if_reserved) = &explanation.if_reserved {
        let roles: Vec<&str> = explanation.asked.iter().map(String::as_str).collect();
        let _ =
            writeln!(out, "\nif IAM shows {} under {RESERVED_PATH}:", shown(&roles.join(" and ")));
        total(&mut out, if_reserved, explanation.quorum);
        out.push_str("give --account-file to find out which of these roles are there\n");
    }
    out
}

/// Writes how many persons there are, and whether they would count as two.
fn total(out: &mut String, of: &Count, quorum: u32) {
    let count = of.persons.len();
    let names: Vec<String> = of.persons.iter().map(|person| person.name().to_string()).collect();
    let listed = if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
    let noun = if count == 1 { "person" } else { "persons" };
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{count} {noun}{listed}; the rule requires {quorum}");
    if of.principals.len() > 1 {
        let answer = match (of.as_two, count) {
            (true, _) => "they would count as two",
            (false, 0 | 1) => "they would not count as two",
            (false, _) => "they would not count as two: they would count in the same action only",
        };
        let _ = writeln!(out, "{answer}");
    }
}

/// Writes what the gate would ask IAM, and what follows if IAM says yes.
fn asked(out: &mut String, role: &str, explanation: &Explanation, position: usize) {
    let person = explanation.if_reserved.as_ref().and_then(|count| count.person(position));
    let then = match person {
        Some(person) => format!("the person is {}", person.name()),
        None => "it is still nobody".to_owned(),
    };
    let _ = writeln!(
        out,
        "  asks     IAM, as the gate would, about the role {}: if it is under {RESERVED_PATH}, \
         {then}",
        shown(role)
    );
}

fn principal(out: &mut String, explained: &Explained, person: Option<&Key>) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{}", shown(explained.principal.arn()));
    let _ = writeln!(out, "  kind     {}", kind(explained.principal.kind()).1);
    for key in explained.keys.proven() {
        let _ = writeln!(out, "  key      {key} (proven: {})", meaning(key));
    }
    for key in explained.keys.claimed() {
        let _ = writeln!(
            out,
            "  key      {key} (claimed: the caller chose the name, so it joins and proves nothing)"
        );
    }
    match (person, explained.objection()) {
        (Some(person), _) => {
            let own = explained.keys.proven().contains(person);
            let why = if own { "its best proven key" } else { "joined by a key that it shares" };
            let _ = writeln!(out, "  person   {person} ({why})");
        }
        (None, Some(objection)) => {
            let _ = writeln!(out, "  person   nobody ({})", objection.code);
            let _ = writeln!(out, "  why      {}", shown(&objection.message));
        }
        (None, None) => {
            let _ = writeln!(out, "  person   nobody");
        }
    }
    if person.is_some() {
        for (action, objection) in &explained.actions {
            if let Some(objection) = objection {
                let _ = writeln!(out, "  but not  in {action} ({})", objection.code);
            }
        }
    }
}

/// The kind of a principal, for programs and for people.
pub(super) fn kind(kind: &PrincipalKind) -> (&'static str, &'static str) {
    match kind {
        PrincipalKind::User { .. } => ("user", "IAM user"),
        PrincipalKind::Session { .. } => ("session", "session of a role"),
        PrincipalKind::Role { .. } => ("role", "role without a session"),
        PrincipalKind::Root => ("root", "root user of an account"),
        PrincipalKind::FederatedUser => ("federated-user", "federated user"),
        PrincipalKind::Service => ("service", "AWS service"),
        PrincipalKind::Unknown => ("unknown", "not the ARN of a principal"),
    }
}

fn meaning(key: &Key) -> &'static str {
    match key {
        Key::Person(_) => "an entry of the rule's `people`",
        Key::Handle(_) => "the name up to its `@`, or the name of its entry in `people`",
        Key::User { .. } => "the user itself",
        Key::Traced(_) => "the trail of its session",
        Key::Role { .. } => "the role, which all its sessions share",
    }
}
