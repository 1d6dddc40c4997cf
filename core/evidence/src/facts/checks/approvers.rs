//! How the history and the state name the people who answered.

use rule::{Principal, PrincipalKind};

use super::verdict;
use crate::facts::seen::Seen;
use crate::facts::sight::Sight;
use crate::facts::{Fact, Verdict};

/// The text for an execution without an answer.
const UNANSWERED: &str = "nobody has answered an approval of this execution";

pub(super) const NAMED: Fact = Fact {
    id: "approver-is-named",
    says: "the history names the person who answered an approval by ARN (`updatedBy`)",
    if_not: "nobody can be identified behind such an approval, so it does not count and the gate refuses",
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
    says: "an answer through a role names the session's ARN, with the session name \
           (`…:assumed-role/ROLE/SESSION`)",
    if_not: "people who use roles, including roles of IAM Identity Center, cannot be distinguished: they \
             do not count, and the gate refuses",
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
    says: "GetPipelineState (`lastUpdatedBy`) and the history (`updatedBy`) name the same principal for \
           an approval",
    if_not: "if they differ, nobody counts (`principal-mismatch`) and the gate refuses",
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
        0 => Seen::words("the state no longer shows an answered approval of this execution"),
        all => Seen::count(same, all, "approvals have the same name in both"),
    };
    (verdict(same, pairs.len()), seen)
}

pub(super) const RECORDED: Fact = Fact {
    id: "trail-and-history-agree",
    says: "CloudTrail's event for an answer has the approval's token and names the same principal as the \
           history",
    if_not: "evidence finds no event for the approval, or reports an error because two sources contradict \
             each other; the gate does not ask CloudTrail",
};

pub(super) fn recorded(sight: &Sight) -> (Verdict, Seen) {
    if sight.trail.is_none() {
        return (Verdict::NotSeen, Seen::words("only CloudTrail shows this (--cloudtrail-file)"));
    }
    let pairs = sight.answered().filter_map(|approval| {
        let history = approval.attempt.approver.history.as_deref()?;
        let by = sight.recorded(approval)?.by.as_deref();
        Some(by.is_some_and(|by| Principal::parse(history).is(&Principal::parse(by))))
    });
    let pairs: Vec<bool> = pairs.collect();
    let same = pairs.iter().filter(|same| **same).count();
    let seen = match pairs.len() {
        0 => Seen::words("no CloudTrail event has the token of an answered approval"),
        all => Seen::count(same, all, "answers have the same name in CloudTrail"),
    };
    (verdict(same, pairs.len()), seen)
}

/// The form of an approver's name.
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
        (Self::NotAnArn, "text that is not an ARN"),
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
    /// Appends the number of names of each form.
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
