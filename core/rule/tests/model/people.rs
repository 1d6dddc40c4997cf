//! The truth: humans, the credentials that each of them has, and what AWS shows when they use one.

pub(crate) const ACCOUNT: &str = "111122223333";
/// The role of IAM Identity Center.
pub(crate) const SSO: &str = "AWSReservedSSO_Dev_0123456789abcdef";
/// A role that everybody may assume, under any session name.
pub(crate) const SHARED: &str = "Deployer";

/// A human: 0, 1 or 2. The engine never sees it.
pub(crate) type Human = usize;

pub(crate) const HUMANS: [Human; 3] = [0, 1, 2];
/// The name that each human has in the rule. It is that of their first user, too.
pub(crate) const NAMES: [&str; 3] = ["alice", "bob", "carol"];
/// Second users. Their handles are those of the first.
const ADMINS: [&str; 3] = ["ops/Alice-admin", "adm-bob", "Carol+ops"];
/// Names at the identity provider.
const SESSIONS: [&str; 3] = ["Alice@example.com", "bob@example.com", "carol+x@example.com"];
/// Names at the identity provider that have nothing in common with the first.
const UNLIKE: [&str; 3] = ["asmith@example.com", "bjones@example.com", "cdoe@example.com"];
/// The names at the identity provider of humans whose handle is somebody else's.
const NAMESAKES: [[&str; 3]; 3] = [
    ["", "bob@alice.example", "carol@alice.example"],
    ["alice@bob.example", "", "carol@bob.example"],
    ["alice@carol.example", "bob@carol.example", ""],
];
/// A role of each human's own. The rule does not know whose it is.
const OWN_ROLES: [&str; 3] = ["Admin-A", "Admin-B", "Admin-C"];

/// What somebody can use to answer an approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Credential {
    /// The human's IAM user.
    User,
    /// Their other IAM user.
    Admin,
    /// Their identity at the identity provider.
    Sso,
    /// The same, under another name.
    Unlike,
    /// The same, under the handle of this other human.
    Namesake(Human),
    /// A role that only they may assume, under a session name of their choice.
    OwnRole(Called),
    /// A role that everybody may assume, under a session name of their choice.
    Shared(Called),
    /// The IAM user of this other human: stolen.
    Stolen(Human),
    /// The identity provider's role, under a name that an SDK made.
    Generated,
    /// The shared role, without a session.
    BareShared,
    /// The identity provider's role, without a session.
    BareSso,
    Root,
    Federated,
    OtherAccount,
    Service,
}

/// The name that a caller chooses for a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Called {
    /// This human's, who need not be the caller.
    As(Human),
    Ci,
}

impl Called {
    fn name(self) -> &'static str {
        match self {
            Self::As(human) => NAMES[human],
            Self::Ci => "ci",
        }
    }

    pub(crate) fn human(self) -> Option<Human> {
        match self {
            Self::As(human) => Some(human),
            Self::Ci => None,
        }
    }

    fn all() -> impl Iterator<Item = Self> {
        HUMANS.into_iter().map(Self::As).chain([Self::Ci])
    }
}

/// What AWS shows of the credential that somebody used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Principal {
    User(&'static str),
    Session { role: &'static str, name: &'static str },
    Role(&'static str),
    Root,
    Federated,
    OtherAccount,
    Service,
}

impl Principal {
    pub(crate) fn arn(self) -> String {
        match self {
            Self::User(name) => format!("arn:aws:iam::{ACCOUNT}:user/{name}"),
            Self::Session { role, name } => {
                format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}")
            }
            Self::Role(role) => format!("arn:aws:iam::{ACCOUNT}:role/{role}"),
            Self::Root => format!("arn:aws:iam::{ACCOUNT}:root"),
            Self::Federated => format!("arn:aws:sts::{ACCOUNT}:federated-user/alice"),
            Self::OtherAccount => "arn:aws:iam::444455556666:user/bob".to_owned(),
            Self::Service => "codepipeline.amazonaws.com".to_owned(),
        }
    }
}

impl Credential {
    pub(crate) fn principal(self, human: Human) -> Principal {
        let session = |role, name| Principal::Session { role, name };
        match self {
            Self::User => Principal::User(NAMES[human]),
            Self::Admin => Principal::User(ADMINS[human]),
            Self::Sso => session(SSO, SESSIONS[human]),
            Self::Unlike => session(SSO, UNLIKE[human]),
            Self::Namesake(other) => session(SSO, NAMESAKES[human][other]),
            Self::OwnRole(called) => session(OWN_ROLES[human], called.name()),
            Self::Shared(called) => session(SHARED, called.name()),
            Self::Stolen(other) => Principal::User(NAMES[other]),
            Self::Generated => session(SSO, "botocore-session-1700000000"),
            Self::BareShared => Principal::Role(SHARED),
            Self::BareSso => Principal::Role(SSO),
            Self::Root => Principal::Root,
            Self::Federated => Principal::Federated,
            Self::OtherAccount => Principal::OtherAccount,
            Self::Service => Principal::Service,
        }
    }

    /// Every credential that a human may have.
    pub(crate) fn all(human: Human) -> Vec<Self> {
        let others = || HUMANS.into_iter().filter(move |other| *other != human);
        [Self::User, Self::Admin, Self::Sso, Self::Unlike, Self::Generated]
            .into_iter()
            .chain([Self::BareShared, Self::BareSso, Self::Root])
            .chain([Self::Federated, Self::OtherAccount, Self::Service])
            .chain(others().map(Self::Namesake))
            .chain(others().map(Self::Stolen))
            .chain(Called::all().map(Self::OwnRole))
            .chain(Called::all().map(Self::Shared))
            .collect()
    }

    /// The credentials that make trouble in threes.
    pub(crate) fn some(human: Human) -> Vec<Self> {
        let wanted = |credential: &Self| match credential {
            Self::User | Self::Sso | Self::Unlike | Self::Namesake(_) | Self::Shared(_) => true,
            Self::OwnRole(called) => matches!(called, Called::Ci) || *called == Called::As(human),
            _ => false,
        };
        Self::all(human).into_iter().filter(wanted).collect()
    }

    fn permuted(self, to: [Human; 3]) -> Self {
        let called = |called| match called {
            Called::As(human) => Called::As(to[human]),
            Called::Ci => Called::Ci,
        };
        match self {
            Self::Namesake(other) => Self::Namesake(to[other]),
            Self::Stolen(other) => Self::Stolen(to[other]),
            Self::OwnRole(name) => Self::OwnRole(called(name)),
            Self::Shared(name) => Self::Shared(called(name)),
            same => same,
        }
    }
}

/// What the comment of an approval carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Signed {
    No,
    /// A signature of this very answer, by the human who gives it: nobody else has the key.
    Well,
    /// A signature that the same human made of another answer.
    Replayed,
}

/// One human uses one credential to approve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Act {
    pub(crate) human: Human,
    pub(crate) credential: Credential,
    pub(crate) signed: Signed,
}

impl Act {
    pub(crate) fn by_user(human: Human) -> Self {
        Self { human, credential: Credential::User, signed: Signed::No }
    }

    pub(crate) fn signed(self) -> Self {
        Self { signed: Signed::Well, ..self }
    }

    pub(crate) fn principal(self) -> Principal {
        self.credential.principal(self.human)
    }

    /// The same act by other humans, if the names of humans are exchanged.
    pub(crate) fn permuted(self, to: [Human; 3]) -> Self {
        let credential = self.credential.permuted(to);
        Self { human: to[self.human], credential, signed: self.signed }
    }
}

/// Every way to exchange the names of three humans.
pub(crate) const PERMUTATIONS: [[Human; 3]; 6] =
    [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
