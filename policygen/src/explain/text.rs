//! An explanation for people.

use std::fmt::Write as _;

use rule::{Key, PrincipalKind};

use super::{Explained, Explanation};
use crate::output::shown;

pub(crate) fn render(explanation: &Explanation) -> String {
    let mut out = String::new();
    for (position, explained) in explanation.principals.iter().enumerate() {
        principal(&mut out, explained, person_of(explanation, position));
        out.push('\n');
    }
    let count = explanation.persons.len();
    let names: Vec<String> = explanation
        .persons
        .iter()
        .map(|person| person.name().to_string())
        .collect();
    let listed = if names.is_empty() {
        String::new()
    } else {
        format!(": {}", names.join(", "))
    };
    let noun = if count == 1 { "person" } else { "persons" };
    let _ = writeln!(out, "{count} {noun}{listed}; the rule requires {}", explanation.quorum);
    if explanation.principals.len() > 1 {
        let answer = match (explanation.count_as_two, count) {
            (true, _) => "they would count as two",
            (false, 0 | 1) => "they would not count as two",
            (false, _) => "they would not count as two: they would count in one and the same action only",
        };
        let _ = writeln!(out, "{answer}");
    }
    out
}

/// The name of the person that a principal becomes.
pub(super) fn person_of(explanation: &Explanation, position: usize) -> Option<&Key> {
    let mut persons = explanation.persons.iter();
    persons
        .find(|person| person.members().contains(&position))
        .map(|person| person.name())
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
            let why = if own {
                "its best proven key"
            } else {
                "joined by a key that it shares"
            };
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

/// A kind of principal: for programs, and for people.
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
        Key::Handle(_) => "the name up to its `@`",
        Key::User { .. } => "the user itself",
        Key::Traced(_) => "a trail of its session",
        Key::Role { .. } => "the role, which all its sessions share",
    }
}
