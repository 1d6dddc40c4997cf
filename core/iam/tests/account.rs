//! An account: what it has, and which policies decide for its users and roles.

#![cfg(test)]

use iam::account::{Account, Actor, Control, GroupIx, Outsider, RoleIx, UserIx};
use iam::{Context, Truth};
use serde_json::{Value, json};

const OTHER_ALICE: &str = "arn:aws:iam::444455556666:user/alice";

fn policy(action: &str) -> Value {
    let statement = json!({"Effect": "Allow", "Action": action, "Resource": "*"});
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

fn inline(action: &str) -> Value {
    json!([{"PolicyName": action.replace(':', "-"), "PolicyDocument": policy(action)}])
}

fn role(path: &str, name: &str) -> Value {
    json!({
        "RoleName": name, "RoleId": format!("AROA{name}"), "Path": path,
        "Arn": format!("arn:aws:iam::111122223333:role{path}{name}"),
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": OTHER_ALICE}},
        ]},
        "RolePolicyList": inline("s3:GetObject"), "AttachedManagedPolicies": [], "Tags": [],
        "InstanceProfileList": [],
    })
}

fn details() -> Value {
    let user = |name: &str| {
        json!({
            "UserName": name, "UserId": format!("AIDA{name}"), "Path": "/team/",
            "Arn": format!("arn:aws:iam::111122223333:user/team/{name}"),
            "UserPolicyList": inline("s3:GetObject"), "GroupList": [],
            "AttachedManagedPolicies": [], "Tags": [],
        })
    };
    let mut alice = user("alice");
    alice["GroupList"] = json!(["ops"]);
    let mut bob = user("bob");
    let boundary = "arn:aws:iam::111122223333:policy/limit";
    bob["PermissionsBoundary"] = json!({
        "PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": boundary,
    });
    json!({
        "UserDetailList": [alice, bob],
        "GroupDetailList": [{
            "GroupName": "ops", "GroupId": "AGPA1", "Path": "/",
            "Arn": "arn:aws:iam::111122223333:group/ops",
            "GroupPolicyList": inline("s3:PutObject"), "AttachedManagedPolicies": [],
        }],
        "RoleDetailList": [
            role("/deploy/", "R"),
            role("/aws-service-role/support.amazonaws.com/", "AWSServiceRoleForSupport"),
        ],
        "Policies": [{
            "PolicyName": "limit", "PolicyId": "ANPA1", "Arn": boundary, "Path": "/",
            "DefaultVersionId": "v1", "AttachmentCount": 0, "IsAttachable": true,
            "PolicyVersionList": [
                {"VersionId": "v1", "IsDefaultVersion": true, "Document": policy("s3:PutObject")},
            ],
        }],
    })
}

fn account() -> Account {
    Account::parse(&details().to_string()).unwrap()
}

const ALICE: Actor = Actor::User(UserIx(0));
const BOB: Actor = Actor::User(UserIx(1));
const ROLE: Actor = Actor::Role(RoleIx(0));
const LINKED: Actor = Actor::Role(RoleIx(1));

/// Which of two actions an actor may take.
fn may(account: &Account, actor: Actor) -> [bool; 2] {
    let grants = account.grants(actor, |_| true);
    ["s3:getobject", "s3:putobject"]
        .map(|action| grants.about(action, &Context::new()).allow("arn:aws:s3:::b/k") == Truth::Yes)
}

#[test]
fn what_an_account_has_is_found_by_place_and_by_arn() {
    let account = account();
    assert_eq!(account.actors().collect::<Vec<_>>(), [ALICE, BOB, ROLE, LINKED]);
    assert_eq!(account.user(UserIx(1)).unwrap().identity.name, "bob");
    assert_eq!(account.group(GroupIx(0)).unwrap().name, "ops");
    assert_eq!(account.role(RoleIx(0)).unwrap().identity.name, "R");
    assert!(account.user(UserIx(2)).is_none() && account.role(RoleIx(2)).is_none());
    let users: Vec<_> = account.users_by_ix().map(|(at, it)| (at.0, &*it.identity.name)).collect();
    assert_eq!(users, [(0, "alice"), (1, "bob")]);
    assert_eq!(account.groups_by_ix().map(|(at, _)| at).collect::<Vec<_>>(), [GroupIx(0)]);
    let role = "arn:aws:iam::111122223333:role/deploy/R";
    assert_eq!(account.role_arns().next(), Some(role));
    assert_eq!((account.role_arns().count(), account.arn(ROLE)), (2, role));
    for (arn, actor) in [
        ("arn:aws:iam::111122223333:user/team/bob", Some(BOB)),
        (role, Some(ROLE)),
        ("arn:aws:sts::111122223333:assumed-role/R/anything", Some(ROLE)),
        ("arn:aws:sts::444455556666:assumed-role/R/anything", None),
        ("arn:aws:sts::111122223333:assumed-role/S/anything", None),
        (OTHER_ALICE, None),
    ] {
        assert_eq!(account.actor(arn), actor, "{arn}");
    }
    let path = |actor| account.identity(actor).unwrap().path();
    assert_eq!((path(ALICE), path(ROLE)), ("/team/", "/deploy/"));
    for (id, stored) in account.policies() {
        assert_eq!(account.policy(id).unwrap().name, stored.name);
        assert_eq!(account.policies().nth(id.place()).unwrap().0, id);
    }
    assert_eq!(account.policies_of(ALICE).count(), 2, "her own and that of her group");
    assert_eq!(account.policy_count(), 6, "one of everybody, and the boundary");
}

#[test]
fn a_group_grants_and_a_boundary_and_service_control_policies_limit() {
    let mut account = account();
    assert_eq!(may(&account, ALICE), [true, true]);
    assert_eq!(may(&account, BOB), [false, false], "nothing is in his policy and his boundary");
    assert_eq!(may(&account, ROLE), [true, false]);
    let put = policy("s3:PutObject").to_string();
    account.add_controls([Control::allowing_everything("all".into())]);
    assert_eq!(may(&account, ALICE), [true, true]);
    account.add_controls([Control::read("put".into(), &put)]);
    assert_eq!(may(&account, ALICE), [false, true]);
    assert_eq!(may(&account, ROLE), [false, false]);
    assert_eq!(may(&account, LINKED), [true, false], "service-linked roles are exempt");
    let names: Vec<_> = account.policies().map(|(_, stored)| stored.name.as_str()).collect();
    assert!(names.ends_with(&["all", "put"]), "{names:?}");
}

/// The API sends a document as text, and the AWS CLI prints it as an object.
#[test]
fn a_document_is_read_as_text_and_as_an_object() {
    let mut as_text = details();
    let document = &mut as_text["RoleDetailList"][0]["RolePolicyList"][0]["PolicyDocument"];
    let encoded = document.to_string().replace('{', "%7B").replace('"', "%22");
    *document = json!(encoded);
    let account = Account::parse(&as_text.to_string()).unwrap();
    assert_eq!(may(&account, ROLE), [true, false]);
    assert!(account.policies().all(|(_, stored)| stored.unread.is_none()));
}

/// With `parse_supposing`, a policy that cannot be read allows everything.
#[test]
fn what_cannot_be_read_is_named_and_counts_as_the_worst() {
    type Change = fn(&mut Value);
    let faults: [(&str, Change, &str); 5] = [
        (
            "a document that is not a policy",
            |it| it["Policies"][0]["PolicyVersionList"][0]["Document"] = json!({"Version": 1}),
            "the policy `arn:aws:iam::111122223333:policy/limit` of the account, version v1: ",
        ),
        (
            "no version in force",
            |it| it["Policies"][0]["PolicyVersionList"][0]["IsDefaultVersion"] = json!(false),
            "the policy `arn:aws:iam::111122223333:policy/limit` has no default version, or several",
        ),
        (
            "two versions in force",
            |it| {
                let versions = it["Policies"][0]["PolicyVersionList"].as_array_mut().unwrap();
                let mut second = versions[0].clone();
                second["VersionId"] = json!("v2");
                versions.push(second);
            },
            "the policy `arn:aws:iam::111122223333:policy/limit` has no default version, or several",
        ),
        (
            "a group that is not there",
            |it| it["UserDetailList"][1]["GroupList"] = json!(["gone"]),
            "gone",
        ),
        (
            "an inline policy that is not one",
            |it| it["UserDetailList"][1]["UserPolicyList"][0]["PolicyDocument"] = json!("{"),
            "the policy `s3-GetObject` of arn:aws:iam::111122223333:user/team/bob: ",
        ),
    ];
    // By his boundary, Bob may only do what his policy does not allow.
    assert_eq!(may(&account(), BOB), [false, false]);
    for (fault, change, problem) in faults {
        let mut details = details();
        change(&mut details);
        let details = details.to_string();
        let error = Account::parse(&details).unwrap_err().to_string();
        assert!(error.contains(problem), "{fault}: {error}");
        let worst = Account::parse_supposing(&details).unwrap();
        assert!(may(&worst, BOB).contains(&true), "{fault}");
        let unread = worst.policies().filter(|(_, stored)| stored.unread.is_some());
        assert_eq!(unread.count(), 1, "{fault}");
        // Nobody else may more for it.
        assert_eq!(may(&worst, ALICE), may(&account(), ALICE), "{fault}");
    }
}

#[test]
fn a_part_of_an_account_is_not_read() {
    for (key, value, problem) in [
        ("IsTruncated", json!(true), "there are more pages"),
        ("NextToken", json!("t"), "there are more pages"),
        ("GroupDetailList", Value::Null, "GroupDetailList is missing"),
    ] {
        let mut details = details();
        details[key] = value;
        let found = Account::parse_supposing(&details.to_string());
        let error = found.map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(problem), "{key}: {error}");
    }
}

#[test]
fn one_outsider_has_one_identity() {
    let identity = |arn: &str| Outsider::Principal(arn.to_owned()).identity();
    let role = identity("arn:aws:iam::444455556666:role/team/Ops");
    assert_eq!(identity("arn:aws:sts::444455556666:assumed-role/Ops/anything"), role);
    for other in [
        "arn:aws:iam::777788889999:role/Ops",
        "arn:aws:iam::444455556666:role/Dev",
        "arn:aws:iam::444455556666:user/Ops",
    ] {
        assert_ne!(identity(other), role, "{other}");
    }
    assert_eq!(identity(OTHER_ALICE), OTHER_ALICE);
    let kinds = [
        Outsider::Account("444455556666".to_owned()),
        Outsider::Saml("444455556666".to_owned()),
        Outsider::Anybody,
    ];
    let kinds = kinds.map(|outsider| outsider.identity());
    assert!(kinds[0] != kinds[1] && kinds[1] != kinds[2] && kinds[0] != kinds[2]);
}

/// The account if R trusts these principals, and a role B that a boundary limits.
fn trusting(principals: &Value) -> Account {
    let mut details = details();
    let mut limited = role("/", "B");
    limited["PermissionsBoundary"] = details["UserDetailList"][1]["PermissionsBoundary"].clone();
    details["RoleDetailList"].as_array_mut().unwrap().push(limited);
    let trust = &mut details["RoleDetailList"][0]["AssumeRolePolicyDocument"];
    trust["Statement"][0]["Principal"] = principals.clone();
    trust["Statement"][0]["Action"] = json!("sts:AssumeRole*");
    Account::parse(&details.to_string()).unwrap()
}

#[test]
fn a_trust_policy_names_people_inside_and_outside() {
    let bounded = Actor::Role(RoleIx(2));
    let of = |arn: &str| json!({"AWS": arn});
    let principal = |arn: &str| Outsider::Principal(arn.to_owned());
    let (alice, bob) = ("arn:aws:iam::111122223333:user/team/alice", "AIDAbob");
    let saml = "arn:aws:iam::111122223333:saml-provider/idp";
    let malformed = "arn:aws:iam::nobody:root";
    for (principals, everybody, account, named, outside) in [
        (of("*"), true, false, vec![], vec![Outsider::Anybody]),
        (of("111122223333"), false, true, vec![], vec![]),
        (of("arn:aws:iam::111122223333:root"), false, true, vec![], vec![]),
        (of("444455556666"), false, false, vec![], vec![Outsider::Account("444455556666".into())]),
        (json!({"AWS": [alice, bob]}), false, false, vec![ALICE, BOB], vec![]),
        (of("arn:aws:sts::111122223333:assumed-role/B/x"), false, false, vec![bounded], vec![]),
        (of(OTHER_ALICE), false, false, vec![], vec![principal(OTHER_ALICE)]),
        (of("arn:aws:iam:::user/nobody"), false, false, vec![], vec![]),
        (of(malformed), false, false, vec![], vec![principal(malformed)]),
        (json!({"Federated": saml}), false, false, vec![], vec![Outsider::Saml(saml.to_owned())]),
        (
            json!({"Federated": "token.example"}),
            false,
            false,
            vec![],
            vec![Outsider::Web("token.example".to_owned())],
        ),
    ] {
        let of_account = trusting(&principals);
        let role = of_account.role(RoleIx(0)).unwrap();
        let trustees = of_account.trustees(role);
        assert_eq!((trustees.everybody, trustees.account), (everybody, account), "{principals}");
        assert_eq!(trustees.named, named, "{principals}");
        assert_eq!(of_account.named_outsiders(role), outside, "{principals}");
    }
}

#[test]
fn a_boundary_limits_a_role_that_is_named_and_not_its_sessions() {
    let assumes = |actor, trusted: &str| {
        let account = trusting(&json!({"AWS": trusted}));
        let assumer = account.assumer(actor, |_| true).unwrap();
        assumer.assume(account.role(RoleIx(0)).unwrap()).is_some()
    };
    let bounded = Actor::Role(RoleIx(2));
    let (role, session) =
        ("arn:aws:iam::111122223333:role/B", "arn:aws:sts::111122223333:assumed-role/B/x");
    for (actor, trusted, may) in [
        (ALICE, "arn:aws:iam::111122223333:user/team/alice", true),
        (ALICE, "AIDAbob", false),
        // No policy of hers allows it.
        (ALICE, "111122223333", false),
        (BOB, "AIDAbob", true),
        (bounded, role, false),
        (bounded, session, true),
        (ALICE, session, false),
    ] {
        assert_eq!(assumes(actor, trusted), may, "{actor:?} {trusted}");
    }
}
