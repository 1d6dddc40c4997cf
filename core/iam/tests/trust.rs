//! Who may enter a role, by its trust policy: principals of the account, and others.

#![cfg(test)]

use iam::account::{Account, Actor, Outsider, RoleIx, UserIx};
use serde_json::{Value, json};

const ALICE: Actor = Actor::User(UserIx(0));
/// A user that a boundary limits.
const BOB: Actor = Actor::User(UserIx(1));
const OPS: Actor = Actor::Role(RoleIx(1));
const ALICE_ARN: &str = "arn:aws:iam::111122223333:user/alice";
const BOB_ARN: &str = "arn:aws:iam::111122223333:user/bob";
const CAROL_ARN: &str = "arn:aws:iam::444455556666:user/carol";
const OTHER: &str = "444455556666";
const SAML: &str = "arn:aws:iam::111122223333:saml-provider/idp";
const OIDC: &str = "arn:aws:iam::111122223333:oidc-provider/token.example";

/// An account with a role that has this trust policy. Its two users and its other role may assume
/// any role.
fn trusting(statements: &Value) -> Account {
    let all = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let policy = json!({"Version": "2012-10-17", "Statement": [all]});
    let limit = "arn:aws:iam::111122223333:policy/limit";
    let user = |name: &str| {
        json!({
            "UserName": name, "UserId": format!("AIDA{name}"), "Path": "/",
            "Arn": format!("arn:aws:iam::111122223333:user/{name}"), "GroupList": [], "Tags": [],
            "UserPolicyList": [{"PolicyName": "all", "PolicyDocument": policy}],
            "AttachedManagedPolicies": [],
        })
    };
    let mut bob = user("bob");
    bob["PermissionsBoundary"] =
        json!({"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": limit});
    let role = |name: &str, trust: &Value| {
        json!({
            "RoleName": name, "RoleId": format!("AROA{name}"), "Path": "/team/",
            "Arn": format!("arn:aws:iam::111122223333:role/team/{name}"),
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": trust},
            "RolePolicyList": [{"PolicyName": "all", "PolicyDocument": policy}],
            "AttachedManagedPolicies": [], "Tags": [], "InstanceProfileList": [],
        })
    };
    let details = json!({
        "UserDetailList": [user("alice"), bob],
        "GroupDetailList": [],
        "RoleDetailList": [role("R", statements), role("Ops", &json!([allow(OTHER)]))],
        "Policies": [{
            "PolicyName": "limit", "PolicyId": "ANPA1", "Arn": limit, "Path": "/",
            "DefaultVersionId": "v1", "AttachmentCount": 0, "IsAttachable": true,
            "PolicyVersionList":
                [{"VersionId": "v1", "IsDefaultVersion": true, "Document": policy}],
        }],
    });
    Account::parse(&details.to_string()).unwrap()
}

fn statement(effect: &str, element: &str, principals: &Value) -> Value {
    json!({"Effect": effect, "Action": "sts:AssumeRole", element: principals})
}

fn allow(principal: &str) -> Value {
    statement("Allow", "Principal", &json!({"AWS": principal}))
}

fn deny(principal: &str) -> Value {
    statement("Deny", "Principal", &json!({"AWS": principal}))
}

fn but(effect: &str, principal: &str) -> Value {
    statement(effect, "NotPrincipal", &json!({"AWS": principal}))
}

fn on_condition(mut statement: Value, key: &str, value: &str) -> Value {
    statement["Condition"] = json!({"StringEquals": {key: value}});
    statement
}

#[test]
fn principals_of_the_account_assume_a_role_that_trusts_them() {
    let itself = "arn:aws:iam::111122223333:root";
    let when = on_condition;
    for (statements, [alice, bob]) in [
        (json!([allow(itself)]), [true, true]),
        (json!([allow("*")]), [true, true]),
        (json!([allow(ALICE_ARN)]), [true, false]),
        (json!([allow(OTHER)]), [false, false]),
        (json!([allow(itself), deny(BOB_ARN)]), [true, false]),
        (json!([allow(itself), deny("*")]), [false, false]),
        // Only what certainly holds denies.
        (json!([allow(itself), when(deny(BOB_ARN), "aws:username", "bob")]), [true, false]),
        (json!([allow(itself), when(deny(BOB_ARN), "aws:username", "alice")]), [true, true]),
        (json!([allow(itself), when(deny(BOB_ARN), "sts:ExternalId", "x")]), [true, true]),
        (json!([when(allow(itself), "aws:username", "bob")]), [false, true]),
        (json!([when(allow(itself), "sts:ExternalId", "x")]), [true, true]),
        // IAM User Guide, "NotPrincipal": a denial of all but some denies everybody who has a
        // boundary, also those that it names.
        (json!([allow(itself), but("Deny", ALICE_ARN)]), [true, false]),
        (json!([allow(itself), but("Deny", BOB_ARN)]), [false, false]),
        (json!([but("Allow", ALICE_ARN)]), [false, true]),
        (json!([but("Allow", BOB_ARN)]), [true, false]),
    ] {
        let account = trusting(&statements);
        let role = account.role(RoleIx(0)).unwrap();
        let assumed = [ALICE, BOB].map(|actor| {
            let assumer = account.assumer(actor, |_| true).unwrap();
            assumer.assume(role).is_some()
        });
        assert_eq!(assumed, [alice, bob], "{statements}");
    }
}

/// Whoever assumes a role chooses the name of the session, so to deny one name denies nobody (IAM
/// User Guide, "AWS JSON policy elements: Principal").
#[test]
fn a_role_assumes_a_role_that_trusts_its_sessions() {
    let session =
        |account: &str, role: &str| format!("arn:aws:sts::{account}:assumed-role/{role}/x");
    let own = session("111122223333", "Ops");
    let itself = "arn:aws:iam::111122223333:root";
    for (statements, expected) in [
        (json!([allow(&own)]), true),
        (json!([allow(&session("111122223333", "Other"))]), false),
        (json!([allow(&session(OTHER, "Ops"))]), false),
        (json!([allow("arn:aws:iam::111122223333:role/team/Ops")]), true),
        (json!([allow("arn:aws:iam::111122223333:role/Ops")]), false),
        (json!([allow(itself), deny(&own)]), true),
        (json!([allow(itself), deny("arn:aws:iam::111122223333:role/team/Ops")]), false),
    ] {
        let account = trusting(&statements);
        let assumer = account.assumer(OPS, |_| true).unwrap();
        let assumed = assumer.assume(account.role(RoleIx(0)).unwrap());
        assert_eq!(assumed.is_some(), expected, "{statements}");
    }
}

#[test]
fn an_open_condition_is_named() {
    let itself = "arn:aws:iam::111122223333:root";
    let account = trusting(&json!([
        on_condition(allow(itself), "aws:username", "alice"),
        allow(BOB_ARN),
        on_condition(allow(itself), "sts:ExternalId", "x"),
        on_condition(deny(ALICE_ARN), "sts:SourceIdentity", "x"),
    ]));
    let assumer = account.assumer(ALICE, |_| true).unwrap();
    let assumed = assumer.assume(account.role(RoleIx(0)).unwrap()).unwrap();
    let open = assumed.trust.iter().map(|(at, open)| {
        let keys: Vec<&str> = open.iter().map(|condition| condition.key()).collect();
        (*at, keys)
    });
    let expected = [(0, vec![]), (2, vec!["sts:ExternalId"]), (3, vec!["sts:SourceIdentity"])];
    assert_eq!(open.collect::<Vec<_>>(), expected);
}

/// What the principal's own policies say plays no part.
#[test]
fn a_role_refuses_who_its_trust_policy_denies() {
    let itself = "arn:aws:iam::111122223333:root";
    let mut to_tag = deny(ALICE_ARN);
    to_tag["Action"] = json!("sts:TagSession");
    for (denial, expected) in [
        (deny(ALICE_ARN), true),
        (deny(itself), true),
        (deny(BOB_ARN), false),
        (allow(ALICE_ARN), false),
        (to_tag, false),
        (on_condition(deny(ALICE_ARN), "aws:username", "alice"), true),
        (on_condition(deny(ALICE_ARN), "sts:ExternalId", "x"), false),
    ] {
        let account = trusting(&json!([allow(itself), denial]));
        let role = account.role(RoleIx(0)).unwrap();
        let assumer = account.assumer(ALICE, |_| true).unwrap();
        assert_eq!(assumer.is_refused(role), expected, "{denial}");
    }
}

#[test]
fn outsiders_enter_a_role_by_name_or_as_one_of_many() {
    let carol = || Outsider::Principal(CAROL_ARN.to_owned());
    let session = "arn:aws:sts::444455556666:assumed-role/Ops/x";
    let ops = || Outsider::Principal("arn:aws:iam::444455556666:role/team/Ops".to_owned());
    let account = || Outsider::Account(OTHER.to_owned());
    let [saml, web] =
        [("sts:AssumeRoleWithSAML", SAML), ("sts:AssumeRoleWithWebIdentity", OIDC)].map(
            |(action, provider)| {
                json!({"Effect": "Allow", "Action": action, "Principal": {"Federated": provider}})
            },
        );
    let when = on_condition;
    let (of_account, of_carol) = ("aws:PrincipalAccount", "aws:PrincipalArn");
    for (outsider, statements, expected) in [
        (carol(), json!([allow(CAROL_ARN)]), vec![true]),
        (carol(), json!([allow(OTHER)]), vec![false]),
        (carol(), json!([allow("*"), allow(CAROL_ARN)]), vec![false, true]),
        (carol(), json!([allow("777788889999")]), vec![]),
        (carol(), json!([allow(ALICE_ARN)]), vec![]),
        (carol(), json!([but("Allow", ALICE_ARN)]), vec![false]),
        (carol(), json!([but("Allow", CAROL_ARN)]), vec![]),
        (carol(), json!([allow(OTHER), deny(CAROL_ARN)]), vec![]),
        (carol(), json!([allow(OTHER), deny(ALICE_ARN)]), vec![false]),
        (carol(), json!([when(allow("*"), of_account, OTHER)]), vec![false]),
        (carol(), json!([when(allow("*"), of_account, "777788889999")]), vec![]),
        (carol(), json!([when(allow("*"), of_carol, CAROL_ARN)]), vec![false]),
        (carol(), json!([when(allow("*"), of_carol, ALICE_ARN)]), vec![]),
        (carol(), json!([when(allow("*"), "sts:ExternalId", "x")]), vec![false]),
        (carol(), json!([allow("*"), when(deny("*"), "sts:ExternalId", "x")]), vec![false]),
        (carol(), json!([saml]), vec![]),
        (ops(), json!([allow(session)]), vec![true]),
        (Outsider::Principal(session.to_owned()), json!([allow(session)]), vec![true]),
        // The ARN in its requests is that of the role, which the session does not have.
        (
            Outsider::Principal(session.to_owned()),
            json!([when(allow("*"), of_carol, CAROL_ARN)]),
            vec![false],
        ),
        (account(), json!([allow(OTHER)]), vec![true]),
        (account(), json!([allow("*")]), vec![false]),
        (account(), json!([allow(CAROL_ARN)]), vec![]),
        (account(), json!([when(allow("*"), of_account, "777788889999")]), vec![]),
        (Outsider::Saml(SAML.to_owned()), json!([saml]), vec![true]),
        (Outsider::Saml(SAML.to_owned()), json!([web, allow("*")]), vec![]),
        (Outsider::Web(OIDC.to_owned()), json!([web, saml]), vec![true]),
        (Outsider::Anybody, json!([allow("*"), allow(OTHER)]), vec![true]),
        (Outsider::Anybody, json!([but("Allow", ALICE_ARN)]), vec![true]),
    ] {
        let account = trusting(&statements);
        let entrances = account.role(RoleIx(0)).unwrap().entrances(&outsider);
        let by_name: Vec<bool> = entrances.iter().map(|entrance| entrance.by_name).collect();
        assert_eq!(by_name, expected, "{outsider:?} {statements}");
    }
}

#[test]
fn outsiders_are_listed_by_kind() {
    let federated = |action: &str, provider: &str| json!({"Effect": "Allow", "Action": action, "Principal": {"Federated": provider}});
    let account = trusting(&json!([
        allow("*"),
        allow(OTHER),
        allow("111122223333"),
        allow(CAROL_ARN),
        allow(ALICE_ARN),
        allow("AIDAgone"),
        allow("arn:nobody"),
        deny("777788889999"),
        but("Allow", ALICE_ARN),
        federated("sts:AssumeRoleWithSAML", SAML),
        federated("sts:AssumeRoleWithWebIdentity", OIDC),
        federated("sts:TagSession", "accounts.example"),
        statement("Allow", "Principal", &json!({"Service": "lambda.amazonaws.com"})),
    ]));
    let outsiders = account.outsiders(account.role(RoleIx(0)).unwrap());
    let accounts =
        ["everybody", "the account 444455556666", CAROL_ARN, "arn:nobody", "everybody but some"];
    assert_eq!(outsiders.accounts, accounts);
    assert_eq!(outsiders.services, ["lambda.amazonaws.com"]);
    assert_eq!(
        (outsiders.federated, outsiders.oidc),
        (vec![SAML.to_owned()], vec![OIDC.to_owned()])
    );
}

#[test]
fn a_trust_policy_tells_principals_apart_if_it_denies_some() {
    for (statements, everybody, told_apart) in [
        (json!([allow("*")]), true, false),
        (json!([allow(OTHER), but("Allow", BOB_ARN)]), true, false),
        (json!([but("Allow", BOB_ARN), allow("111122223333")]), true, false),
        (json!([allow("111122223333"), deny(BOB_ARN)]), false, true),
        (json!([allow("111122223333"), deny("AIDAbob")]), false, true),
        (json!([allow("111122223333"), deny(OTHER)]), false, false),
        (json!([allow("111122223333"), but("Deny", ALICE_ARN)]), false, true),
    ] {
        let account = trusting(&statements);
        let trustees = account.trustees(account.role(RoleIx(0)).unwrap());
        let found = (trustees.everybody, trustees.are_told_apart);
        assert_eq!(found, (everybody, told_apart), "{statements}");
    }
}
