//! The second factor that approvers need.

use super::settings::MfaAge;
use super::spec::{Mechanism, SpecError, Trust, WayIn, needs};

/// The required second factor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mfa {
    pub(crate) max_age: Option<MfaAge>,
}

/// The second factor that the settings ask for.
///
/// # Errors
/// If no session of the mechanism could prove one, or an age is given without the requirement.
pub(crate) fn mfa(
    required: bool,
    max_age: Option<MfaAge>,
    mechanism: &Mechanism,
) -> Result<Option<Mfa>, SpecError> {
    if !required {
        return if max_age.is_some() {
            Err(needs("--mfa-max-age", "--require-mfa"))
        } else {
            Ok(None)
        };
    }
    let way_in = match mechanism {
        Mechanism::Groups | Mechanism::Tag => None,
        Mechanism::Roles(way_in) => Some(way_in),
        Mechanism::Signed(way_in) | Mechanism::Desk { way_in, .. } => way_in.as_ref(),
    };
    match way_in {
        Some(WayIn::Role(Trust::Saml { .. }) | WayIn::PermissionSet(_)) => {
            Err(SpecError::FederatedMfa)
        }
        None | Some(WayIn::Role(Trust::Accounts(_))) => Ok(Some(Mfa { max_age })),
    }
}
