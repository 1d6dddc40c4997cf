//! Principals: what acted, according to AWS.

use std::fmt;

use names::{AccountId, Arn, is_iam_name, is_partition};

/// A principal as AWS wrote it, and its kind.
///
/// Reading never fails. A text that is not understood is [`PrincipalKind::Unknown`], and never
/// becomes a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    arn: String,
    kind: PrincipalKind,
}

/// The kinds of principals that AWS writes into `lastUpdatedBy`, `updatedBy` and `triggerDetail`.
///
/// ARN forms: IAM User Guide, "IAM identifiers" and "AWS JSON policy elements: Principal".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrincipalKind {
    /// An IAM user, `arn:P:iam::ACCT:user/[path/]NAME`.
    User {
        /// 12-digit account id.
        account: String,
        /// The user name without its path, as written.
        name: String,
    },
    /// A role session, `arn:P:sts::ACCT:assumed-role/ROLE/SESSION`. AWS omits the role's path.
    Session {
        /// 12-digit account id.
        account: String,
        /// The role name, as written.
        role: String,
        /// The session name, as written. The caller chose it unless the role is trusted.
        session: String,
    },
    /// A role without a session, `arn:P:iam::ACCT:role/[path/]NAME`.
    Role {
        /// 12-digit account id.
        account: String,
        /// The role name without its path, as written.
        role: String,
    },
    /// The account's root user, which could be anybody.
    Root,
    /// A federated user. The caller of GetFederationToken chose the name.
    FederatedUser,
    /// An AWS service, such as `codepipeline.amazonaws.com`.
    Service,
    /// Anything else.
    Unknown,
}

impl Principal {
    /// Reads a principal as AWS wrote it.
    #[must_use]
    pub fn parse(arn: &str) -> Self {
        Self { arn: arn.to_owned(), kind: kind(arn).unwrap_or(PrincipalKind::Unknown) }
    }

    /// The principal exactly as AWS wrote it.
    #[must_use]
    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> &PrincipalKind {
        &self.kind
    }

    /// The 12-digit id of its account. `None` for kinds that never become a person.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        match &self.kind {
            PrincipalKind::User { account, .. }
            | PrincipalKind::Session { account, .. }
            | PrincipalKind::Role { account, .. } => Some(account),
            PrincipalKind::Root
            | PrincipalKind::FederatedUser
            | PrincipalKind::Service
            | PrincipalKind::Unknown => None,
        }
    }

    /// The name of the role, if it is a role or a session of one.
    #[must_use]
    pub fn role(&self) -> Option<&str> {
        match &self.kind {
            PrincipalKind::Session { role, .. } | PrincipalKind::Role { role, .. } => Some(role),
            PrincipalKind::User { .. }
            | PrincipalKind::Root
            | PrincipalKind::FederatedUser
            | PrincipalKind::Service
            | PrincipalKind::Unknown => None,
        }
    }

    /// Whether both are the same principal. Case is ignored, because IAM names are unique
    /// case-insensitively.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        self.arn.eq_ignore_ascii_case(&other.arn)
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.arn)
    }
}

fn kind(arn: &str) -> Option<PrincipalKind> {
    if is_service(arn) {
        return Some(PrincipalKind::Service);
    }
    let Arn { partition, service, region: "", account, resource } = Arn::parse(arn)? else {
        return None;
    };
    if !is_partition(partition) || !AccountId::is_valid(account) {
        return None;
    }
    let account = account.to_owned();
    match (service, resource.split_once('/')) {
        ("iam", None) if resource == "root" => Some(PrincipalKind::Root),
        ("iam", Some(("user", path))) => {
            Some(PrincipalKind::User { account, name: last_of_path(path)? })
        }
        ("iam", Some(("role", path))) => {
            Some(PrincipalKind::Role { account, role: last_of_path(path)? })
        }
        ("sts", Some(("assumed-role", rest))) => {
            let (role, session) = rest.split_once('/')?;
            Some(PrincipalKind::Session { account, role: name(role)?, session: name(session)? })
        }
        ("sts", Some(("federated-user", _))) => Some(PrincipalKind::FederatedUser),
        _ => None,
    }
}

fn is_service(text: &str) -> bool {
    let host = text.strip_suffix(".cn").unwrap_or(text);
    host.strip_suffix(".amazonaws.com")
        .is_some_and(|service| !service.is_empty() && !service.contains([':', '/']))
}

/// The name at the end of an IAM path. Paths are printable ASCII (IAM API reference, `pathType`).
fn last_of_path(path: &str) -> Option<String> {
    if !path.bytes().all(|b| b.is_ascii_graphic()) {
        return None;
    }
    name(path.rsplit('/').next()?)
}

fn name(text: &str) -> Option<String> {
    is_iam_name(text).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arn: &str) -> PrincipalKind {
        Principal::parse(arn).kind
    }

    #[test]
    fn reads_every_kind() {
        let account = || "111122223333".to_owned();
        for partition in [
            "aws",
            "aws-cn",
            "aws-us-gov",
            "aws-iso",
            "aws-iso-b",
            "aws-iso-e",
            "aws-iso-f",
            "aws-eusc",
        ] {
            assert_eq!(
                parsed(&format!("arn:{partition}:iam::111122223333:user/team/a/Alice")),
                PrincipalKind::User { account: account(), name: "Alice".into() }
            );
        }
        assert_eq!(
            parsed("arn:aws:sts::111122223333:assumed-role/Deployer/alice@example.com"),
            PrincipalKind::Session {
                account: account(),
                role: "Deployer".into(),
                session: "alice@example.com".into()
            }
        );
        assert_eq!(
            parsed("arn:aws:iam::111122223333:role/service-role/Deployer"),
            PrincipalKind::Role { account: account(), role: "Deployer".into() }
        );
        assert_eq!(parsed("arn:aws:iam::111122223333:root"), PrincipalKind::Root);
        assert_eq!(
            parsed("arn:aws:sts::111122223333:federated-user/alice"),
            PrincipalKind::FederatedUser
        );
        assert_eq!(parsed("codepipeline.amazonaws.com"), PrincipalKind::Service);
        assert_eq!(parsed("events.amazonaws.com.cn"), PrincipalKind::Service);
    }

    #[test]
    fn a_role_is_named_by_itself_and_by_its_sessions() {
        for (arn, role) in [
            ("arn:aws:iam::111122223333:role/service-role/Deployer", Some("Deployer")),
            ("arn:aws:sts::111122223333:assumed-role/Deployer/alice", Some("Deployer")),
            ("arn:aws:iam::111122223333:user/Deployer", None),
            ("arn:aws:iam::111122223333:root", None),
            ("codepipeline.amazonaws.com", None),
        ] {
            let principal = Principal::parse(arn);
            assert_eq!(principal.role(), role, "{arn}");
            assert_eq!(principal.to_string(), arn);
        }
    }

    #[test]
    fn case_does_not_make_another_principal() {
        let is = |a: &str, b: &str| Principal::parse(a).is(&Principal::parse(b));
        assert!(is("arn:aws:iam::111122223333:user/Alice", "arn:aws:iam::111122223333:user/alice"));
        assert!(!is("arn:aws:iam::111122223333:user/alice", "arn:aws:iam::111122223333:user/bob"));
    }

    #[test]
    fn a_malformed_arn_is_unknown() {
        for arn in [
            "",
            "alice",
            "AIDAEXAMPLE",
            "arn",
            "arn:aws:iam::111122223333:user/",
            "arn:aws:iam::111122223333:user/alice/",
            "arn:aws:iam::111122223333:user",
            "arn:aws:iam::11112222333:user/alice",
            "arn:aws:iam:us-east-1:111122223333:user/alice",
            "arn:gcp:iam::111122223333:user/alice",
            "arn:aws-:iam::111122223333:user/alice",
            "arn:aws:iam::111122223333:user/al ice",
            "arn:aws:iam::111122223333:user/álice",
            "arn:aws:iam::111122223333:user/alice\n",
            "arn:aws:iam::111122223333:group/alice",
            "arn:aws:sts::111122223333:assumed-role/Deployer",
            "arn:aws:sts::111122223333:assumed-role/Deployer/",
            "arn:aws:sts::111122223333:assumed-role//alice",
            "arn:aws:sts::111122223333:assumed-role/path/Deployer/alice",
            "arn:aws:iam::111122223333:assumed-role/Deployer/alice",
            "arn:aws:sts::111122223333:user/alice",
            " arn:aws:iam::111122223333:user/alice",
            ".amazonaws.com",
        ] {
            assert_eq!(parsed(arn), PrincipalKind::Unknown, "{arn:?}");
        }
    }
}
