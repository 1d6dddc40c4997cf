//! Who answered, as the history and the state name them.

use rule::{Principal, PrincipalKind};

use super::verdict;
use crate::facts::seen::Seen;
use crate::facts::sight::Sight;
use crate::facts::{Fact, Verdict};

/// What to say where there is nobody to look at.
const UNANSWERED: &str = "nobody has answered an approval of this execution";

pub(super) const NAMED: Fact = Fact {
    id: "approver-is-named",
    says: "the history names who answered an approval by ARN (`updatedBy`)",
    if_not: "nobody can be made out behind such an approval, and it does not count: the gate refuses",
};

pub(super) fn named(sight: &Sight) -> (Verdict, Seen) {
    let shapes: Vec<Shape> = sight
        .answered()
        .map(|approval| shape(approval.attempt.approver.history.as_deref()))
        .collect();
    let good = shapes.iter().filter(|shape| !matches!(shape, Shape::Missing | Shape::NotAnArn));
    let good = good.count();
    if shapes.is_empty() {
        return (Verdict::NotSeen, Seen::words(UNANSWERED));
    }
    (
        verdict(good, shapes.len()),
        Seen::count(good, shapes.len(), "answered approvals have an ARN").and_shapes(&shapes),
    )
}

pub(super) const SESSIONS: Fact = Fact {
    id: "role-session-is-named",
    says: "who answered through a role is named by the ARN of the session, with the session name (`…:assumed-role/ROLE/SESSION`)",
    if_not: "people who come through roles, IAM Identity Center's among them, cannot be told apart: they do not count, and the gate refuses",
};

pub(super) fn sessions(sight: &Sight) -> (Verdict, Seen) {
    let history = sight.answered().map(|approval| approval.attempt.approver.history.as_deref());
    let shapes: Vec<Shape> = history.map(shape).collect();
    let through_roles: Vec<Shape> = shapes
        .iter()
        .copied()
        .filter(|shape| matches!(shape, Shape::Session | Shape::Role | Shape::OtherArn))
        .collect();
    if shapes.is_empty() {
        return (Verdict::NotSeen, Seen::words(UNANSWERED));
    }
    let good = through_roles.iter().filter(|shape| **shape == Shape::Session).count();
    (
        verdict(good, through_roles.len()),
        Seen::count(through_roles.len(), shapes.len(), "answers came through a role")
            .and_shapes(&shapes),
    )
}

pub(super) const AGREED: Fact = Fact {
    id: "state-and-history-agree",
    says: "GetPipelineState (`lastUpdatedBy`) and the history (`updatedBy`) name the same principal for one approval",
    if_not: "where they differ nobody is counted (`principal-mismatch`), and the gate refuses",
};

pub(super) fn agreed(sight: &Sight) -> (Verdict, Seen) {
    let pairs = sight.answered().filter_map(|approval| {
        let history = approval.attempt.approver.history.as_deref()?;
        let state = sight.run_of(approval)?.updated_by.as_deref()?;
        Some(Principal::parse(history).is(&Principal::parse(state)))
    });
    let pairs: Vec<bool> = pairs.collect();
    let same = pairs.iter().filter(|same| **same).count();
    let seen = match pairs.len() {
        0 => Seen::words("the state shows no answered approval of this execution any more"),
        all => Seen::count(same, all, "approvals that both show are named alike"),
    };
    (verdict(same, pairs.len()), seen)
}

pub(super) const RECORDED: Fact = Fact {
    id: "trail-and-history-agree",
    says: "CloudTrail's event of an answer has the approval's token, and names the same principal as the history",
    if_not: "evidence finds no event for the approval, or reports an error since two witnesses contradict each other; the gate does not ask \
             CloudTrail",
};

pub(super) fn recorded(sight: &Sight) -> (Verdict, Seen) {
    if sight.trail.is_none() {
        return (Verdict::NotSeen, Seen::words("only CloudTrail tells (--cloudtrail-file)"));
    }
    let pairs = sight.answered().filter_map(|approval| {
        let history = approval.attempt.approver.history.as_deref()?;
        let by = sight.recorded(approval)?.by.as_deref();
        Some(by.is_some_and(|by| Principal::parse(history).is(&Principal::parse(by))))
    });
    let pairs: Vec<bool> = pairs.collect();
    let same = pairs.iter().filter(|same| **same).count();
    let seen = match pairs.len() {
        0 => Seen::words("CloudTrail's events have the token of no answered approval"),
        all => Seen::count(same, all, "answers that CloudTrail has by token are named alike"),
    };
    (verdict(same, pairs.len()), seen)
}

/// What a name of somebody looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    User,
    Session,
    Role,
    Root,
    FederatedUser,
    OtherArn,
    NotAnArn,
    Missing,
}

impl Shape {
    const ALL: [(Self, &str); 8] = [
        (Self::User, "ARN of an IAM user"),
        (Self::Session, "ARN of a role session with its name"),
        (Self::Role, "ARN of a role without a session"),
        (Self::Root, "ARN of the root user"),
        (Self::FederatedUser, "ARN of a federated user"),
        (Self::OtherArn, "ARN of another form"),
        (Self::NotAnArn, "text that is no ARN"),
        (Self::Missing, "nothing"),
    ];
}

fn shape(name: Option<&str>) -> Shape {
    let Some(name) = name else {
        return Shape::Missing;
    };
    match Principal::parse(name).kind() {
        PrincipalKind::User { .. } => Shape::User,
        PrincipalKind::Session { .. } => Shape::Session,
        PrincipalKind::Role { .. } => Shape::Role,
        PrincipalKind::Root => Shape::Root,
        PrincipalKind::FederatedUser => Shape::FederatedUser,
        PrincipalKind::Unknown if name.starts_with("arn:") => Shape::OtherArn,
        PrincipalKind::Service | PrincipalKind::Unknown => Shape::NotAnArn,
    }
}

impl Seen {
    /// How many of which shape.
    fn and_shapes(self, shapes: &[Shape]) -> Self {
        let counted = Shape::ALL
            .iter()
            .map(|(shape, words)| (shapes.iter().filter(|other| *other == shape).count(), *words));
        counted.filter(|(count, _)| *count > 0).enumerate().fold(
            self,
            |seen, (at, (count, words))| {
                let seen = if at == 0 { seen.and(":") } else { seen.and(",") };
                seen.number(count).and("×").and(words)
            },
        )
    }
}
