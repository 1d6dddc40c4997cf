//! Whether a pipeline may send the notification of an approval. The emulator has no SNS, and sends
//! none.

use names::Arn;

use super::World;
use super::action_run::{ActionRun, ErrorDetails};
use super::declaration::Declaration;

/// Notifications to a topic with this name are refused, even if the role may publish.
const DENIED: &str = "EmulatorDenied";
/// The same, but only for the first attempt in an execution.
const DENIED_ONCE: &str = "EmulatorDeniedOnce";

/// Whether the notification of an approval is refused. CodePipeline sends it with the action's
/// role, or else the pipeline's.
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
    let name = Arn::parse(topic).map_or(topic.as_str(), |arn| arn.resource);
    let permissions = world.permissions.as_ref();
    name == DENIED
        || (name == DENIED_ONCE && first)
        || permissions.is_some_and(|permissions| !permissions.may_publish(role, topic, world.now))
}

/// The error of an approval whose notification is refused.
pub(super) fn refused() -> ErrorDetails {
    ErrorDetails {
        code: "PermissionError".to_owned(),
        message: "The Pipeline or Action role does not have permission to publish to topics in Amazon SNS. Add the \
                  sns:Publish permission to the role\u{2019}s policy, and then try again."
            .to_owned(),
    }
}
