//! Denies everybody but the kind of principals that approve to approve: a role that somebody
//! creates cannot become a second person then.

use iam::Statement;
use rule::RESERVED_PATH;

use super::unless;
use crate::approval::{APPROVE, every_slot};
use crate::guardrail_options::Guardrails;
use crate::mechanism::signed;
use crate::spec::{Mechanism, Spec, WayIn};
use crate::statement::deny;

/// The statement of a service control policy. `None` if only the desk answers: another statement
/// says so.
pub(super) fn statement(spec: &Spec, guardrails: &Guardrails) -> Option<Statement> {
    let targets = &spec.targets;
    let approving: Vec<String> = match &spec.mechanism {
        // Groups have users. A service control policy does not see which.
        Mechanism::Groups | Mechanism::Tag | Mechanism::Signed(None) => targets.iam_arns("user/*"),
        Mechanism::Roles(WayIn::Role(_)) => {
            let names = spec.slots.iter().map(|slot| format!("role/{}{slot}", spec.prefix));
            names.flat_map(|role| targets.iam_arns(&role)).collect()
        }
        Mechanism::Signed(Some(WayIn::Role(_))) => {
            targets.iam_arns(&format!("role/{}", signed::name(spec)))
        }
        Mechanism::Roles(WayIn::PermissionSet(_))
        | Mechanism::Signed(Some(WayIn::PermissionSet(_))) => {
            targets.iam_arns(&format!("role{RESERVED_PATH}*"))
        }
        Mechanism::Desk { .. } => return None,
    };
    let break_glass = guardrails.break_glass.iter().flat_map(|role| targets.role_arns(role));
    let approve = deny("ApproveAsOthers", &[APPROVE], every_slot(targets, &spec.slots));
    Some(unless(approve, approving.into_iter().chain(break_glass).collect()))
}
