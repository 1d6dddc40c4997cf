//! A generated account is plausible: within IAM's quotas, and without a dangling reference.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde_json::Value;

use super::{Generated, LARGE, MIDDLE, SMALL, Size, generate, scenario};

/// This number of small accounts has every scenario. The audit is tested on the same accounts.
const SEEDS: std::ops::Range<u64> = 0..12;

/// Some accounts of each size. A large one takes seconds to generate.
static ACCOUNTS: LazyLock<Vec<(Generated, Value, Size)>> = LazyLock::new(|| {
    [(SMALL, 1), (SMALL, 2), (MIDDLE, 1), (LARGE, 1)]
        .map(|(size, seed)| {
            let account = generate(size, seed);
            let parsed = parsed(&account);
            (account, parsed, size)
        })
        .into()
});

fn large() -> &'static (Generated, Value, Size) {
    ACCOUNTS.last().unwrap()
}

fn parsed(account: &Generated) -> Value {
    serde_json::from_slice(&account.json()).unwrap()
}

fn list<'a>(account: &'a Value, key: &str) -> &'a [Value] {
    account[key].as_array().unwrap()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap()
}

fn each_size(test: impl Fn(&Generated, &Value, Size)) {
    for (account, parsed, size) in ACCOUNTS.iter() {
        test(account, parsed, *size);
    }
}

#[test]
fn the_same_seed_makes_the_same_account() {
    let (one, again, other) = (generate(SMALL, 3), generate(SMALL, 3), generate(SMALL, 4));
    assert_eq!(one.json(), again.json());
    assert_eq!(one.planted, again.planted);
    assert_ne!(one.json(), other.json());
}

#[test]
fn sizes_are_exact() {
    each_size(|_, account, size| {
        assert_eq!(list(account, "UserDetailList").len(), size.users);
        assert_eq!(list(account, "GroupDetailList").len(), size.groups);
        assert_eq!(list(account, "RoleDetailList").len(), size.roles);
        let own = |policy: &&Value| !text(policy, "Arn").starts_with("arn:aws:iam::aws:");
        assert_eq!(list(account, "Policies").iter().filter(own).count(), size.policies);
    });
    let megabytes = large().0.json().len() / 1_000_000;
    assert!((14..=18).contains(&megabytes), "{megabytes} MB");
}

#[test]
fn every_scenario_is_planted() {
    let names: BTreeSet<&str> =
        scenario::all().iter().map(|scenario| scenario.name).chain(["commons"]).collect();
    assert_eq!(names.len(), scenario::all().len() + 1, "two scenarios of one name");
    let left_out =
        |planted: &BTreeSet<&'static str>| names.difference(planted).copied().collect::<Vec<_>>();
    each_size(|account, _, size| {
        if size.users > SMALL.users {
            assert_eq!(left_out(&account.scenarios()), Vec::<&str>::new(), "{} users", size.users);
        }
    });
    let in_small_ones = SEEDS.flat_map(|seed| generate(SMALL, seed).scenarios()).collect();
    assert_eq!(left_out(&in_small_ones), Vec::<&str>::new());
}

#[test]
fn most_of_a_large_account_is_innocent() {
    let (account, parsed, _) = large();
    let users = list(parsed, "UserDetailList");
    let innocent =
        users.iter().filter(|user| account.scenario_of(text(user, "Arn")) == "innocent").count();
    assert!(innocent * 2 > users.len(), "{innocent} of {}", users.len());
}

#[test]
fn what_is_planted_is_there_once() {
    each_size(|generated, account, _| {
        let arns: BTreeSet<&str> = ["UserDetailList", "RoleDetailList"]
            .iter()
            .flat_map(|key| list(account, key))
            .map(|principal| text(principal, "Arn"))
            .collect();
        let mut seen = BTreeSet::new();
        for planted in &generated.planted {
            assert!(arns.contains(planted.arn.as_str()), "{planted:?}");
            assert_eq!(generated.scenario_of(&planted.arn), planted.scenario);
            assert!(seen.insert((planted.code, &planted.arn)), "twice: {planted:?}");
        }
    });
}

#[test]
fn names_are_unique_in_any_case() {
    each_size(|_, account, _| {
        for (key, name) in [
            ("UserDetailList", "UserName"),
            ("GroupDetailList", "GroupName"),
            ("RoleDetailList", "RoleName"),
            ("Policies", "PolicyName"),
        ] {
            let names: BTreeSet<String> =
                list(account, key).iter().map(|entry| text(entry, name).to_lowercase()).collect();
            assert_eq!(names.len(), list(account, key).len(), "{key}");
        }
    });
}

#[test]
fn what_is_referred_to_is_there() {
    each_size(|_, account, _| {
        let groups: BTreeSet<&str> =
            list(account, "GroupDetailList").iter().map(|group| text(group, "GroupName")).collect();
        let mut attached: BTreeMap<&str, u64> = BTreeMap::new();
        let mut boundaries: BTreeMap<&str, u64> = BTreeMap::new();
        for key in ["UserDetailList", "GroupDetailList", "RoleDetailList"] {
            for holder in list(account, key) {
                for policy in list(holder, "AttachedManagedPolicies") {
                    *attached.entry(text(policy, "PolicyArn")).or_default() += 1;
                }
                if let Some(boundary) = holder.get("PermissionsBoundary") {
                    *boundaries.entry(text(boundary, "PermissionsBoundaryArn")).or_default() += 1;
                }
                for group in holder.get("GroupList").and_then(Value::as_array).into_iter().flatten()
                {
                    assert!(groups.contains(group.as_str().unwrap()), "{group}");
                }
            }
        }
        for policy in list(account, "Policies") {
            let arn = text(policy, "Arn");
            assert_eq!(policy["AttachmentCount"], attached.remove(arn).unwrap_or(0), "{arn}");
            assert_eq!(
                policy["PermissionsBoundaryUsageCount"],
                boundaries.remove(arn).unwrap_or(0),
                "{arn}"
            );
            let defaults: Vec<&Value> = list(policy, "PolicyVersionList")
                .iter()
                .filter(|version| version["IsDefaultVersion"] == true)
                .collect();
            assert_eq!(defaults.len(), 1, "{arn}");
            assert_eq!(defaults[0]["VersionId"], policy["DefaultVersionId"], "{arn}");
        }
        assert!(attached.is_empty() && boundaries.is_empty(), "{attached:?} {boundaries:?}");
    });
}

/// Facts 24, and "IAM object quotas" of the IAM User Guide: at most 10 managed policies for each
/// holder, 5 versions for each policy, 2,048 characters for each trust policy.
#[test]
fn everything_is_within_the_quotas() {
    // White space does not count.
    let characters = |document: &Value| {
        document.to_string().chars().filter(|character| !character.is_whitespace()).count()
    };
    each_size(|_, account, _| {
        for (key, inline, quota) in [
            ("UserDetailList", "UserPolicyList", 2_048),
            ("GroupDetailList", "GroupPolicyList", 5_120),
            ("RoleDetailList", "RolePolicyList", 10_240),
        ] {
            for holder in list(account, key) {
                let arn = text(holder, "Arn");
                let policies = holder.get(inline).and_then(Value::as_array).into_iter().flatten();
                let sum: usize = policies.map(|policy| characters(&policy["PolicyDocument"])).sum();
                assert!(sum <= quota, "{arn}: {sum}");
                assert!(list(holder, "AttachedManagedPolicies").len() <= 10, "{arn}");
                assert!(
                    holder.get("GroupList").and_then(Value::as_array).map_or(0, Vec::len) <= 10,
                    "{arn}"
                );
            }
        }
        for role in list(account, "RoleDetailList") {
            assert!(characters(&role["AssumeRolePolicyDocument"]) <= 2_048, "{}", role["Arn"]);
        }
        for policy in list(account, "Policies") {
            let arn = text(policy, "Arn");
            let versions = list(policy, "PolicyVersionList");
            assert!((1..=5).contains(&versions.len()), "{arn}");
            // The quota is for customers. AWS's own policies exceed it.
            let customers = !arn.starts_with("arn:aws:iam::aws:");
            for version in versions.iter().filter(|_| customers) {
                assert!(characters(&version["Document"]) <= 6_144, "{arn}");
            }
        }
    });
}
