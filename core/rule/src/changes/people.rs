//! Which principals are one human.

use std::collections::{BTreeMap, BTreeSet};

use names::Arn;

use super::change::{Compared, listed};
use crate::pattern::PrincipalPattern;
use crate::rule::Rule;

const KEY: &str = "people";

/// The patterns of one person that only one of the rules has, by what they mean.
type Patterns<'a> = BTreeMap<String, &'a PrincipalPattern>;

pub(super) fn compare(compared: &mut Compared<'_>) {
    let (old, new) = (compared.old, compared.new);
    let names: BTreeSet<&str> = old.people_names().chain(new.people_names()).collect();
    let added: Vec<_> = names.iter().map(|name| (*name, only_in_first(new, old, name))).collect();
    let gone: Vec<_> = names.iter().map(|name| (*name, only_in_first(old, new, name))).collect();
    let doubt = doubt_of_added(old, new, &added);
    let is_any_added = added.iter().any(|(_, patterns)| !patterns.is_empty());
    for (name, patterns) in added.iter().filter(|(_, patterns)| !patterns.is_empty()) {
        let texts = listed(patterns.values().map(|pattern| pattern.text()));
        let message = match old.people().contains_key(*name) {
            true => format!("`{name}` is also {texts}"),
            false => format!("`{name}` is one person: {texts}"),
        };
        compared.tightens_unless(doubt.as_deref(), KEY, &message);
    }
    for (name, patterns) in gone.iter().filter(|(_, patterns)| !patterns.is_empty()) {
        let message = match new.people().contains_key(*name) {
            true => {
                let texts = listed(patterns.values().map(|pattern| pattern.text()));
                format!("`{name}` is no longer {texts}")
            }
            false => format!("`{name}` is no longer one of `people`"),
        };
        let doubt = match is_any_added {
            true => Some("other entries are new, so this cannot be decided"),
            false => doubt_of_gone(old, new, name, patterns),
        };
        compared.tightens_unless(doubt, KEY, &message);
    }
}

/// The patterns of a person in one rule that the other rule does not have for that person.
fn only_in_first<'a>(first: &'a Rule, second: &'a Rule, name: &str) -> Patterns<'a> {
    let of = |rule: &'a Rule| -> Patterns<'a> {
        let patterns = rule.people().get(name).into_iter().flatten();
        patterns.map(|pattern| (meaning(pattern), pattern)).collect()
    };
    let known = of(second);
    let mut only = of(first);
    only.retain(|meaning, _| !known.contains_key(meaning));
    only
}

/// Two patterns with the same text here match the same principals. Case and a user's path mean
/// nothing.
fn meaning(pattern: &PrincipalPattern) -> String {
    let text = pattern.text().to_lowercase();
    let Some(Arn { partition, service: "iam", account, resource, .. }) = Arn::parse(&text) else {
        return text;
    };
    let kind = resource.split('/').next().unwrap_or_default();
    let name = resource.rsplit('/').next().unwrap_or_default();
    format!("{partition}:{account}:{kind}:{name}")
}

/// Why more principals of a person may do more than join persons.
fn doubt_of_added(old: &Rule, new: &Rule, added: &[(&str, Patterns<'_>)]) -> Option<String> {
    let patterns = added.iter().flat_map(|(_, patterns)| patterns.values());
    let mut names = patterns.filter_map(|pattern| pattern.human_name());
    let doubt = if old.only_people() {
        "only people that the rule names count, so there may be one more"
    } else if old.rostered_actions().next().is_some() {
        "who is on the roster depends on it, so this cannot be decided"
    } else if old.has_signing_keys() || new.has_signing_keys() {
        "whose signatures a principal may send depends on it, so this cannot be decided"
    } else if names.any(|name| new.handles(name).is_empty()) {
        "a name without a handle belonged to nobody"
    } else {
        let split = new.splits().pop_first()?;
        return Some(format!(
            "`{}` and `{}` share the handle `{}`, and are two people by `people`",
            split.first, split.second, split.handle
        ));
    };
    Some(doubt.to_owned())
}

/// Why fewer principals of a person may do more than keep them from counting.
fn doubt_of_gone(
    old: &Rule,
    new: &Rule,
    name: &str,
    patterns: &Patterns<'_>,
) -> Option<&'static str> {
    /// The principals that a pattern matches have this kind and this name.
    fn about(pattern: &str) -> (bool, String) {
        let name = pattern.rsplit('/').next().unwrap_or_default();
        (pattern.contains(":assumed-role/"), name.to_lowercase())
    }
    let is_whole = !new.people().contains_key(name);
    let mut left = new.people().values().flatten().map(|pattern| about(pattern.text()));
    let gone: BTreeSet<_> = patterns.values().map(|pattern| about(pattern.text())).collect();
    let handles = new.handles(name);
    let mut rostered = new.roster().entries().values().flatten();
    if !new.only_people() {
        Some("these principals may still count, as somebody else")
    } else if left.any(|about| gone.contains(&about)) {
        Some("another entry may match these principals")
    } else if new.has_signing_keys() {
        Some("these principals may now send what somebody else signed")
    } else if !is_whole && old.excludes_initiator() && new.excludes_initiator() {
        Some("if they start an execution, the person may count in it")
    } else if is_whole && rostered.any(|entry| !handles.is_disjoint(&new.handles(entry))) {
        Some("the roster has the name, which now stands for anybody with that handle")
    } else {
        None
    }
}
