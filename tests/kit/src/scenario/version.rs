//! Managed policies with several versions. The default version is in force, even if it is not the
//! newest.

use serde_json::Value;

use super::scenarios;
use crate::code::Code;
use crate::plot::Plot;
use crate::policy::{A, B, allow, approve, policy};

scenarios!["version": newest_gives_both, newest_is_not_in_force, oldest_is_in_force, oldest_gave_both, one_slot_a_version];

fn attached(plot: &mut Plot<'_>, versions: &[Value], default: usize, expected: &[Code]) {
    let user = plot.user();
    let policy = plot.account.policy("ReleasePermissions", versions, default);
    plot.account.attach(user.into(), policy);
    for code in expected {
        plot.expect(*code, user);
    }
}

const BOTH: &[Code] = &[Code::CanApproveBoth, Code::ApproverWithoutMfa];

fn harmless() -> Value {
    policy([allow(&["codepipeline:Get*", "codepipeline:List*"])])
}

fn both() -> Value {
    policy([approve(&[A, B])])
}

fn newest_gives_both(plot: &mut Plot<'_>) {
    attached(plot, &[harmless(), harmless(), both()], 3, BOTH);
}

fn newest_is_not_in_force(plot: &mut Plot<'_>) {
    attached(plot, &[harmless(), harmless(), both()], 2, &[]);
}

fn oldest_is_in_force(plot: &mut Plot<'_>) {
    attached(plot, &[both(), harmless(), harmless()], 1, BOTH);
}

fn oldest_gave_both(plot: &mut Plot<'_>) {
    attached(plot, &[both(), harmless()], 2, &[]);
}

/// The slots are never allowed at the same time.
fn one_slot_a_version(plot: &mut Plot<'_>) {
    attached(
        plot,
        &[policy([approve(&[A])]), policy([approve(&[B])])],
        1,
        &[Code::ApproverWithoutMfa],
    );
}
