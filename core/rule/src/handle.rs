//! Handles: the part of a name by which a human is known, whatever account or hat they wear.

use std::collections::BTreeSet;

use crate::key::Key;

/// What is left out of a handle before it is compared, such as `-admin`: it begins or ends with a
/// separator, which says at which end of the handle it stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Affix(String);

impl Affix {
    /// The affixes of a rule that does not name any.
    pub(crate) fn defaults() -> BTreeSet<Self> {
        ["-admin", "admin-", "-adm", "adm-"].map(|affix| Self(affix.to_owned())).into()
    }

    /// # Errors
    /// Says what is wrong with the affix: it has no letter or digit, or a separator at neither end
    /// or at both.
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
            "`{text}` has to begin or to end with a separator, which says where it stands: write it like `-admin` or `admin-`"
        ))
    }

    /// The affix as it was written, in lower case.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// The handle without the affix, if it has it and is more than that.
    fn strip<'h>(&self, handle: &'h str) -> Option<&'h str> {
        let stands_first = self.0.ends_with(|c: char| !c.is_ascii_alphanumeric());
        let rest = if stands_first {
            handle.strip_prefix(self.0.as_str())
        } else {
            handle.strip_suffix(self.0.as_str())
        };
        rest.filter(|rest| !rest.is_empty())
    }
}

/// The handles of a user or session name: the part before `@`, lower-cased, without a `+tag` and
/// without affixes. Empty if nothing stands before the `@`.
///
/// A handle made of nothing but affixes, such as `adm-admin`, can be stripped to more than one end;
/// all of them are handles of the name.
///
/// INVARIANT (merge only): two names that share a handle share one under any more affixes as well,
/// since what is stripped further from the shared handle is a handle of both.
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

    fn of(name: &str) -> Vec<String> {
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
            assert_eq!(of(name), ["alice"], "{name}");
        }
        assert_eq!(of("administrator"), ["administrator"]);
        assert_eq!(of("badminton-admins"), ["badminton-admins"]);
        assert_eq!(of("admin"), ["admin"]);
        assert_eq!(of("+tag"), ["+tag"]);
        assert_eq!(of("adm-admin"), ["adm", "admin"]);
        assert_eq!(of("@example.com"), Vec::<String>::new());
    }

    #[test]
    fn an_affix_says_where_it_stands() {
        for good in ["-ops", "ops-", ".Priv", "a_"] {
            assert!(Affix::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "-", "admin", "-admin-", "--", "- x", "-é"] {
            assert!(Affix::parse(bad).is_err(), "{bad:?}");
        }
    }
}
