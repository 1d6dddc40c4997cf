//! Handles: the part of a user or session name that stays the same for one human in all accounts.

use std::collections::BTreeSet;

use crate::key::Key;

/// A prefix or suffix that is removed from handles before they are compared, such as `-admin`. It
/// begins or ends with a separator: a suffix begins with one, a prefix ends with one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Affix(String);

impl Affix {
    /// The affixes of a rule without `handleAffixes`.
    pub(crate) fn defaults() -> BTreeSet<Self> {
        ["-admin", "admin-", "-adm", "adm-"].map(|affix| Self(affix.to_owned())).into()
    }

    /// # Errors
    /// What is wrong with the affix: it has no letter or digit, or it has a separator at both ends
    /// or at neither.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let is_separator = |c: char| "-_.=,+".contains(c);
        let separated = text.starts_with(is_separator) != text.ends_with(is_separator);
        let inner = text.trim_matches(is_separator);
        if separated
            && !inner.is_empty()
            && inner.chars().all(|c| c.is_ascii_alphanumeric() || is_separator(c))
        {
            return Ok(Self(text.to_lowercase()));
        }
        Err(format!(
            "`{text}` must either begin or end with a separator: write it like `-admin` or `admin-`"
        ))
    }

    /// The affix as the rule has it, in lower case.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// The rest of the handle, if it has this affix and something else.
    fn strip<'h>(&self, handle: &'h str) -> Option<&'h str> {
        let is_prefix = self.0.ends_with(|c: char| !c.is_ascii_alphanumeric());
        let rest = if is_prefix {
            handle.strip_prefix(self.0.as_str())
        } else {
            handle.strip_suffix(self.0.as_str())
        };
        rest.filter(|rest| !rest.is_empty())
    }
}

/// The handles of a user or session name: the part before the `@`, lower-cased, without a `+tag`
/// and without affixes. Empty if there is nothing before the `@`.
///
/// A name that consists of affixes only, such as `adm-admin`, can be stripped in several ways. Each
/// result is a handle of the name.
///
/// INVARIANT (merge only): two names that share a handle still share one if the rule has more
/// affixes, because stripping the shared handle further gives a handle of both.
pub(crate) fn handles(name: &str, affixes: &BTreeSet<Affix>) -> BTreeSet<Key> {
    let local = name.split('@').next().unwrap_or_default().to_lowercase();
    let untagged = match local.split_once('+') {
        Some((head, _)) if !head.is_empty() => head.to_owned(),
        Some(_) | None => local,
    };
    let mut open = BTreeSet::from([untagged]);
    let mut done = BTreeSet::new();
    while let Some(handle) = open.pop_first() {
        let shorter: Vec<&str> = affixes.iter().filter_map(|affix| affix.strip(&handle)).collect();
        if shorter.is_empty() {
            done.insert(handle);
        } else {
            open.extend(shorter.into_iter().map(str::to_owned));
        }
    }
    done.into_iter().filter(|handle| !handle.is_empty()).map(Key::Handle).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handles_of(name: &str) -> Vec<String> {
        let handles = handles(name, &Affix::defaults());
        handles.iter().map(Key::label).collect()
    }

    #[test]
    fn one_human_under_many_hats_has_one_handle() {
        for name in [
            "alice",
            "Alice@example.com",
            "alice-admin",
            "admin-alice",
            "adm-alice-ADM@example.com",
            "alice+deploy@example.com",
            "alice-admin+x",
        ] {
            assert_eq!(handles_of(name), ["alice"], "{name}");
        }
        assert_eq!(handles_of("administrator"), ["administrator"]);
        assert_eq!(handles_of("badminton-admins"), ["badminton-admins"]);
        assert_eq!(handles_of("admin"), ["admin"]);
        assert_eq!(handles_of("+tag"), ["+tag"]);
        assert_eq!(handles_of("adm-admin"), ["adm", "admin"]);
        assert_eq!(handles_of("@example.com"), Vec::<String>::new());
    }

    #[test]
    fn an_affix_has_a_separator_at_one_end() {
        for good in ["-ops", "ops-", ".Priv", "a_"] {
            assert!(Affix::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "-", "admin", "-admin-", "--", "- x", "-é"] {
            assert!(Affix::parse(bad).is_err(), "{bad:?}");
        }
    }
}
