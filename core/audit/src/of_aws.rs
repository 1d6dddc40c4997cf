//! Roles that AWS protects from everybody in the account.

use iam::account::Identity;

/// Paths of roles that only AWS changes (IAM User Guide, "Service-linked roles"; IAM Identity
/// Center User Guide, on the roles that it makes).
const OF_AWS: [&str; 2] = ["/aws-service-role/", "/aws-reserved/"];

/// Whether only an AWS service can act as a role.
pub(crate) fn is_service_linked(identity: &Identity) -> bool {
    let [of_services, _] = OF_AWS;
    identity.path().starts_with(of_services)
}

/// Whether only AWS can act as a role or change it.
pub(crate) fn is_of_aws(identity: &Identity) -> bool {
    OF_AWS.iter().any(|path| identity.path().starts_with(path))
}
