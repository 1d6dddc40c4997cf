//! How a change of each key of the rule is reported.

#![cfg(test)]

use std::collections::BTreeSet;

use rule::{Effect, Rule};
use serde_json::{Value, json};

const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM6Pavhap0E9K8+lobh81b5MJReTGqFRr+OK09ie1BbD";
const OTHER_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";

/// The changes between two rules, one a line: `- KEY: …` loosens, and `+ KEY: …` tightens.
fn changes(old: &Value, new: &Value) -> Vec<String> {
    let rule = |json: &Value| Rule::floor(&json.to_string()).unwrap_or_else(|e| panic!("{e}"));
    let changes = rule(old).changes_to(&rule(new)).into_iter();
    changes
        .map(|change| {
            let sign = match change.effect {
                Effect::Loosens => '-',
                Effect::Tightens => '+',
            };
            format!("{sign} {}: {}", change.key, change.message)
        })
        .collect()
}

/// Two rules, what is reported if the second takes the place of the first, and if the first takes
/// the place of the second.
type Case = (&'static str, Value, Value, Vec<&'static str>, Vec<&'static str>);

fn cases() -> Vec<Case> {
    let alice = "arn:aws:iam::*:user/alice";
    let path = "arn:aws:iam::*:user/team/Alice";
    let ali = "arn:aws:iam::*:user/ali";
    let bob = "arn:aws:iam::*:user/bob";
    let passkey =
        "passkey:Y3JlZGVudGlhbA:MCowBQYDK2VwAyEAO2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik";
    let desk =
        |port: &str| json!({"rpId": "d.example", "origin": format!("https://d.example{port}")});
    let reviews = |required: u32, shop: u32| json!({"function": "reviews", "required": required, "repositories": {"acme/shop": shop}});
    let proof = |id: &str, store: &str, environment: &str, minutes: u32| {
        let key = format!("arn:aws:kms:eu-west-1:111122223333:key/{id}");
        json!({"proof": {
            "key": key, "store": store, "environment": environment, "validMinutes": minutes,
        }})
    };
    let excluding = |mut rule: Value| {
        rule["reviews"] = reviews(1, 1);
        rule["excludeAuthors"] = json!(true);
        rule
    };
    let excluded = [
        "+ excludeInitiator: the person who started the execution no longer counts",
        "+ excludeAuthors: the people who wrote or pushed what is released no longer count, and \
         others must have reviewed it",
    ];
    let included = [
        "- excludeInitiator: the person who started the execution may count too",
        "- excludeAuthors: the people who wrote or pushed what is released may count too, and \
         nobody has to have reviewed it",
    ];
    let ignored = "- signingKeys: signatures are ignored: an approval with a signature that proves \
                   nothing counts like one without";
    let with_passkey = |port: &str| json!({"desk": desk(port), "signingKeys": {"al": [passkey]}});
    vec![
        (
            "quorum",
            json!({}),
            json!({"quorum": 3}),
            vec!["+ quorum: the quorum rises from 2 to 3"],
            vec!["- quorum: the quorum falls from 3 to 2"],
        ),
        (
            "actions",
            json!({}),
            json!({"actions": ["A", "B"]}),
            vec![
                "- actions: only `A` and `B` must be approved, and no other approval of the stage",
            ],
            vec![
                "- actions: every approval of the stage must be approved, and `A` and `B` no \
                 longer by name: if the pipeline loses one of them, nobody has to give it",
            ],
        ),
        (
            "actions: a longer list is a larger pool for the same quorum",
            json!({"actions": ["A", "B"]}),
            json!({"actions": ["A", "B", "C"]}),
            vec![
                "- actions: `C` must be approved too, but the quorum of 2 counts it in, so fewer \
                 than 2 persons may give all of `A` and `B`",
            ],
            vec!["- actions: `C` no longer has to be approved"],
        ),
        (
            "actions: a quorum that grows with the list keeps the old one",
            json!({"actions": ["A", "B"]}),
            json!({"actions": ["A", "B", "C"], "quorum": 3}),
            vec!["+ quorum: the quorum rises from 2 to 3", "+ actions: `C` must be approved too"],
            vec![
                "- quorum: the quorum falls from 3 to 2",
                "- actions: `C` no longer has to be approved",
            ],
        ),
        (
            "stage",
            json!({}),
            json!({"stage": "Release"}),
            vec![
                "- stage: the approvals of the stage `Release` are judged, and not those of the \
                 gate's own stage; which are stricter cannot be decided",
            ],
            vec![
                "- stage: the approvals of the gate's own stage are judged, and not those of the \
                 stage `Release`; which are stricter cannot be decided",
            ],
        ),
        (
            "sharedRoles",
            json!({"sharedRoles": "reject"}),
            json!({"sharedRoles": "collapse"}),
            vec![
                "- sharedRoles: approvals through a role that people share count, together as one \
                 person",
            ],
            vec!["+ sharedRoles: approvals through a role that people share no longer count"],
        ),
        (
            "requireSignature",
            json!({"signingKeys": {"al": [KEY]}}),
            json!({"signingKeys": {"al": [KEY]}, "requireSignature": true}),
            vec!["+ requireSignature: approvals have to be signed"],
            vec!["- requireSignature: approvals no longer have to be signed"],
        ),
        (
            "requireSignature by devices",
            json!({"signingKeys": {"al": [KEY]}, "requireSignature": true}),
            json!({"signingKeys": {"al": [KEY]}, "requireSignature": {"deviceBound": true}}),
            vec![
                "+ requireSignature: approvals have to be signed by keys that cannot leave their \
                 device",
            ],
            vec!["- requireSignature: keys that can leave their device may sign too"],
        ),
        (
            "onlyPeople",
            json!({}),
            json!({"onlyPeople": true}),
            vec!["+ onlyPeople: only people that `people` or `signingKeys` names count"],
            vec![
                "- onlyPeople: people that neither `people` nor `signingKeys` names may count too",
            ],
        ),
        (
            "excludeInitiator",
            json!({}),
            json!({"excludeInitiator": true}),
            vec!["+ excludeInitiator: the person who started the execution no longer counts"],
            vec!["- excludeInitiator: the person who started the execution may count too"],
        ),
        (
            "excludeAuthors",
            json!({"reviews": reviews(1, 1)}),
            json!({"reviews": reviews(1, 1), "excludeAuthors": true}),
            vec![
                "+ excludeAuthors: the people who wrote or pushed what is released no longer \
                 count, and others must have reviewed it",
            ],
            vec![
                "- excludeAuthors: the people who wrote or pushed what is released may count too, \
                 and nobody has to have reviewed it",
            ],
        ),
        (
            "reviews",
            json!({"reviews": reviews(1, 3)}),
            json!({"reviews": reviews(2, 2)}),
            vec![
                "- reviews: each change of `acme/shop` must have 2 reviewers, and not 3",
                "+ reviews: each change must have 2 reviewers, and not 1",
            ],
            vec![
                "- reviews: each change must have 1 reviewer, and not 2",
                "+ reviews: each change of `acme/shop` must have 3 reviewers, and not 2",
            ],
        ),
        (
            "reviews: none",
            json!({}),
            json!({"reviews": reviews(1, 1)}),
            vec!["+ reviews: `reviews` says who wrote and reviewed what is released"],
            vec!["- reviews: no function says who wrote and reviewed what is released"],
        ),
        (
            "proof",
            json!({}),
            proof("1", "s3://proofs", "prod", 60),
            vec![
                "+ proof: a release passes only with a proof, signed by \
                 `arn:aws:kms:eu-west-1:111122223333:key/1` and stored in `s3://proofs`",
            ],
            vec!["- proof: a release passes without a proof"],
        ),
        (
            "proof: another key and place",
            proof("1", "s3://proofs", "prod", 60),
            proof("2", "s3://others", "prod", 60),
            vec![
                "- proof: proofs are signed by `arn:aws:kms:eu-west-1:111122223333:key/2`, and no \
                 longer by `arn:aws:kms:eu-west-1:111122223333:key/1`",
                "- proof: proofs are stored in `s3://others`, and no longer in `s3://proofs`",
            ],
            vec![
                "- proof: proofs are signed by `arn:aws:kms:eu-west-1:111122223333:key/1`, and no \
                 longer by `arn:aws:kms:eu-west-1:111122223333:key/2`",
                "- proof: proofs are stored in `s3://proofs`, and no longer in `s3://others`",
            ],
        ),
        (
            "proof: another environment and time",
            proof("1", "s3://proofs", "prod", 60),
            proof("1", "s3://proofs", "test", 90),
            vec![
                "- proof: proofs are for `test`, and not for `prod`",
                "- proof: proofs are valid for 90 minutes, and not 60",
            ],
            vec![
                "- proof: proofs are for `prod`, and not for `test`",
                "+ proof: proofs are valid for 60 minutes, and not 90",
            ],
        ),
        (
            "reviews: another function",
            json!({"reviews": {"function": "reviews"}}),
            json!({"reviews": {"function": "mine"}}),
            vec![
                "- reviews: `mine` is believed about who wrote and reviewed what is released, and \
                 no longer `reviews`",
            ],
            vec![
                "- reviews: `reviews` is believed about who wrote and reviewed what is released, \
                 and no longer `mine`",
            ],
        ),
        (
            "people: a user of a forge",
            json!({"people": {"alice": [alice]}}),
            json!({"people": {"alice": [alice, "github:alice-gh"]}}),
            vec!["+ people: `alice` is also `github:alice-gh`"],
            vec!["+ people: `alice` is no longer `github:alice-gh`"],
        ),
        (
            "people: an author who was unknown",
            excluding(json!({"people": {"alice": [alice]}})),
            excluding(json!({"people": {"alice": [alice, "github:alice-gh"]}})),
            vec![
                "- people: `alice` is also `github:alice-gh`: what this user writes keeps only \
                 that person from counting",
            ],
            vec!["+ people: `alice` is no longer `github:alice-gh`"],
        ),
        (
            "notPeople: an author who is a machine",
            excluding(json!({})),
            excluding(json!({"notPeople": ["github:bot"]})),
            vec![
                "- notPeople: `github:bot` is a machine: what it writes keeps nobody from counting",
            ],
            vec!["+ notPeople: `github:bot` is no longer a machine"],
        ),
        (
            "maxAgeMinutes",
            json!({"maxAgeMinutes": 60}),
            json!({"maxAgeMinutes": 30}),
            vec!["+ maxAgeMinutes: approvals older than 30 minutes do not count"],
            vec!["- maxAgeMinutes: approvals may be 60 minutes old, and not only 30"],
        ),
        (
            "maxAgeMinutes: none",
            json!({}),
            json!({"maxAgeMinutes": 30}),
            vec!["+ maxAgeMinutes: approvals older than 30 minutes do not count"],
            vec!["- maxAgeMinutes: approvals never get too old; the limit was 30 minutes"],
        ),
        (
            "handleAffixes",
            json!({"handleAffixes": ["-admin"]}),
            json!({"handleAffixes": ["-ADMIN", "-ops"]}),
            vec!["+ handleAffixes: `-ops` is left out of handles, which joins persons"],
            vec![
                "- handleAffixes: `-ops` is no longer left out of handles, so two names of one \
                 person may be two persons",
            ],
        ),
        (
            "handleAffixes: the defaults",
            json!({}),
            json!({"handleAffixes": ["-admin", "admin-", "-adm", "adm-"]}),
            vec![],
            vec![],
        ),
        (
            "handleAffixes: nobody gets onto a roster by them that has no names",
            json!({"handleAffixes": [], "roster": {"A": ["*"], "B": ["role/Deployer"]}}),
            json!({"handleAffixes": ["-ops"], "roster": {"A": ["*"], "B": ["role/Deployer"]}}),
            vec!["+ handleAffixes: `-ops` is left out of handles, which joins persons"],
            vec![
                "- handleAffixes: `-ops` is no longer left out of handles, so two names of one \
                 person may be two persons",
            ],
        ),
        (
            "handleAffixes with keys that one of the rules has",
            json!({"handleAffixes": []}),
            json!({"handleAffixes": ["-ops"], "signingKeys": {"al": [KEY]}}),
            vec![
                "- signingKeys: `al` can sign, with the SSH key bmrQd4ily64",
                "- handleAffixes: `-ops` is left out of handles, which joins persons: whose \
                 signatures a principal may send depends on it, so this cannot be decided",
            ],
            vec![
                ignored,
                "- handleAffixes: `-ops` is no longer left out of handles, so two names of one \
                 person may be two persons",
                "+ signingKeys: `al` no longer has the SSH key bmrQd4ily64",
            ],
        ),
        (
            "handleAffixes with a roster",
            json!({"handleAffixes": [], "roster": {"A": ["alice"]}}),
            json!({"handleAffixes": ["-ops"], "roster": {"A": ["alice"]}}),
            vec![
                "- handleAffixes: `-ops` is left out of handles, which joins persons: a name may \
                 get onto the roster by it",
            ],
            vec![
                "- handleAffixes: `-ops` is no longer left out of handles, so two names of one \
                 person may be two persons",
            ],
        ),
        (
            "trustedSessionRoles",
            json!({"trustedSessionRoles": ["Approver"]}),
            json!({"trustedSessionRoles": ["approver", "Ops"]}),
            vec![
                "- trustedSessionRoles: the session names of `Ops` are believed, so each name that \
                 its sessions have is somebody",
            ],
            vec!["+ trustedSessionRoles: the session names of `Ops` are no longer believed"],
        ),
        (
            "trustedSessionRoles: a pattern within a pattern",
            json!({"trustedSessionRoles": ["AWSReservedSSO_*"]}),
            json!({"trustedSessionRoles": ["AWSReservedSSO_*", "AWSReservedSSO_A_*"]}),
            vec![],
            vec![],
        ),
        (
            "trustedSessionRoles: a name needs no proof of its path",
            json!({"trustedSessionRoles": ["AWSReservedSSO_*"]}),
            json!({"trustedSessionRoles": ["AWSReservedSSO_*", "AWSReservedSSO_A_1"]}),
            vec![
                "- trustedSessionRoles: the session names of `AWSReservedSSO_A_1` are believed, so \
                 each name that its sessions have is somebody",
            ],
            vec![
                "+ trustedSessionRoles: the session names of `AWSReservedSSO_A_1` are no longer \
                 believed",
            ],
        ),
        (
            "trustedSessionRoles: what is not believed is one more person if roles are shared",
            json!({"sharedRoles": "collapse", "trustedSessionRoles": ["Ops"]}),
            json!({"sharedRoles": "collapse"}),
            vec![
                "- trustedSessionRoles: the session names of `Ops` are no longer believed: \
                 approvals through it count as one more person",
            ],
            vec![
                "- trustedSessionRoles: the session names of `Ops` are believed, so each name that \
                 its sessions have is somebody",
            ],
        ),
        (
            "people: two users of one human",
            json!({}),
            json!({"people": {"alice": [alice, ali]}}),
            vec![
                "+ people: `alice` is one person: `arn:aws:iam::*:user/ali` and \
                 `arn:aws:iam::*:user/alice`",
            ],
            vec![
                "- people: `alice` is no longer one of `people`: these principals may still \
                 count, as somebody else",
            ],
        ),
        (
            "people: case and path mean nothing",
            json!({"people": {"alice": [alice]}}),
            json!({"people": {"ALICE": [path]}}),
            vec![],
            vec![],
        ),
        (
            "people: two people with one handle",
            json!({"people": {"alice": [alice]}}),
            json!({"people": {"alice": [alice], "alice-admin": [ali]}}),
            vec![
                "- people: `alice-admin` is one person: `arn:aws:iam::*:user/ali`: `alice` and \
                 `alice-admin` share the handle `alice`, and are two people by `people`",
            ],
            vec![
                "- people: `alice-admin` is no longer one of `people`: these principals may still \
                 count, as somebody else",
            ],
        ),
        (
            "people: somebody joins, and somebody leaves",
            json!({"onlyPeople": true, "people": {"alice": [alice]}}),
            json!({"onlyPeople": true, "people": {"alice": [alice], "bob": [bob]}}),
            vec![
                "- people: `bob` is one person: `arn:aws:iam::*:user/bob`: only people that the \
                 rule names count, so there may be one more",
            ],
            vec!["+ people: `bob` is no longer one of `people`"],
        ),
        (
            "people: a user of somebody on the roster",
            json!({"roster": {"A": ["al"]}, "people": {"al": [alice]}}),
            json!({"roster": {"A": ["al"]}, "people": {"al": [alice, ali]}}),
            vec![
                "- people: `al` is also `arn:aws:iam::*:user/ali`: the roster depends on it, so \
                 this cannot be decided",
            ],
            vec![
                "- people: `al` is no longer `arn:aws:iam::*:user/ali`: these principals may still \
                 count, as somebody else",
            ],
        ),
        (
            "people: fewer users of somebody who may have started it",
            json!({"onlyPeople": true, "excludeInitiator": true, "people": {"alice": [alice, ali]}}),
            json!({"onlyPeople": true, "excludeInitiator": true, "people": {"alice": [alice]}}),
            vec![
                "- people: `alice` is no longer `arn:aws:iam::*:user/ali`: if they start or write \
                 something, the person may count in it",
            ],
            vec![
                "- people: `alice` is also `arn:aws:iam::*:user/ali`: only people that the rule \
                 names count, so there may be one more",
            ],
        ),
        (
            "people: fewer users of somebody who may have written it",
            excluding(json!({"onlyPeople": true, "people": {"alice": [alice, ali]}})),
            excluding(json!({"onlyPeople": true, "people": {"alice": [alice]}})),
            vec![
                "- people: `alice` is no longer `arn:aws:iam::*:user/ali`: if they start or write \
                 something, the person may count in it",
            ],
            vec![
                "- people: `alice` is also `arn:aws:iam::*:user/ali`: only people that the rule \
                 names count, so there may be one more",
            ],
        ),
        (
            "people: fewer users, and only the new rule excludes authors and initiators",
            json!({"onlyPeople": true, "reviews": reviews(1, 1), "people": {"alice": [alice, ali]}}),
            excluding(
                json!({"onlyPeople": true, "excludeInitiator": true, "people": {"alice": [alice]}}),
            ),
            vec![
                excluded[0],
                excluded[1],
                "+ people: `alice` is no longer `arn:aws:iam::*:user/ali`",
            ],
            vec![
                included[0],
                included[1],
                "- people: `alice` is also `arn:aws:iam::*:user/ali`: only people that the rule \
                 names count, so there may be one more",
            ],
        ),
        (
            "people: somebody leaves whose name is on the roster",
            json!({"onlyPeople": true, "roster": {"A": ["al", "bob"]}, "people": {"al": [ali], "bob": [bob]}}),
            json!({"onlyPeople": true, "roster": {"A": ["al", "bob"]}, "people": {"bob": [bob]}}),
            vec![
                "- people: `al` is no longer one of `people`: the roster has the name, which now \
                 stands for anybody with that handle",
            ],
            vec![
                "- people: `al` is one person: `arn:aws:iam::*:user/ali`: only people that the \
                 rule names count, so there may be one more",
            ],
        ),
        (
            "people: somebody leaves who is not on the roster",
            json!({"onlyPeople": true, "roster": {"A": ["bob"]}, "people": {"al": [ali], "bob": [bob]}}),
            json!({"onlyPeople": true, "roster": {"A": ["bob"]}, "people": {"bob": [bob]}}),
            vec!["+ people: `al` is no longer one of `people`"],
            vec![
                "- people: `al` is one person: `arn:aws:iam::*:user/ali`: only people that the \
                 rule names count, so there may be one more",
            ],
        ),
        (
            "people: somebody joins, and a key too",
            json!({}),
            json!({"people": {"bob": [bob]}, "signingKeys": {"al": [KEY]}}),
            vec![
                "- signingKeys: `al` can sign, with the SSH key bmrQd4ily64",
                "- people: `bob` is one person: `arn:aws:iam::*:user/bob`: whose signatures a \
                 principal may send depends on it, so this cannot be decided",
            ],
            vec![
                ignored,
                "- people: `bob` is no longer one of `people`: these principals may still count, \
                 as somebody else",
                "+ signingKeys: `al` no longer has the SSH key bmrQd4ily64",
            ],
        ),
        (
            "people: a user of a forge that another entry may mean",
            excluding(json!({"people": {"al": ["github:al/7", ali], "bob": ["github:bo"]}})),
            excluding(json!({"people": {"al": [ali], "bob": ["github:bo"]}})),
            vec![
                "- people: `al` is no longer `github:al/7`: another entry may name this user, so \
                 this cannot be decided",
            ],
            vec![
                "- people: `al` is also `github:al/7`: what this user writes keeps only that \
                 person from counting",
            ],
        ),
        (
            "people: a login that another entry may mean",
            excluding(json!({"people": {"al": ["github:al", ali], "bob": ["github:bo/8"]}})),
            excluding(json!({"people": {"al": [ali], "bob": ["github:bo/8"]}})),
            vec![
                "- people: `al` is no longer `github:al`: another entry may name this user, so \
                 this cannot be decided",
            ],
            vec![
                "- people: `al` is also `github:al`: what this user writes keeps only that \
                 person from counting",
            ],
        ),
        (
            "people: a user of a forge that no other entry means",
            excluding(
                json!({"people": {"al": ["github:al/7", ali], "bob": ["gitlab:bo", "github:bo/8"]}}),
            ),
            excluding(json!({"people": {"al": [ali], "bob": ["gitlab:bo", "github:bo/8"]}})),
            vec!["+ people: `al` is no longer `github:al/7`"],
            vec![
                "- people: `al` is also `github:al/7`: what this user writes keeps only that \
                 person from counting",
            ],
        ),
        (
            "people: a user of a forge, and only the new rule excludes authors",
            json!({"reviews": reviews(1, 1), "people": {"al": ["github:al/7", ali], "bob": ["github:bo"]}}),
            excluding(json!({"people": {"al": [ali], "bob": ["github:bo"]}})),
            vec![excluded[1], "+ people: `al` is no longer `github:al/7`"],
            vec![included[1], "+ people: `al` is also `github:al/7`"],
        ),
        (
            "roster: one more person for one action",
            json!({"roster": {"A": ["alice"], "B": ["bob"]}}),
            json!({"roster": {"A": ["alice", "carol"], "B": ["bob"]}}),
            vec!["- roster: `carol` may answer `A`"],
            vec!["+ roster: `carol` may no longer answer `A`"],
        ),
        (
            "roster: an action that is no longer required",
            json!({"actions": ["A", "B", "C"], "roster": {"A": ["alice"], "B": ["bob"], "C": ["*"]}}),
            json!({"actions": ["A", "B"], "roster": {"A": ["alice"], "B": ["bob"]}}),
            vec!["- actions: `C` no longer has to be approved"],
            vec![
                "- actions: `C` must be approved too, but the quorum of 2 counts it in, so fewer \
                 than 2 persons may give all of `A` and `B`",
            ],
        ),
        (
            "signingKeys: a passkey under another credential id",
            with_passkey(""),
            json!({"desk": desk(""), "signingKeys": {"al": [passkey.replace("Y3JlZGVudGlhbA", "b3RoZXI")]}}),
            vec!["- signingKeys: `al` has the new passkey M54v-RdjBQc"],
            vec!["- signingKeys: `al` has the new passkey M54v-RdjBQc"],
        ),
        (
            "people: a user of somebody",
            json!({"onlyPeople": true, "people": {"alice": [alice]}}),
            json!({"onlyPeople": true, "people": {"alice": [alice, ali]}}),
            vec![
                "- people: `alice` is also `arn:aws:iam::*:user/ali`: only people that the rule \
                 names count, so there may be one more",
            ],
            vec!["+ people: `alice` is no longer `arn:aws:iam::*:user/ali`"],
        ),
        (
            "signingKeys",
            json!({"signingKeys": {"al": [KEY]}}),
            json!({"signingKeys": {"al": [KEY, OTHER_KEY]}}),
            vec!["- signingKeys: `al` has the new SSH key tAXFyTXI8xs"],
            vec!["+ signingKeys: `al` no longer has the SSH key tAXFyTXI8xs"],
        ),
        (
            "signingKeys: a key that somebody else gets",
            json!({"people": {"al": [alice]}, "signingKeys": {"al": [KEY]}}),
            json!({"people": {"al": [alice]}, "signingKeys": {"bob": [KEY]}}),
            vec![
                "- signingKeys: `bob` can sign, with the SSH key bmrQd4ily64, which was the key of \
                 `al`",
            ],
            vec![
                "- signingKeys: `al` can sign, with the SSH key bmrQd4ily64, which was the key of \
                 `bob`",
                "- signingKeys: the rule no longer knows `bob`, so a principal of that name may \
                 send what somebody else signed",
            ],
        ),
        (
            "signingKeys: none",
            json!({}),
            json!({"signingKeys": {"al": [KEY]}}),
            vec!["- signingKeys: `al` can sign, with the SSH key bmrQd4ily64"],
            vec![
                "- signingKeys: signatures are ignored: an approval with a signature that proves \
                 nothing counts like one without",
                "+ signingKeys: `al` no longer has the SSH key bmrQd4ily64",
            ],
        ),
        (
            "desk",
            with_passkey(""),
            with_passkey(":444"),
            vec![
                "- desk: passkeys are used on https://d.example:444 (`d.example`), and no longer on \
                 https://d.example (`d.example`)",
            ],
            vec![
                "- desk: passkeys are used on https://d.example (`d.example`), and no longer on \
                 https://d.example:444 (`d.example`)",
            ],
        ),
        ("desk without passkeys", json!({"desk": desk("")}), json!({}), vec![], vec![]),
        (
            "roster",
            json!({"roster": {"A": ["alice", "bob"], "B": ["carol"]}}),
            json!({"roster": {"A": ["alice", "bob"], "B": ["bob", "carol"]}}),
            vec!["- roster: `bob` may answer `B`, and can serve both `A` and `B` now"],
            vec!["+ roster: `bob` may no longer answer `B`"],
        ),
        (
            "roster: none",
            json!({}),
            json!({"roster": {"A": ["alice"], "B": ["*"]}}),
            vec!["+ roster: nobody counts in `A` but `alice`"],
            vec!["- roster: there is no roster, so everybody may count in every action"],
        ),
        (
            "roster: anybody",
            json!({"roster": {"A": ["alice"]}}),
            json!({"roster": {"A": ["*"]}}),
            vec!["- roster: anybody may answer `A`"],
            vec!["+ roster: nobody counts in `A` but `alice`"],
        ),
        (
            "roster: an action that nobody could serve",
            json!({"roster": {"A": ["alice"]}}),
            json!({"roster": {"A": ["alice"], "B": ["bob"]}}),
            vec![
                "- roster: `B` can be approved, by `bob`: it was not on the roster, so the gate \
                 refused every stage that has it",
            ],
            vec!["+ roster: `B` is not on the roster, so nobody counts in it"],
        ),
        (
            "notPeople",
            json!({}),
            json!({"notPeople": ["deploy-bot"]}),
            vec!["+ notPeople: `deploy-bot` is a machine"],
            vec!["- notPeople: `deploy-bot` is no longer a machine"],
        ),
        (
            "notPeople: a machine that only the new rule may exclude",
            json!({"reviews": reviews(1, 1)}),
            excluding(json!({"excludeInitiator": true, "notPeople": ["bot", "github:bot"]})),
            vec![
                excluded[0],
                excluded[1],
                "+ notPeople: `bot` is a machine",
                "+ notPeople: `github:bot` is a machine",
            ],
            vec![
                included[0],
                included[1],
                "- notPeople: `bot` is no longer a machine",
                "+ notPeople: `github:bot` is no longer a machine",
            ],
        ),
        (
            "notPeople: a pattern that has the name",
            json!({"notPeople": ["deploy-bot"]}),
            json!({"notPeople": ["Deploy-*"]}),
            vec!["+ notPeople: `Deploy-*` is a machine"],
            vec!["- notPeople: `Deploy-*` is no longer a machine"],
        ),
        (
            "notPeople: a machine that starts executions",
            json!({"excludeInitiator": true}),
            json!({"excludeInitiator": true, "notPeople": ["bot"]}),
            vec![
                "- notPeople: `bot` is a machine: the executions that it starts keep nobody from \
                 counting",
            ],
            vec!["- notPeople: `bot` is no longer a machine"],
        ),
        (
            "pipelineExecutionId",
            json!({}),
            json!({"pipelineExecutionId": "3137f7cb-7cf7-4abc-9b2c-0123456789ab"}),
            vec![
                "+ pipelineExecutionId: no execution but `3137f7cb-7cf7-4abc-9b2c-0123456789ab` can \
                 pass",
            ],
            vec![
                "- pipelineExecutionId: executions other than \
                 `3137f7cb-7cf7-4abc-9b2c-0123456789ab` can pass",
            ],
        ),
    ]
}

#[test]
fn each_change_is_reported_in_both_directions() {
    for (name, old, new, forth, back) in cases() {
        assert_eq!(changes(&old, &new), forth, "{name}");
        assert_eq!(changes(&new, &old), back, "{name}, back");
    }
}

#[test]
fn a_rule_does_not_differ_from_itself() {
    let execution = json!({"pipelineExecutionId": "3137f7cb-7cf7-4abc-9b2c-0123456789ab"});
    let rules = cases().into_iter().flat_map(|(_, old, new, ..)| [old, new]);
    for rule in rules.chain([execution]) {
        assert_eq!(changes(&rule, &rule), [""; 0], "{rule}");
    }
}

#[test]
fn an_effect_has_one_word() {
    assert_eq!([Effect::Loosens, Effect::Tightens].map(Effect::as_str), ["loosens", "tightens"]);
}

/// A key that is missing here is one whose changes nobody sees.
#[test]
fn every_key_of_the_rule_can_loosen() {
    let unknown = Rule::floor(r#"{"?": 1}"#).unwrap_err().to_string();
    let (_, expected) = unknown.split_once("expected one of ").unwrap();
    let (keys, _) = expected.split_once(" at line").unwrap();
    let mut keys: BTreeSet<&str> = keys.split(", ").map(|key| key.trim_matches('`')).collect();
    assert!(keys.remove("$schema"), "it means nothing");
    let cases = cases();
    let lines = cases.iter().flat_map(|(_, _, _, forth, back)| forth.iter().chain(back));
    let loosening = lines.filter_map(|line| line.strip_prefix("- ")?.split_once(": "));
    assert_eq!(loosening.map(|(key, _)| key).collect::<BTreeSet<_>>(), keys);
}
