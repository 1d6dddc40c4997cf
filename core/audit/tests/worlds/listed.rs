//! Worlds that are listed: every call, alone and in pairs, with every holder of the second slot,
//! and with every denial.
//!
//! ann serves ApprovalA, and the calls are hers.

use std::rc::Rc;

use super::account::{GROUPS, Identity, Kind, Managed, POLICIES, ROLES, USERS, World};
use super::policy::{Statement, Trusted};

const ANN: &str = USERS[0];
const BOB: &str = USERS[1];
const DEVS: &str = GROUPS[0];
/// The group of ann.
const OPS: &str = GROUPS[1];
/// A role that trusts the account.
const ALPHA: &str = ROLES[0];
/// A role that trusts Lambda.
const BETA: &str = ROLES[2];
/// A policy that has another version.
const ONE: &str = POLICIES[0];
const TWO: &str = POLICIES[1];

const APPROVE: &[&str] = &["codepipeline:PutApprovalResult"];
const SLOT_A: &str = "arn:aws:codepipeline:*:111122223333:pay/Release/ApprovalA";
const SLOT_B: &str = "arn:aws:codepipeline:*:111122223333:pay/Release/ApprovalB";

type Call = (&'static [&'static str], &'static str);

const CALLS: &[Call] = &[
    (&["sts:AssumeRole"], ALPHA),
    (&["iam:CreateAccessKey"], BOB),
    (&["iam:CreateLoginProfile"], BOB),
    (&["iam:UpdateLoginProfile"], BOB),
    (&["iam:PutUserPolicy"], ANN),
    (&["iam:PutUserPolicy"], BOB),
    (&["iam:AttachUserPolicy"], ANN),
    (&["iam:AttachUserPolicy"], BOB),
    (&["iam:DetachUserPolicy"], ANN),
    (&["iam:DeleteUserPolicy"], ANN),
    (&["iam:PutUserPermissionsBoundary"], ANN),
    (&["iam:DeleteUserPermissionsBoundary"], ANN),
    (&["iam:CreateUser"], USERS[3]),
    (&["iam:CreateAccessKey", "iam:PutUserPolicy"], USERS[3]),
    (&["iam:AddUserToGroup"], DEVS),
    (&["iam:RemoveUserFromGroup"], OPS),
    (&["iam:PutGroupPolicy"], DEVS),
    (&["iam:PutGroupPolicy"], OPS),
    (&["iam:AttachGroupPolicy"], DEVS),
    (&["iam:DetachGroupPolicy"], OPS),
    (&["iam:DeleteGroupPolicy"], OPS),
    (&["iam:PutRolePolicy"], ALPHA),
    (&["iam:AttachRolePolicy"], BETA),
    (&["iam:UpdateAssumeRolePolicy"], ALPHA),
    (&["iam:UpdateAssumeRolePolicy"], BETA),
    (&["iam:PassRole"], BETA),
    (&["lambda:CreateFunction", "lambda:InvokeFunction"], "*"),
    (&["iam:CreateRole"], ROLES[3]),
    (&["iam:PutRolePolicy"], "arn:aws:iam::111122223333:role/a*"),
    (&["iam:CreatePolicyVersion"], ONE),
    (&["iam:SetDefaultPolicyVersion"], ONE),
];

/// The holder of the second slot.
#[derive(Clone, Copy)]
enum Holder {
    Nobody,
    /// A user, group or role.
    Identity(&'static str),
    /// A policy of ann has it in the version that is not in force.
    OtherVersion,
}

const HOLDERS: [Holder; 6] = [
    Holder::Nobody,
    Holder::Identity(BOB),
    Holder::Identity(DEVS),
    Holder::Identity(ALPHA),
    Holder::Identity(BETA),
    Holder::OtherVersion,
];

/// Where a denial stands.
#[derive(Clone, Copy)]
enum Place {
    Own,
    OfGroup,
    Attached,
    Boundary,
    Control,
}

const PLACES: [Place; 5] =
    [Place::Own, Place::OfGroup, Place::Attached, Place::Boundary, Place::Control];

/// Every call with every holder, and nothing or one thing denied in each place: the second slot,
/// the call on its target, or the call on everything.
pub(crate) fn single_calls() -> Vec<World> {
    let mut worlds = Vec::new();
    for holder in HOLDERS {
        for call in CALLS {
            worlds.push(world(holder, &[*call]));
            let denials = [
                Statement::deny(APPROVE, SLOT_B),
                Statement::deny(call.0, call.1),
                Statement::deny(call.0, "*"),
            ];
            for place in PLACES {
                let denied = denials.iter().map(|denial| {
                    let mut world = world(holder, &[*call]);
                    deny(&mut world, place, denial.clone());
                    world
                });
                worlds.extend(denied);
            }
        }
    }
    worlds
}

/// Every two calls with every holder.
pub(crate) fn pairs_of_calls() -> Vec<World> {
    let mut worlds = Vec::new();
    for holder in HOLDERS {
        for (at, one) in CALLS.iter().enumerate() {
            let others = CALLS[at + 1..].iter();
            worlds.extend(others.map(|other| world(holder, &[*one, *other])));
        }
    }
    worlds
}

/// How two calls are spread: ann gets one of them elsewhere, and has the other herself or gets it
/// elsewhere, too.
#[derive(Clone, Copy)]
enum Spread {
    /// One in a group that she may join.
    Group,
    /// Each in another group that she may join.
    TwoGroups,
    /// One in a role that she may assume.
    Role,
    /// One by a user whose access key she may make.
    User,
}

/// Every two calls that are spread, in both orders, with every holder.
pub(crate) fn spread_calls() -> Vec<World> {
    let mut worlds = Vec::new();
    for holder in HOLDERS {
        for spread in [Spread::Group, Spread::TwoGroups, Spread::Role, Spread::User] {
            for one in CALLS {
                let others = CALLS.iter().filter(|other| *other != one);
                worlds.extend(others.map(|other| spread_world(holder, spread, *one, *other)));
            }
        }
    }
    worlds
}

fn spread_world(holder: Holder, spread: Spread, one: Call, other: Call) -> World {
    const JOINS: &[&str] = &["iam:AddUserToGroup"];
    const SECOND: &str = GROUPS[2];
    let (way, place) = match spread {
        Spread::Group | Spread::TwoGroups => ((JOINS, DEVS), DEVS),
        Spread::Role => ((&["sts:AssumeRole"][..], ALPHA), ALPHA),
        Spread::User => ((&["iam:CreateAccessKey"][..], BOB), BOB),
    };
    let own = if matches!(spread, Spread::TwoGroups) { (JOINS, SECOND) } else { other };
    let mut world = world(holder, &[way, own]);
    let allow = |(actions, resource): Call| Rc::new(vec![Statement::allow(actions, resource)]);
    world.change(place).inline.insert("call", allow(one));
    if matches!(spread, Spread::TwoGroups) {
        world.identities.insert(SECOND, Rc::new(Identity::new(Kind::Group)));
        world.change(SECOND).inline.insert("call", allow(other));
    }
    world
}

fn world(holder: Holder, calls: &[Call]) -> World {
    let mut world = World::new();
    for (kind, arns) in
        [(Kind::User, [ANN, BOB]), (Kind::Group, [DEVS, OPS]), (Kind::Role, [ALPHA, BETA])]
    {
        for arn in arns {
            world.identities.insert(arn, Rc::new(Identity::new(kind)));
        }
    }
    world.change(ALPHA).trust = Rc::new(vec![(true, Trusted::Account)]);
    world.change(BETA).trust = Rc::new(vec![(true, Trusted::Lambda)]);
    let reads = Statement::allow(&["codepipeline:GetPipelineState"], "*");
    let approves = Statement::allow(APPROVE, SLOT_B);
    let other = if matches!(holder, Holder::OtherVersion) { &approves } else { &reads };
    let versions = vec![Rc::new(vec![reads.clone()]), Rc::new(vec![other.clone()])];
    world.policies.insert(ONE, Rc::new(Managed { versions, default: 0 }));
    let ann = world.change(ANN);
    ann.attached.insert(ONE);
    ann.groups.insert(OPS);
    let statements = calls.iter().map(|(actions, resource)| Statement::allow(actions, resource));
    ann.inline.insert("calls", Rc::new(statements.collect()));
    ann.inline.insert("slot", Rc::new(vec![Statement::allow(APPROVE, SLOT_A)]));
    if let Holder::Identity(arn) = holder {
        world.change(arn).inline.insert("slot", Rc::new(vec![approves]));
    }
    world
}

fn deny(world: &mut World, place: Place, denial: Statement) {
    match place {
        Place::Own => {
            world.change(ANN).inline.insert("denial", Rc::new(vec![denial]));
        }
        Place::OfGroup => {
            world.change(OPS).inline.insert("denial", Rc::new(vec![denial]));
        }
        Place::Control => world.control = Some(Rc::new(vec![denial])),
        Place::Attached => {
            add_policy(world, vec![denial]);
            world.change(ANN).attached.insert(TWO);
        }
        Place::Boundary => {
            add_policy(world, vec![Statement::allow(&["*"], "*"), denial]);
            world.change(ANN).boundary = Some(TWO);
        }
    }
}

fn add_policy(world: &mut World, text: Vec<Statement>) {
    let managed = Managed { versions: vec![Rc::new(text)], default: 0 };
    world.policies.insert(TWO, Rc::new(managed));
}
