//! Random worlds. Names are few and statements come from a small pool, so chains are common.

use std::collections::BTreeSet;
use std::rc::Rc;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::account::{
    ADMINISTRATOR, GROUPS, Identity, Kind, Managed, POLICIES, ROLES, USERS, World,
};
use super::policy::{Document, Statement, Trust, Trusted};

const APPROVAL: &[&str] = &["codepipeline:PutApprovalResult"];
const APPROVALS: &[&str] = &[
    "arn:aws:codepipeline:*:111122223333:pay/Release/ApprovalA",
    "arn:aws:codepipeline:*:111122223333:pay/Release/ApprovalB",
    "arn:aws:codepipeline:*:111122223333:*/*/ApprovalA",
    "arn:aws:codepipeline:*:111122223333:*/*/ApprovalB",
    "arn:aws:codepipeline:*:111122223333:ops/Release/ApprovalA",
];
const USER_CALLS: &[&[&str]] = &[
    &["iam:CreateAccessKey"],
    &["iam:CreateLoginProfile"],
    &["iam:UpdateLoginProfile"],
    &["iam:PutUserPolicy"],
    &["iam:AttachUserPolicy"],
    &["iam:DetachUserPolicy"],
    &["iam:DeleteUserPolicy"],
    &["iam:PutUserPermissionsBoundary"],
    &["iam:DeleteUserPermissionsBoundary"],
    &["iam:CreateUser"],
    &["iam:CreateUser", "iam:CreateAccessKey"],
    &["iam:CreateAccessKey", "iam:PutUserPolicy"],
    &["iam:*User*"],
];
const ROLE_CALLS: &[&[&str]] = &[
    &["sts:AssumeRole"],
    &["sts:AssumeRole"],
    &["sts:AssumeRole"],
    &["iam:PutRolePolicy"],
    &["iam:AttachRolePolicy"],
    &["iam:DetachRolePolicy"],
    &["iam:DeleteRolePolicy"],
    &["iam:PutRolePermissionsBoundary"],
    &["iam:DeleteRolePermissionsBoundary"],
    &["iam:UpdateAssumeRolePolicy"],
    &["iam:PassRole"],
    &["iam:CreateRole"],
    &["iam:CreateRole", "iam:PutRolePolicy"],
    &["iam:PutRolePolicy", "sts:AssumeRole"],
];
const GROUP_CALLS: &[&[&str]] = &[
    &["iam:AddUserToGroup"],
    &["iam:RemoveUserFromGroup"],
    &["iam:AddUserToGroup", "iam:RemoveUserFromGroup"],
    &["iam:PutGroupPolicy"],
    &["iam:AttachGroupPolicy"],
    &["iam:DetachGroupPolicy"],
    &["iam:DeleteGroupPolicy"],
    &["iam:CreateGroup"],
];
const POLICY_CALLS: &[&[&str]] =
    &[&["iam:CreatePolicyVersion"], &["iam:SetDefaultPolicyVersion"], &["iam:CreatePolicy"]];
const LAMBDA_CALLS: &[&[&str]] = &[
    &["lambda:CreateFunction", "lambda:InvokeFunction"],
    &["lambda:CreateFunction"],
    &["lambda:InvokeFunction"],
];
const BROAD: &[&[&str]] = &[
    &["iam:*"],
    &["*"],
    &["iam:Put*"],
    &["iam:Attach*"],
    &["iam:De*"],
    &["sts:*"],
    &["codepipeline:*"],
];

const USER_NAMES: &[&str] =
    &[USERS[0], USERS[1], USERS[2], "arn:aws:iam::111122223333:user/*", "*"];
const ROLE_NAMES: &[&str] = &[
    ROLES[0],
    ROLES[1],
    ROLES[2],
    "arn:aws:iam::111122223333:role/a*",
    "arn:aws:iam::111122223333:role/*",
    "*",
];
const GROUP_NAMES: &[&str] = &[GROUPS[0], GROUPS[1], "arn:aws:iam::111122223333:group/*", "*"];
const POLICY_NAMES: &[&str] =
    &[POLICIES[0], POLICIES[1], POLICIES[2], "arn:aws:iam::111122223333:policy/t*", "*"];

/// What a statement is about: calls, and resources.
fn matter() -> impl Strategy<Value = (&'static [&'static str], &'static str)> {
    prop_oneof![
        6 => (Just(APPROVAL), select(APPROVALS)),
        6 => (select(USER_CALLS), select(USER_NAMES)),
        6 => (select(ROLE_CALLS), select(ROLE_NAMES)),
        3 => (select(GROUP_CALLS), select(GROUP_NAMES)),
        2 => (select(POLICY_CALLS), select(POLICY_NAMES)),
        2 => (select(LAMBDA_CALLS), Just("*")),
        1 => (select(BROAD), Just("*")),
    ]
}

fn document(denials: f64) -> impl Strategy<Value = Document> {
    let statement = (prop::bool::weighted(1.0 - denials), matter()).prop_map(
        |(allows, (actions, resource))| Statement {
            allows,
            actions: actions.to_vec(),
            resources: vec![resource],
        },
    );
    vec(statement, 1..3).prop_map(Rc::new)
}

/// A text that limits, as boundaries do, or any other.
fn bounding() -> impl Strategy<Value = Document> {
    let denied = matter().prop_map(|(actions, resource)| {
        Rc::new(vec![Statement::allow(&["*"], "*"), Statement::deny(actions, resource)])
    });
    let allowed = vec(matter(), 1..4).prop_map(|matters| {
        let statements =
            matters.iter().map(|(actions, resource)| Statement::allow(actions, resource));
        Rc::new(statements.collect())
    });
    prop_oneof![2 => denied, 2 => allowed, 3 => document(0.3)]
}

fn trust() -> impl Strategy<Value = Trust> {
    let named: Vec<Trusted> =
        [&USERS[..3], &ROLES[..3]].concat().into_iter().map(Trusted::Named).collect();
    let one = prop_oneof![
        4 => Just(Trusted::Account),
        4 => select(named),
        2 => Just(Trusted::Lambda),
    ];
    vec((prop::bool::weighted(0.9), one), 1..3).prop_map(|mut trust| {
        trust.retain(|one| *one != (false, Trusted::Lambda));
        Rc::new(trust)
    })
}

fn identity(kind: Kind, most: usize) -> impl Strategy<Value = Identity> {
    let attachable = [&POLICIES[..3], &[ADMINISTRATOR]].concat();
    let attached = prop_oneof![
        5 => Just(Vec::new()),
        3 => subsequence(POLICIES[..3].to_vec(), 1..=1),
        1 => subsequence(attachable, 1..=2),
    ];
    (
        vec(document(0.2), 0..=most),
        attached,
        prop::option::weighted(0.15, select(&POLICIES[..3])),
        subsequence(GROUPS[..2].to_vec(), 0..=2),
        prop::bool::weighted(0.4),
        trust(),
    )
        .prop_map(move |(inline, attached, boundary, groups, joins, trust)| {
            let mut identity = Identity::new(kind);
            identity.inline = ["p-1", "p-2", "p-3"].into_iter().zip(inline).collect();
            identity.attached = attached.into_iter().collect();
            if kind != Kind::Group {
                identity.boundary = boundary;
            }
            match kind {
                Kind::User if joins => identity.groups = groups.into_iter().collect(),
                Kind::Role => identity.trust = trust,
                _ => {}
            }
            identity
        })
}

fn managed() -> impl Strategy<Value = Managed> {
    let texts = prop_oneof![3 => document(0.2).boxed(), 2 => bounding().boxed()];
    (vec(texts, 1..3), any::<prop::sample::Index>()).prop_map(|(versions, default)| Managed {
        default: default.index(versions.len()),
        versions,
    })
}

/// A denial: the place of its holder, the place of a slot or a link that it is about, and whether
/// it is about every resource.
type Denial = (prop::sample::Index, prop::sample::Index, bool);

/// Somebody who may do something to somebody: places in the list of all, and a place in the calls
/// that concern the second.
type Link = (prop::sample::Index, prop::sample::Index, prop::sample::Index);

pub(crate) fn world() -> impl Strategy<Value = World> {
    let link = || any::<Link>();
    (
        (vec(identity(Kind::User, 1), 2..=3), vec(identity(Kind::Group, 1), 0..=2)),
        vec(identity(Kind::Role, 1), 0..=3),
        vec(managed(), 0..=3),
        prop::option::weighted(0.1, matter()),
        prop::option::weighted(0.9, any::<[prop::sample::Index; 2]>()),
        vec(link(), 0..=4),
        prop_oneof![1 => Just(Vec::new()), 1 => vec(any::<Denial>(), 1..=2)],
    )
        .prop_map(|((users, groups), roles, policies, control, holders, links, denials)| {
            let mut world = World::new();
            let all = [(&USERS[..], users), (&GROUPS[..], groups), (&ROLES[..], roles)];
            for (names, identities) in all {
                world
                    .identities
                    .extend(names.iter().copied().zip(identities.into_iter().map(Rc::new)));
            }
            world.policies.extend(POLICIES.into_iter().zip(policies.into_iter().map(Rc::new)));
            world.control = control
                .map(|(actions, resource)| Rc::new(vec![Statement::deny(actions, resource)]));
            without_strangers(&mut world);
            let policies = world.policies.keys().copied().filter(|arn| *arn != ADMINISTRATOR);
            let all: Vec<&str> = world.identities.keys().copied().chain(policies).collect();
            if let Some(holders) = holders {
                for (slot, holder) in APPROVALS.iter().zip(&holders) {
                    add(
                        &mut world,
                        "slot",
                        all[holder.index(all.len())],
                        Statement::allow(APPROVAL, slot),
                    );
                }
            }
            let mut matters = vec![(APPROVAL, APPROVALS[0]), (APPROVAL, APPROVALS[1])];
            for (place, (from, to, call)) in links.iter().enumerate() {
                let to = all[to.index(all.len())];
                let calls = match world.identities.get(to).map(|identity| identity.kind) {
                    Some(Kind::User) => USER_CALLS,
                    Some(Kind::Group) => GROUP_CALLS,
                    Some(Kind::Role) => ROLE_CALLS,
                    None => POLICY_CALLS,
                };
                let call = calls[call.index(calls.len())];
                let statement = Statement::allow(call, to);
                matters.push((call, to));
                add(
                    &mut world,
                    ["l-1", "l-2", "l-3", "l-4"][place],
                    all[from.index(all.len())],
                    statement,
                );
            }
            for (place, matter, is_wide) in denials {
                let (actions, resource) = matters[matter.index(matters.len())];
                let statement = Statement::deny(actions, if is_wide { "*" } else { resource });
                add(&mut world, "denial", all[place.index(all.len())], statement);
            }
            world
        })
}

/// Adds a statement to an identity as an inline policy, or to the version of a policy in force.
fn add(world: &mut World, name: &'static str, to: &str, statement: Statement) {
    if world.identities.contains_key(to) {
        let inline = &mut world.change(to).inline;
        Rc::make_mut(inline.entry(name).or_default()).push(statement);
    } else {
        let managed = Rc::make_mut(world.policies.get_mut(to).unwrap());
        Rc::make_mut(&mut managed.versions[managed.default]).push(statement);
    }
}

/// Removes groups and policies that do not exist. In a trust policy, IAM accepts only principals
/// that do, and shows those that are gone by an id that no other principal gets (IAM User Guide,
/// "AWS JSON policy elements: Principal").
fn without_strangers(world: &mut World) {
    let groups: BTreeSet<&str> = world.all(Kind::Group).collect();
    let policies: BTreeSet<&str> = world.policies.keys().copied().collect();
    let principals: BTreeSet<&str> = world.identities.keys().copied().collect();
    for identity in world.identities.values_mut() {
        let identity = Rc::make_mut(identity);
        Rc::make_mut(&mut identity.trust).retain(|(_, trusted)| match trusted {
            Trusted::Named(arn) => principals.contains(arn),
            _ => true,
        });
        if identity.kind == Kind::Role && identity.trust.is_empty() {
            identity.trust = Rc::new(vec![(true, Trusted::Account)]);
        }
        identity.groups.retain(|group| groups.contains(group));
        identity.attached.retain(|policy| policies.contains(policy));
        identity.boundary = identity.boundary.filter(|policy| policies.contains(policy));
    }
}
