//! The conditions of a template.

use super::document::{Node, Scalar};
use super::intrinsic::{Resolver, is_ambiguous};
use crate::pipeline::is_open;

impl Resolver<'_> {
    /// Whether a condition of the template holds. `None` if the template does not decide it; then
    /// the comparison that is not decided is open.
    pub(super) fn condition(&mut self, name: &str) -> Option<bool> {
        let template = self.template;
        match template.at(&["Conditions", name]) {
            Some(expression) => self.holds(expression, name),
            None => self.assume(name),
        }
    }

    fn holds(&mut self, expression: &Node, name: &str) -> Option<bool> {
        if !self.begin() {
            return self.assume(name);
        }
        let holds = self.evaluate(expression, name);
        self.end();
        holds
    }

    fn evaluate(&mut self, expression: &Node, name: &str) -> Option<bool> {
        let [(function, argument)] = expression.entries() else {
            return self.assume(name);
        };
        let parts = argument.items();
        match (function.as_str(), parts) {
            ("Condition", _) => match argument.as_str() {
                Some(other) => self.condition(other),
                None => self.assume(name),
            },
            ("Fn::Not", [part]) => self.holds(part, name).map(|holds| !holds),
            // Every part is looked at, so that everything that is open is known.
            ("Fn::And", parts) => {
                let parts: Vec<_> = parts.iter().map(|part| self.holds(part, name)).collect();
                match parts.contains(&Some(false)) {
                    true => Some(false),
                    false => parts.into_iter().collect::<Option<Vec<_>>>().map(|_| true),
                }
            }
            ("Fn::Or", parts) => {
                let parts: Vec<_> = parts.iter().map(|part| self.holds(part, name)).collect();
                match parts.contains(&Some(true)) {
                    true => Some(true),
                    false => parts.into_iter().collect::<Option<Vec<_>>>().map(|_| false),
                }
            }
            ("Fn::Equals", [left, right]) => self.equals(left, right, name),
            _ => self.assume(name),
        }
    }

    fn equals(&mut self, left: &Node, right: &Node, name: &str) -> Option<bool> {
        let written = [left, right];
        let (left, right) = (self.resolve(left), self.resolve(right));
        let (Some(left), Some(right)) =
            (left.as_ref().and_then(Node::scalar), right.as_ref().and_then(Node::scalar))
        else {
            return self.assume(name);
        };
        if left.text == right.text && !is_ambiguous(left) {
            return Some(true);
        }
        if left.is_decided && right.is_decided {
            return Some(false);
        }
        let (mut open, mut value) = (words(left, written[0]), words(right, written[1]));
        if left.is_decided {
            std::mem::swap(&mut open, &mut value);
        }
        // One value is never equal to two others.
        let equals_another = self.assumed.iter().any(|(comparison, holds)| {
            *holds
                && !is_open(&value)
                && comparison
                    .strip_prefix(&open)
                    .and_then(|rest| rest.strip_prefix(" = "))
                    .is_some_and(|other| other != value && !is_open(other))
        });
        if equals_another {
            return Some(false);
        }
        self.assume(&format!("{open} = {value}"))
    }

    /// What is assumed of something that the template does not decide.
    fn assume(&mut self, what: &str) -> Option<bool> {
        let assumed = self.assumed.get(what).copied();
        if assumed.is_none() {
            self.open.insert(what.to_owned());
        }
        assumed
    }
}

/// One side of a comparison, as an assumption names it. A function can give different values for
/// different arguments, so they are part of the name.
fn words(resolved: &Scalar, written: &Node) -> String {
    match is_ambiguous(resolved) {
        true => format!("${{{}}}", written.to_json()),
        false => resolved.text.clone(),
    }
}
