//! Users of a forge: a place for source code with its own accounts.

use std::fmt;
use std::str::FromStr;

use crate::NameError;

/// A forge whose users are named by a login.
///
/// CodeCommit is not one: its users are principals of AWS, named by their ARNs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Forge {
    /// GitHub, in the cloud or an Enterprise Server.
    GitHub,
    /// GitLab, in the cloud or self-managed.
    GitLab,
}

impl Forge {
    /// Every forge.
    pub const ALL: [Self; 2] = [Self::GitHub, Self::GitLab];

    /// The word before the colon: `github`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GitHub => "github",
            Self::GitLab => "gitlab",
        }
    }
}

/// A user of a forge, as `people` of the rule and the output variables of the reviews function
/// name one: `github:alice-gh`, or with the forge's number of the user, `github:alice-gh/583231`.
///
/// A login can be given up, and somebody else can then take it. The number stays.
///
/// ```
/// use names::ForgeUser;
///
/// let alice: ForgeUser = "github:alice-gh".parse()?;
/// let shown: ForgeUser = "github:Alice-gh/583231".parse()?;
/// assert!(alice.names(&shown));
/// assert!(!shown.names(&alice));
/// # Ok::<(), names::NameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ForgeUser {
    forge: Forge,
    login: String,
    id: Option<u64>,
}

impl ForgeUser {
    /// The user with this login, and the forge's number of the user if it is known.
    ///
    /// # Errors
    /// [`NameError`] if it cannot be a login.
    pub fn new(forge: Forge, login: &str, id: Option<u64>) -> Result<Self, NameError> {
        if !is_login(login) {
            return Err(error(login));
        }
        Ok(Self { forge, login: login.to_ascii_lowercase(), id })
    }

    /// Whether a text is meant to be the user of a forge: it begins with `github:` or `gitlab:`.
    #[must_use]
    pub fn is_meant_by(text: &str) -> bool {
        split(text).is_some()
    }

    /// The forge.
    #[must_use]
    pub fn forge(&self) -> Forge {
        self.forge
    }

    /// The login, in lower case: forges compare logins without case.
    #[must_use]
    pub fn login(&self) -> &str {
        &self.login
    }

    /// The forge's number of the user, if it is known.
    #[must_use]
    pub fn id(&self) -> Option<u64> {
        self.id
    }

    /// Whether this name, which somebody wrote down, means the user that a forge shows: the numbers
    /// are equal, or this name has none and the logins are equal.
    #[must_use]
    pub fn names(&self, shown: &Self) -> bool {
        self.forge == shown.forge
            && match self.id {
                Some(_) => self.id == shown.id,
                None => self.login == shown.login,
            }
    }
}

impl FromStr for ForgeUser {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let (forge, user) = split(text).ok_or_else(|| error(text))?;
        let (login, id) = match user.split_once('/') {
            Some((login, id)) => (login, Some(number(id).ok_or_else(|| error(text))?)),
            None => (user, None),
        };
        Self::new(forge, login, id).map_err(|_| error(text))
    }
}

impl fmt::Display for ForgeUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { forge, login, id } = self;
        write!(f, "{}:{login}", forge.as_str())?;
        id.map_or(Ok(()), |id| write!(f, "/{id}"))
    }
}

/// The forge, and the text after the colon.
fn split(text: &str) -> Option<(Forge, &str)> {
    let (word, user) = text.split_once(':')?;
    Forge::ALL.into_iter().find(|forge| forge.as_str() == word).map(|forge| (forge, user))
}

/// Letters, digits, `-`, `_` and `.`, and the `[bot]` of GitHub's apps. No forge allows more than
/// 255 characters.
fn is_login(text: &str) -> bool {
    let name = text.strip_suffix("[bot]").unwrap_or(text);
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    (1..=255).contains(&text.len()) && !name.is_empty() && name.bytes().all(fits)
}

/// A number as forges write it: without a sign or leading zeros.
fn number(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

fn error(text: &str) -> NameError {
    NameError::new(text, "a user of a forge, such as `github:alice-gh` or `github:alice-gh/583231`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(text: &str) -> ForgeUser {
        text.parse().unwrap()
    }

    #[test]
    fn a_user_is_printed_as_it_is_read_and_in_lower_case() {
        for text in [
            "github:alice-gh",
            "github:alice-gh/583231",
            "gitlab:al.ice_1",
            "github:dependabot[bot]",
        ] {
            assert_eq!(user(text).to_string(), text);
        }
        assert_eq!(user("github:Alice-GH").to_string(), "github:alice-gh");
    }

    #[test]
    fn what_is_not_a_user_is_refused() {
        for text in [
            "",
            "alice",
            "github:",
            "github:[bot]",
            "github:alice bob",
            "github:alice/",
            "github:alice/x",
            "github:alice/+7",
            "github:alice/07",
            "github:alice/1/2",
            "GitHub:alice",
            "bitbucket:alice",
            "arn:aws:iam::111122223333:user/alice",
        ] {
            assert!(text.parse::<ForgeUser>().is_err(), "{text:?}");
        }
        assert!(ForgeUser::is_meant_by("github:alice bob"));
        assert!(!ForgeUser::is_meant_by("arn:aws:iam::111122223333:user/alice"));
    }

    /// A login that its owner gave up can be taken by somebody else.
    #[test]
    fn a_number_distinguishes_two_users_of_one_login() {
        let (written, other) = (user("github:alice/7"), user("github:alice/8"));
        assert!(!written.names(&other));
        assert!(written.names(&user("github:renamed/7")));
        assert!(!written.names(&user("github:alice")));
        assert!(user("github:alice").names(&other));
        assert!(!user("github:alice").names(&user("gitlab:alice")));
    }

    #[test]
    fn a_user_has_a_login_in_lower_case_and_a_number_only_if_it_is_known() {
        let numbered = user("github:Alice/583231");
        assert_eq!((numbered.login(), numbered.id()), ("alice", Some(583_231)));
        assert_eq!((user("gitlab:bob").login(), user("gitlab:bob").id()), ("bob", None));
    }
}
