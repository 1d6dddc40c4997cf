//! Which principals are one human.

use std::collections::{BTreeMap, BTreeSet};

use names::{Arn, ForgeUser};

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
    let is_any_added = added.iter().any(|(_, patterns)| of_aws(patterns).next().is_some());
    let doubt = doubt_of_added(old, new, &added);
    for (name, patterns) in &added {
        let texts = listed(of_aws(patterns).map(PrincipalPattern::text));
        if !texts.is_empty() {
            let message = match old.people().contains_key(*name) {
                true => format!("`{name}` is also {texts}"),
                false => format!("`{name}` is one person: {texts}"),
            };
            compared.tightens_unless(doubt.as_deref(), KEY, &message);
        }
        added_of_forges(compared, name, patterns);
    }
    for (name, patterns) in &gone {
        let texts = listed(of_aws(patterns).map(PrincipalPattern::text));
        let is_whole = !new.people().contains_key(*name);
        if is_whole || !texts.is_empty() {
            let message = match is_whole {
                true => format!("`{name}` is no longer one of `people`"),
                false => format!("`{name}` is no longer {texts}"),
            };
            let doubt = match is_any_added {
                true => Some("other entries are new, so this cannot be decided"),
                false => doubt_of_gone(old, new, name, patterns),
            };
            compared.tightens_unless(doubt, KEY, &message);
        }
        gone_of_forges(compared, name, patterns);
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

fn of_aws<'p>(patterns: &'p Patterns<'_>) -> impl Iterator<Item = &'p PrincipalPattern> {
    patterns.values().copied().filter(|pattern| pattern.forge_user().is_none())
}

fn of_forges<'p>(patterns: &'p Patterns<'_>) -> impl Iterator<Item = &'p ForgeUser> {
    patterns.values().filter_map(|pattern| pattern.forge_user())
}

/// Why more principals of a person may do more than join persons.
fn doubt_of_added(old: &Rule, new: &Rule, added: &[(&str, Patterns<'_>)]) -> Option<String> {
    let patterns = added.iter().flat_map(|(_, patterns)| of_aws(patterns));
    let mut names = patterns.filter_map(PrincipalPattern::human_name);
    let doubt = if old.only_people() {
        "only people that the rule names count, so there may be one more"
    } else if old.rostered_actions().next().is_some() {
        "the roster depends on it, so this cannot be decided"
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
    let gone: BTreeSet<_> = of_aws(patterns).map(|pattern| about(pattern.text())).collect();
    let may_be_excluded = (old.excludes_initiator() && new.excludes_initiator())
        || (old.excludes_authors() && new.excludes_authors());
    let handles = new.handles(name);
    let mut rostered = new.roster().entries().values().flatten();
    if !new.only_people() && !gone.is_empty() {
        Some("these principals may still count, as somebody else")
    } else if left.any(|about| gone.contains(&about)) {
        Some("another entry may match these principals")
    } else if new.has_signing_keys() {
        Some("these principals may now send what somebody else signed")
    } else if !is_whole && may_be_excluded {
        Some("if they start or write something, the person may count in it")
    } else if is_whole && rostered.any(|entry| !handles.is_disjoint(&new.handles(entry))) {
        Some("the roster has the name, which now stands for anybody with that handle")
    } else {
        None
    }
}

/// Nobody counts if an author may be anybody. So to know an author lets the others count.
fn added_of_forges(compared: &mut Compared<'_>, name: &str, patterns: &Patterns<'_>) {
    let excludes = compared.old.excludes_authors() && compared.new.excludes_authors();
    let doubt = excludes.then_some("what this user writes keeps only that person from counting");
    for user in of_forges(patterns) {
        compared.tightens_unless(doubt, KEY, &format!("`{name}` is also `{user}`"));
    }
}

fn gone_of_forges(compared: &mut Compared<'_>, name: &str, patterns: &Patterns<'_>) {
    let (old, new) = (compared.old, compared.new);
    let excludes = old.excludes_authors() && new.excludes_authors();
    for user in of_forges(patterns) {
        // A login and a number can mean one user.
        let may_mean = |other: &ForgeUser| {
            other.forge() == user.forge() && other.id().is_some() != user.id().is_some()
        };
        let mut left = new.people().values().flatten().filter_map(PrincipalPattern::forge_user);
        let doubt = (excludes && left.any(may_mean))
            .then_some("another entry may name this user, so this cannot be decided");
        compared.tightens_unless(doubt, KEY, &format!("`{name}` is no longer `{user}`"));
    }
}
