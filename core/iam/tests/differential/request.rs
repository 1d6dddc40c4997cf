//! Requests, with all the policies that decide.

use std::collections::BTreeMap;

use iam::account::{Account, Actor, Control, UserIx};
use iam::{Context, Truth};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

use crate::conditions;

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const ALICE: &str = "arn:aws:iam::111122223333:user/release/alice";
pub(crate) const ROLE: &str = "arn:aws:iam::111122223333:role/Deployer";

/// A user's request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) action: String,
    pub(crate) resource: String,
    pub(crate) context: BTreeMap<String, Vec<String>>,
    /// The user's own policies.
    pub(crate) own: Vec<Value>,
    /// The policies of the user's group.
    pub(crate) group: Vec<Value>,
    pub(crate) boundary: Option<Value>,
    /// The levels of service control policies.
    pub(crate) controls: Vec<Vec<Value>>,
    /// The trust policy of the role that is the resource.
    pub(crate) trust: Option<Value>,
}

fn named(policies: &[Value]) -> Vec<Value> {
    let named = policies.iter().enumerate();
    named.map(|(at, policy)| json!({"name": at.to_string(), "policy": policy})).collect()
}

impl Request {
    /// The request in the simulator's format.
    pub(crate) fn simulation(&self) -> Value {
        let value = |values: &Vec<String>| match values.as_slice() {
            [one] => json!(one),
            many => json!(many),
        };
        let context: BTreeMap<_, _> =
            self.context.iter().map(|(key, values)| (key, value(values))).collect();
        let controls = self.controls.iter().enumerate();
        json!({
            "request": {
                "principal": ALICE,
                "action": self.action,
                "resource": {"resource": self.resource, "accountId": ACCOUNT},
                "contextVariables": context,
            },
            "identityPolicies": named(&[self.own.as_slice(), &self.group].concat()),
            "permissionBoundaryPolicies": self.boundary.iter().map(|policy| json!({"name": "boundary", "policy": policy})).collect::<Vec<_>>(),
            "serviceControlPolicies": controls
                .map(|(at, level)| json!({"orgIdentifier": at.to_string(), "policies": named(level)}))
                .collect::<Vec<_>>(),
            "resourceControlPolicies": [],
            "resourcePolicy": self.trust,
        })
    }

    /// All of its policies.
    pub(crate) fn policies(&self) -> impl Iterator<Item = &Value> {
        let attached = self.own.iter().chain(&self.group).chain(&self.boundary);
        attached.chain(self.controls.iter().flatten()).chain(&self.trust)
    }

    /// The same, mutable.
    pub(crate) fn policies_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        let attached = self.own.iter_mut().chain(&mut self.group).chain(&mut self.boundary);
        attached.chain(self.controls.iter_mut().flatten()).chain(&mut self.trust)
    }

    /// The values of a condition key in it.
    pub(crate) fn values(&self, key: &str) -> &[String] {
        let found = self.context.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
        found.map_or(&[], |(_, values)| values)
    }

    /// The account of the request, without other principals.
    fn account(&self) -> Account {
        let inline = |policies: &[Value]| -> Vec<Value> {
            let named = policies.iter().enumerate();
            named
                .map(|(at, policy)| json!({"PolicyName": at.to_string(), "PolicyDocument": policy}))
                .collect()
        };
        let boundary = "arn:aws:iam::111122223333:policy/boundary";
        let mut user = json!({
            "UserName": "alice", "UserId": "AIDAALICE", "Arn": ALICE, "GroupList": ["approvers"],
            "UserPolicyList": inline(&self.own),
            "Tags": [{"Key": "Slot", "Value": "A"}, {"Key": "Team", "Value": "blue"}],
        });
        if self.boundary.is_some() {
            user["PermissionsBoundary"] =
                json!({"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": boundary});
        }
        let nobody = json!({"Version": "2012-10-17", "Statement": []});
        let details = json!({
            "UserDetailList": [user],
            "GroupDetailList": [{
                "GroupName": "approvers", "Arn": "arn:aws:iam::111122223333:group/approvers",
                "GroupPolicyList": inline(&self.group),
            }],
            "RoleDetailList": [{
                "RoleName": "Deployer", "RoleId": "AROADEPLOYER", "Arn": ROLE,
                "AssumeRolePolicyDocument": self.trust.as_ref().unwrap_or(&nobody),
            }],
            "Policies": self.boundary.iter().map(|policy| json!({
                "PolicyName": "boundary", "Arn": boundary,
                "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": policy}],
            })).collect::<Vec<_>>(),
        });
        let mut account = Account::parse(&details.to_string()).unwrap();
        for level in &self.controls {
            let read = |policy: &Value| Control::read(String::new(), &policy.to_string());
            let level: Vec<Control> = level.iter().map(read).collect();
            assert!(level.iter().all(|control| control.unread.is_none()));
            account.add_controls(level);
        }
        account
    }

    /// Whether the user's policies allow the request.
    pub(crate) fn access(&self) -> Truth {
        let mut context = Context::complete();
        for (key, values) in &self.context {
            context.set(key, values.clone());
        }
        let account = self.account();
        let grants = account.grants(Actor::User(UserIx(0)), |_| true);
        grants.about(&self.action.to_lowercase(), &context).allow(&self.resource)
    }

    /// Whether the user may assume the role.
    pub(crate) fn assumption(&self) -> Truth {
        let account = self.account();
        let role = account.roles.first().unwrap();
        account
            .assumer(Actor::User(UserIx(0)), |_| true)
            .is_some_and(|assumer| assumer.assume(role).is_some())
            .into()
    }
}

const ACTIONS: &[&str] = &[
    "codepipeline:PutApprovalResult",
    "codepipeline:PutApprovalResult",
    "codepipeline:GetPipelineState",
    "codepipeline:stopPipelineExecution",
    "lambda:InvokeFunction",
];

const ACTION_PATTERNS: &[&str] = &[
    "*",
    "codepipeline:*",
    "codepipeline:PutApprovalResult",
    "CodePipeline:put*",
    "codepipeline:P?tapproval*",
    "codepipeline:Get*",
    "codepipeline:*Pipeline*",
    "lambda:*",
    "sts:AssumeRole",
];

const RESOURCES: &[&str] = &[
    "arn:aws:codepipeline:us-east-1:111122223333:payments/Release/ApprovalA",
    "arn:aws:codepipeline:us-east-1:111122223333:payments/Release/ApprovalA",
    "arn:aws:codepipeline:us-east-1:111122223333:payments/Release/ApprovalB",
    "arn:aws:codepipeline:eu-west-1:111122223333:payments",
    "arn:aws:lambda:us-east-1:111122223333:function:gate",
];

const RESOURCE_PATTERNS: &[&str] = &[
    "*",
    "arn:aws:codepipeline:us-east-1:111122223333:*",
    "arn:aws:codepipeline:*:*:payments/*",
    "arn:aws:codepipeline:us-*-?:111122223333:payments/Release/ApprovalA",
    "arn:aws:codepipeline:us-east-1:111122223333:payments/*/Approval?",
    "arn:aws:codepipeline:us-east-1:111122223333:payments/Release/Approval${aws:PrincipalTag/Slot}",
    "arn:aws:codepipeline:us-east-1:111122223333:payments/Release/Approval${aws:PrincipalTag/Slot, 'A'}",
    "arn:aws:codepipeline:us-east-1:111122223333:payments/Release/Approval${*}",
    "arn:aws:codepipeline:*:*:*/Release/*",
    "arn:aws:codepipeline:*:111122223333:pay*",
    "arn:aws:codepipeline:*",
    "arn:*:lambda:*:*:function:*",
    "arn:aws:lambda:us-east-1:*:function:${aws:username}",
    "arn:aws:iam::111122223333:role/*",
];

/// One of the values without brackets, or a list.
fn one_or_some(values: &'static [&'static str], most: usize) -> BoxedStrategy<Value> {
    prop_oneof![
        select(values).prop_map(|one| json!(one)),
        subsequence(values, 1..=most).prop_map(|some| json!(some)),
    ]
    .boxed()
}

/// A statement of an identity-based policy.
fn statement(deny: u32) -> impl Strategy<Value = Value> {
    let effect = prop_oneof![10 - deny => Just("Allow"), deny => Just("Deny")];
    let action = select(&["Action", "Action", "Action", "Action", "NotAction"][..]);
    let resource = select(&["Resource", "Resource", "Resource", "Resource", "NotResource"][..]);
    (
        (effect, action, resource),
        one_or_some(ACTION_PATTERNS, 3),
        one_or_some(RESOURCE_PATTERNS, 3),
        conditions::block(),
    )
        .prop_map(|((effect, action, resource), actions, resources, conditions)| {
            let mut statement = json!({"Effect": effect, action: actions, resource: resources});
            if let Some(conditions) = conditions {
                statement["Condition"] = conditions;
            }
            statement
        })
}

/// A policy of statements.
pub(crate) fn policy(
    statement: impl Strategy<Value = Value>,
    most: usize,
) -> impl Strategy<Value = Value> {
    let version =
        prop_oneof![9 => Just(Some("2012-10-17")), 1 => select(&[Some("2008-10-17"), None][..])];
    (version, prop::collection::vec(statement, 1..=most)).prop_map(|(version, statements)| {
        let mut policy = json!({"Statement": statements});
        // Without variables, these are neither booleans nor ARNs, and are refused.
        let variables = ["${aws:SecureTransport}", "${aws:PrincipalArn}"];
        let needs_variables =
            variables.iter().any(|variable| policy.to_string().contains(variable));
        if let Some(version) = if needs_variables { Some("2012-10-17") } else { version } {
            policy["Version"] = json!(version);
        }
        policy
    })
}

/// A policy that allows everything, and may deny something.
fn limit() -> impl Strategy<Value = Value> {
    let all = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    prop_oneof![
        2 => Just(all.clone()),
        1 => policy(statement(3), 3),
        2 => statement(10).prop_map(move |deny| {
            let mut policy = all.clone();
            policy["Statement"].as_array_mut().unwrap().push(deny);
            policy
        }),
    ]
}

/// The user's own policies, the group's, the boundary, and the levels of service control policies.
type Policies = (Vec<Value>, Vec<Value>, Option<Value>, Vec<Vec<Value>>);

pub(crate) fn policies() -> impl Strategy<Value = Policies> {
    let own = prop::collection::vec(policy(statement(1), 3), 0..=2);
    let group = prop::collection::vec(policy(statement(1), 3), 0..=2);
    let controls = prop::collection::vec(prop::collection::vec(limit(), 1..=2), 0..=2);
    (own, group, prop::option::weighted(0.3, limit()), prop::option::weighted(0.3, controls))
        .prop_map(|(own, group, boundary, controls)| {
            (own, group, boundary, controls.unwrap_or_default())
        })
}

/// Requests on pipelines and functions.
pub(crate) fn requests() -> impl Strategy<Value = Request> {
    (select(ACTIONS), select(RESOURCES), conditions::context(), policies()).prop_map(
        |(action, resource, context, (own, group, boundary, controls))| Request {
            action: action.to_owned(),
            resource: resource.to_owned(),
            context,
            own,
            group,
            boundary,
            controls,
            trust: None,
        },
    )
}
