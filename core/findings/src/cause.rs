//! Causes: findings that say the same, apart from the name of their subject. Thousands of users in
//! two groups are one cause.
//!
//! Only the names are left out of the comparison, so the words about one subject of a cause are
//! true of each.

use std::collections::HashMap;

use crate::Finding;
use crate::check::name_in;

/// The most findings that have an entry each in JSON and SARIF. If there are more, each cause has
/// one.
const MANY: usize = 100;

/// How much findings of one cause have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alike {
    /// What is wrong and what to do about it.
    InWords,
    /// The same, and the chain that leads to it.
    InAll,
}

/// The findings of each cause, in the order of the first of each.
pub(crate) fn causes(findings: &[Finding], alike: Alike) -> Vec<Vec<&Finding>> {
    grouped(findings, |finding| key(finding, alike))
}

/// What the entries of JSON and SARIF are about: one finding each, or one cause each if there are
/// many findings.
pub(crate) fn entries<T>(all: &[T], key: impl Fn(&T) -> String) -> Vec<Vec<&T>> {
    if all.len() > MANY { grouped(all, key) } else { all.iter().map(|one| vec![one]).collect() }
}

fn grouped<T>(all: &[T], key: impl Fn(&T) -> String) -> Vec<Vec<&T>> {
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut groups: Vec<Vec<&T>> = Vec::new();
    for one in all {
        let at = *known.entry(key(one)).or_insert(groups.len());
        match groups.get_mut(at) {
            Some(group) => group.push(one),
            None => groups.push(vec![one]),
        }
    }
    groups
}

/// Between the texts of a key.
const END: char = '\0';

/// A text that two findings share if they have one cause.
pub(crate) fn key(finding: &Finding, alike: Alike) -> String {
    let name = Name::new(finding);
    let mut key = String::new();
    key.push_str(finding.code);
    key.push_str(finding.severity.as_str());
    key.push_str(finding.gate.map_or("", crate::Gate::as_str));
    for text in [&finding.message, &finding.help] {
        key.push(END);
        name.leave_out(text, &mut key);
    }
    // Two places in files are two things to mend.
    if let Some(location) = &finding.location {
        key.push_str(&location.to_string());
        key.push(END);
        key.push_str(&finding.subject);
    }
    if alike == Alike::InAll {
        for link in &finding.evidence {
            let text = link.text.as_deref().unwrap_or_default();
            for text in [link.kind, &link.name, &link.detail, text] {
                key.push(END);
                name.leave_out(text, &mut key);
            }
        }
        key.push(END);
        name.leave_out(finding.witness.as_deref().unwrap_or_default(), &mut key);
    }
    key
}

/// A finding about another subject of the same cause.
#[must_use]
pub fn about_another(finding: &Finding, subject: String) -> Finding {
    let mut another = Finding { called: name_in(&subject).to_owned(), subject, ..finding.clone() };
    let mut message = String::new();
    Name::new(finding).leave_out(&finding.message, &mut message);
    for (form, stands_for) in &Name::new(&another).forms {
        message = message.replace(stands_for, form);
    }
    another.message = message;
    another
}

/// The message without the name of the subject.
pub(crate) fn words(finding: &Finding) -> String {
    let mut words = String::new();
    Name::new(finding).leave_out(&finding.message, &mut words);
    words.replace(['\u{1}', '\u{2}', '\u{3}'], "*")
}

/// What texts call the subject of a finding, each with what stands for it. The longest is first,
/// because it contains the others.
struct Name<'a> {
    called: &'a str,
    forms: [(String, &'static str); 3],
}

impl<'a> Name<'a> {
    fn new(finding: &'a Finding) -> Self {
        let Finding { subject, called, .. } = finding;
        let resource = subject.splitn(6, ':').nth(5).unwrap_or(subject);
        let forms = [
            (subject.clone(), "\u{1}"),
            (format!("`{resource}`"), "\u{2}"),
            (format!("`{called}`"), "\u{3}"),
        ];
        Self { called, forms }
    }

    /// Adds a text without the names. No name contains a control character, so two texts become
    /// equal only if they say the same.
    fn leave_out(&self, text: &str, key: &mut String) {
        if !text.contains(self.called) {
            key.push_str(text);
            return;
        }
        let mut text = text.to_owned();
        for (form, stands_for) in &self.forms {
            text = text.replace(form, stands_for);
        }
        key.push_str(&text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Check, Evidence, Severity};

    fn finding(name: &str, message: &str, chain: &str) -> Finding {
        let check = Check { code: "a-code", severity: Severity::Error, title: "", find: () };
        let subject = format!("arn:aws:iam::111122223333:user/{name}");
        let mut finding = check.finding(subject, message.to_owned(), "Help.".to_owned());
        finding.evidence = vec![Evidence::new("user", &finding.subject, chain)];
        finding
    }

    #[test]
    fn findings_are_one_cause_if_only_the_names_of_their_subjects_differ() {
        let all = [
            finding("ann", "`ann` may, as `user/ann`.", "acts"),
            finding("bob", "`bob` may, as `user/bob`.", "acts"),
            finding("cy", "`cy` may, as `user/cy`.", "acts by another policy"),
            // About somebody else.
            finding("dan", "`dan` may, as `user/ann`.", "acts"),
        ];
        let named = |alike| -> Vec<Vec<&str>> {
            let causes = causes(&all, alike).into_iter();
            causes.map(|cause| cause.iter().map(|it| it.called.as_str()).collect()).collect()
        };
        assert_eq!(named(Alike::InWords), [vec!["ann", "bob", "cy"], vec!["dan"]]);
        assert_eq!(named(Alike::InAll), [vec!["ann", "bob"], vec!["cy"], vec!["dan"]]);
    }
}
