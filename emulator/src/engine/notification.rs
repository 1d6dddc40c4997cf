//! Whether the pipeline may send the notification of an approval. None is ever sent: the emulator
//! has no SNS.

use jiff::Timestamp;

use super::World;
use super::action_run::{ActionRun, ErrorDetails};
use super::declaration::Declaration;

/// Notifications to a topic of this name are refused, whatever the role may do.
const DENIED: &str = "EmulatorDenied";
/// The same, for the first attempt in an execution only.
const DENIED_ONCE: &str = "EmulatorDeniedOnce";

/// What roles may do, as far as the engine must know it.
pub trait Permissions: Send {
    /// Whether a role may publish to a topic, both by their ARNs.
    fn may_publish(&self, role: &str, topic: &str, now: Timestamp) -> bool;
}

/// Whether the notification of an approval is refused, by whose role CodePipeline sends it.
pub(super) fn is_refused(
    run: &ActionRun,
    declaration: &Declaration,
    first: bool,
    world: &World,
) -> bool {
    let Some(topic) = run.configuration.get("NotificationArn") else {
        return false;
    };
    let role = run.action.role_arn.as_ref().unwrap_or(&declaration.structure.role_arn);
    let name = topic.rsplit(':').next().unwrap_or_default();
    let permissions = world.permissions.as_ref();
    name == DENIED
        || (name == DENIED_ONCE && first)
        || permissions.is_some_and(|permissions| !permissions.may_publish(role, topic, world.now))
}

/// What becomes of an approval whose notification is refused.
pub(super) fn refused() -> ErrorDetails {
    ErrorDetails {
        code: "PermissionError".to_owned(),
        message: "The Pipeline or Action role does not have permission to publish to topics in Amazon SNS. Add the \
                  sns:Publish permission to the role\u{2019}s policy, and then try again."
            .to_owned(),
    }
}
