//! The principals of resource-based policies.
//!
//! IAM User Guide, "AWS JSON policy elements: Principal".

use names::{AccountId, Arn};

/// `Principal` or `NotPrincipal`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principals {
    /// Whether the element is `NotPrincipal`.
    pub all_but: bool,
    /// AWS principals.
    pub aws: Vec<Trusted>,
    /// AWS services, by host name.
    pub services: Vec<String>,
    /// Identity providers, by ARN or host name.
    pub federated: Vec<String>,
    /// Canonical user ids, which only S3 uses.
    pub canonical: Vec<String>,
}

/// An AWS principal in a resource-based policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trusted {
    /// `*`.
    Everyone,
    /// An account, as its number or the ARN of its root. The policies of the account decide which
    /// of its principals are allowed.
    Account(String),
    /// One user, role or session, by ARN.
    Arn(String),
    /// The unique id of a principal. AWS replaces the ARN of a deleted principal by its id.
    UniqueId(String),
}

/// A caller, as a resource-based policy sees it.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    /// The ARN of the user or role.
    pub arn: &'a str,
    /// Its unique id, `AIDA…` or `AROA…`.
    pub unique_id: &'a str,
    /// Its account.
    pub account: &'a str,
}

/// How a statement concerns a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Concern {
    /// Not at all.
    Not,
    /// Through the account: the caller's own policies must allow the action too.
    Account,
    /// The caller itself.
    Itself,
    /// The sessions of the caller. "Permissions that are granted directly to a session aren't
    /// limited by an implicit deny in an identity-based policy, a permissions boundary, or session
    /// policy" (IAM User Guide, "Permissions boundaries for IAM entities").
    Session,
}

impl Trusted {
    pub(crate) fn read(text: &str) -> Self {
        if text == "*" {
            return Self::Everyone;
        }
        if AccountId::is_valid(text) {
            return Self::Account(text.to_owned());
        }
        match Arn::parse(text) {
            Some(Arn { service: "iam", region: "", account, resource: "root", .. })
                if AccountId::is_valid(account) =>
            {
                Self::Account(account.to_owned())
            }
            Some(_) => Self::Arn(text.to_owned()),
            // A malformed ARN is of no principal.
            None if text.starts_with("arn:") => Self::Arn(text.to_owned()),
            None => Self::UniqueId(text.to_owned()),
        }
    }

    /// A description, if it is not of an account.
    pub(crate) fn outside(&self, account: &str) -> Option<String> {
        match self {
            Self::Everyone => Some("everybody".to_owned()),
            Self::Account(other) => (other != account).then(|| format!("the account {other}")),
            Self::Arn(arn) => {
                let is_of_account = Arn::parse(arn).is_some_and(|arn| arn.account == account);
                (!is_of_account).then(|| arn.clone())
            }
            // A unique id is of a principal of this account, present or deleted.
            Self::UniqueId(_) => None,
        }
    }

    fn concerns(&self, caller: Caller<'_>) -> Concern {
        let itself = |is_it| if is_it { Concern::Itself } else { Concern::Not };
        match self {
            Self::Everyone => Concern::Itself,
            Self::Account(account) if account == caller.account => Concern::Account,
            Self::Account(_) => Concern::Not,
            // The names of principals are not case-sensitive, but a policy has a name as it is.
            Self::Arn(arn) => itself(arn == caller.arn),
            Self::UniqueId(id) => itself(id == caller.unique_id),
        }
    }
}

impl Principals {
    /// Whether the statement names sessions of the caller:
    /// `arn:aws:sts::111122223333:assumed-role/NAME/SESSION`. The ARN of a session has no path.
    pub(crate) fn name_sessions_of(&self, caller: Caller<'_>) -> bool {
        let Some((_, path)) = caller.arn.split_once(":role/") else {
            return false;
        };
        let role = path.rsplit('/').next();
        self.aws.iter().any(|trusted| match trusted {
            Trusted::Everyone | Trusted::Account(_) | Trusted::UniqueId(_) => false,
            Trusted::Arn(arn) if !arn.contains(":assumed-role/") => false,
            Trusted::Arn(arn) => Arn::parse(arn).is_some_and(|arn| {
                let session = arn.resource.strip_prefix("assumed-role/");
                (arn.service, arn.region, arn.account) == ("sts", "", caller.account)
                    && session.and_then(|session| session.split('/').next()) == role
            }),
        })
    }

    /// Whether the statement names everybody: `*`.
    pub(crate) fn name_everyone(&self) -> bool {
        self.aws.contains(&Trusted::Everyone)
    }

    /// How the statement concerns a caller, by the principal that is nearest to it.
    pub(crate) fn concern(&self, caller: Caller<'_>) -> Concern {
        let nearest = self.aws.iter().map(|trusted| trusted.concerns(caller)).max();
        match (self.all_but, nearest.unwrap_or(Concern::Not)) {
            (false, concern) => concern,
            (true, Concern::Not) => Concern::Itself,
            (true, Concern::Account | Concern::Itself | Concern::Session) => Concern::Not,
        }
    }
}
