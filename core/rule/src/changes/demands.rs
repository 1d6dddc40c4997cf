//! The demands that are single values: of two, one is stricter.

use std::cmp::Ordering;

use super::change::Compared;
use crate::signing_keys::RequireSignature;
use crate::trusted_role::SharedRoles;

pub(super) fn compare(compared: &mut Compared<'_>) {
    quorum(compared);
    stage(compared);
    shared_roles(compared);
    require_signature(compared);
    switches(compared);
    max_age(compared);
    execution(compared);
}

fn quorum(compared: &mut Compared<'_>) {
    let (old, new) = (compared.old.quorum().get(), compared.new.quorum().get());
    if new < old {
        compared.loosens("quorum", format!("the quorum falls from {old} to {new}"));
    } else if new > old {
        compared.tightens("quorum", format!("the quorum rises from {old} to {new}"));
    }
}

fn stage(compared: &mut Compared<'_>) {
    let (old, new) = (compared.old.stage(), compared.new.stage());
    if old == new {
        return;
    }
    let named = |stage: Option<&str>| match stage {
        Some(stage) => format!("the stage `{stage}`"),
        None => "the gate's own stage".to_owned(),
    };
    let message = format!(
        "the approvals of {} are judged, and not those of {}; which are stricter cannot be decided",
        named(new),
        named(old)
    );
    compared.loosens("stage", message);
}

fn shared_roles(compared: &mut Compared<'_>) {
    match (compared.old.shared_roles(), compared.new.shared_roles()) {
        (SharedRoles::Reject, SharedRoles::Collapse) => compared.loosens(
            "sharedRoles",
            "approvals through a role that people share count, together as one person",
        ),
        (SharedRoles::Collapse, SharedRoles::Reject) => compared
            .tightens("sharedRoles", "approvals through a role that people share no longer count"),
        (SharedRoles::Reject, SharedRoles::Reject)
        | (SharedRoles::Collapse, SharedRoles::Collapse) => {}
    }
}

fn require_signature(compared: &mut Compared<'_>) {
    const KEY: &str = "requireSignature";
    let (old, new) = (compared.old.require_signature(), compared.new.require_signature());
    match (new.cmp(&old), new) {
        (Ordering::Equal, _) => {}
        (Ordering::Less, RequireSignature::No) => {
            compared.loosens(KEY, "approvals no longer have to be signed");
        }
        (Ordering::Less, _) => {
            compared.loosens(KEY, "keys that can leave their device may sign too")
        }
        (Ordering::Greater, RequireSignature::DeviceBound) => compared
            .tightens(KEY, "approvals have to be signed by keys that cannot leave their device"),
        (Ordering::Greater, _) => compared.tightens(KEY, "approvals have to be signed"),
    }
}

/// The demands that are `true` or `false`.
fn switches(compared: &mut Compared<'_>) {
    let (old, new) = (compared.old, compared.new);
    for (key, old, new, loosened, tightened) in [
        (
            "onlyPeople",
            old.only_people(),
            new.only_people(),
            "people that neither `people` nor `signingKeys` names may count too",
            "only people that `people` or `signingKeys` names count",
        ),
        (
            "excludeInitiator",
            old.excludes_initiator(),
            new.excludes_initiator(),
            "the person who started the execution may count too",
            "the person who started the execution no longer counts",
        ),
        (
            "excludeAuthors",
            old.excludes_authors(),
            new.excludes_authors(),
            "the people who wrote or pushed what is released may count too, and nobody has to have \
             reviewed it",
            "the people who wrote or pushed what is released no longer count, and others must have \
             reviewed it",
        ),
    ] {
        if old && !new {
            compared.loosens(key, loosened);
        } else if new && !old {
            compared.tightens(key, tightened);
        }
    }
}

fn max_age(compared: &mut Compared<'_>) {
    const KEY: &str = "maxAgeMinutes";
    match (compared.old.max_age_minutes(), compared.new.max_age_minutes()) {
        (Some(old), None) => compared
            .loosens(KEY, format!("approvals never get too old; the limit was {old} minutes")),
        (Some(old), Some(new)) if new > old => {
            let message = format!("approvals may be {new} minutes old, and not only {old}");
            compared.loosens(KEY, message);
        }
        (old, Some(new)) if old != Some(new) => {
            compared.tightens(KEY, format!("approvals older than {new} minutes do not count"));
        }
        (None | Some(_), Some(_)) | (None, None) => {}
    }
}

fn execution(compared: &mut Compared<'_>) {
    const KEY: &str = "pipelineExecutionId";
    match (compared.old.pipeline_execution_id(), compared.new.pipeline_execution_id()) {
        (old, new) if old == new => {}
        (Some(old), _) => {
            compared.loosens(KEY, format!("executions other than `{old}` can pass"));
        }
        (None, Some(new)) => {
            compared.tightens(KEY, format!("no execution but `{new}` can pass"));
        }
        (None, None) => {}
    }
}
