//! The changes to one actor that are tried together. One policy may be needed beside another one,
//! and a third one may deny what both allow.

use iam::Effect;
use iam::account::{Account, PolicyId};

use super::changes::{Change, Changes};

/// If there are at most this many changes, every set of them is tried.
const FEW: usize = 5;

impl Changes {
    /// The sets of changes that are worth a try and that were not returned before, the smallest
    /// first. If there are many changes, these are each one alone, and all that take nothing away
    /// together, with each set of the others or, if these are many too, with one or all of them.
    pub(super) fn untried(&mut self, account: &Account) -> Vec<Vec<Change>> {
        let has_everything = self.has(Change::Everything);
        // Nothing can be added to it, so only what is taken away counts.
        let is_idle = |change: &Change| {
            has_everything && (matches!(change, Change::Attached(_)) || change.joined().is_some())
        };
        let all: Vec<Change> = self.all().filter(|change| !is_idle(change)).collect();
        let mut sets = match all.len() <= FEW {
            true => subsets(&all),
            false => some_of_many(&all, account),
        };
        for set in &mut sets {
            set.sort_unstable();
            // What changes a group that is joined matters only to its members.
            let joined: Vec<Change> =
                set.iter().filter(|it| matches!(it, Change::Joined(_))).copied().collect();
            set.retain(|it| it.joined().is_none_or(|at| joined.contains(&Change::Joined(at))));
        }
        sets.retain(|set| {
            let is_wanted = !has_everything || set.len() == 1 || set.contains(&Change::Everything);
            !set.is_empty() && is_wanted && has_one_version_each(set) && self.is_first_try(set)
        });
        sets.sort_by_key(Vec::len);
        sets
    }
}

fn some_of_many(all: &[Change], account: &Account) -> Vec<Vec<Change>> {
    let alone = all.iter().map(|change| match change.joined() {
        None => vec![*change],
        group => all.iter().filter(|other| other.joined() == group).copied().collect(),
    });
    let (plain, others): (Vec<Change>, Vec<Change>) =
        all.iter().partition(|change| only_adds(**change, account));
    let chosen = match others.len() <= FEW {
        true => subsets(&others),
        false => {
            others.iter().map(|other| vec![*other]).chain([Vec::new(), others.clone()]).collect()
        }
    };
    let together = chosen.into_iter().map(|chosen| [plain.clone(), chosen].concat());
    alone.chain(together).collect()
}

/// Whether a change takes nothing away, and makes nothing depend on a condition.
fn only_adds(change: Change, account: &Account) -> bool {
    let text = |id: PolicyId| account.policy(id).map(|stored| &*stored.policy);
    let adds = |id: PolicyId| text(id).is_none_or(|policy| !policy.has(Effect::Deny));
    let takes_only_denials =
        |id: PolicyId| text(id).is_none_or(|policy| !policy.has(Effect::Allow));
    match change {
        Change::Everything
        | Change::EverythingToJoined(_)
        | Change::Rewritten(_)
        | Change::Unbounded => true,
        Change::Attached(id) | Change::AttachedToJoined(_, id) => adds(id),
        Change::Joined(at) => {
            account.group(at).is_none_or(|group| group.policies.iter().all(|id| adds(*id)))
        }
        Change::Left(at) => account
            .group(at)
            .is_none_or(|group| group.policies.iter().all(|id| takes_only_denials(*id))),
        Change::Off(id) | Change::OffGroup(_, id) | Change::OffJoined(_, id) => {
            takes_only_denials(id)
        }
        Change::Version(..) | Change::Retagged | Change::Uncontrolled => false,
    }
}

/// Whether no policy is in two versions.
fn has_one_version_each(set: &[Change]) -> bool {
    let versions = set.iter().filter_map(|change| {
        let Change::Version(id, _) = change else { return None };
        Some(*id)
    });
    let mut versions: Vec<PolicyId> = versions.collect();
    let all = versions.len();
    versions.dedup();
    versions.len() == all
}

/// All sets of these, also the empty one.
fn subsets(of: &[Change]) -> Vec<Vec<Change>> {
    of.iter().fold(vec![Vec::new()], |sets, change| {
        let with = sets.iter().map(|set| [set.as_slice(), &[*change]].concat());
        let with: Vec<Vec<Change>> = with.collect();
        [sets, with].concat()
    })
}
