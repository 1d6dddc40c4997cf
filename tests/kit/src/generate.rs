//! An account of a size, from a seed.

use std::collections::BTreeMap;

use serde::Serialize as _;

use super::build::Account;
use super::code::Code;
use super::noise;
use super::plot::{Commons, Plot, whole_account};
use super::policy::{A, ANY, B, allow, approve, policy};
use super::scenario::{self, Scenario};
use super::shape::Details;

/// How large an account is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Its users.
    pub users: usize,
    /// Its groups.
    pub groups: usize,
    /// Its roles.
    pub roles: usize,
    /// Its customer managed policies.
    pub policies: usize,
    /// Of the users, at most about so many play in a scenario.
    pub planted_users: usize,
}

/// A small company. Not every scenario is in it.
pub const SMALL: Size = Size { users: 60, groups: 40, roles: 40, policies: 60, planted_users: 48 };

/// Every scenario is in it.
pub const MIDDLE: Size =
    Size { users: 500, groups: 80, roles: 250, policies: 200, planted_users: 400 };

/// As large as IAM's default quotas let an account be.
pub const LARGE: Size =
    Size { users: 5_000, groups: 300, roles: 1_000, policies: 1_500, planted_users: 1_600 };

/// One finding that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planted {
    /// The scenario that has it.
    pub scenario: &'static str,
    /// What it is.
    pub code: Code,
    /// The principal it is about.
    pub arn: String,
    /// What its witness has in it.
    pub witness: Option<String>,
}

/// An account, and what is to be found in it.
#[derive(Debug)]
pub struct Generated {
    details: Details,
    cast: BTreeMap<String, &'static str>,
    /// All that is to be found in it about principals, and nothing else is.
    pub planted: Vec<Planted>,
}

impl Generated {
    pub(super) fn of(
        account: Account,
        cast: BTreeMap<String, &'static str>,
        planted: Vec<Planted>,
    ) -> Self {
        Self { details: account.details, cast, planted }
    }

    /// The account as `aws iam get-account-authorization-details` prints it.
    #[must_use]
    pub fn json(&self) -> Vec<u8> {
        let mut text = Vec::new();
        let indented = serde_json::ser::PrettyFormatter::with_indent(b"    ");
        self.details
            .serialize(&mut serde_json::Serializer::with_formatter(&mut text, indented))
            .unwrap();
        text.push(b'\n');
        text
    }

    /// The scenario that a principal plays in.
    #[must_use]
    pub fn scenario_of(&self, arn: &str) -> &'static str {
        self.cast.get(arn).copied().unwrap_or("innocent")
    }

    /// The names of the scenarios in it.
    #[must_use]
    pub fn scenarios(&self) -> std::collections::BTreeSet<&'static str> {
        self.cast.values().copied().collect()
    }
}

/// What the next seed's account leaves out at the beginning. The smallest has more scenarios than
/// that.
const STRIDE: usize = 24;

/// Makes an account. The same seed makes the same account.
#[must_use]
pub fn generate(size: Size, seed: u64) -> Generated {
    let mut account = Account::new(seed);
    let mut cast = BTreeMap::new();
    let mut planted = Vec::new();

    let commons = Commons {
        group_a: account.group("/", "ApprovalA"),
        group_b: account.group("/", "ApprovalB"),
    };
    let mut plant = |account: &mut Account, scenario: Scenario| {
        (scenario.plant)(&mut Plot {
            account,
            commons,
            scenario: scenario.name,
            cast: &mut cast,
            planted: &mut planted,
        });
    };
    plant(&mut account, Scenario { name: "commons", plant: plant_commons });
    // In one mixed order, and each seed begins somewhere else: twelve small accounts in a row have
    // all of them.
    let mut scenarios = scenario::all();
    fastrand::Rng::with_seed(0).shuffle(&mut scenarios);
    let begin = usize::try_from(seed).unwrap() * STRIDE % scenarios.len();
    scenarios.rotate_left(begin);
    for scenario in scenarios.into_iter().cycle() {
        if !has_room(&account, size) {
            break;
        }
        plant(&mut account, scenario);
    }
    noise::surround(&mut account, size);
    put_in_order(&mut account);
    Generated::of(account, cast, planted)
}

/// Room for one more scenario of any kind, and for some innocents of each.
fn has_room(account: &Account, size: Size) -> bool {
    // No scenario has more than so many of a kind.
    const MOST: usize = 4;
    let details = &account.details;
    details.user_detail_list.len() + MOST <= size.planted_users
        && details.group_detail_list.len() + MOST <= size.groups - noise::LEAST_GROUPS
        && details.role_detail_list.len() + MOST <= size.roles * 9 / 10
        && account.customer_policies() + MOST <= size.policies * 9 / 10
}

/// Slot groups with approvers enough that anybody may leave, administrators, and a role of theirs.
fn plant_commons(plot: &mut Plot<'_>) {
    for (group, slot, wish) in
        [(plot.commons.group_a, A, "ApprovalA"), (plot.commons.group_b, B, "ApprovalB")]
    {
        let look =
            allow(&["codepipeline:GetPipelineState", "codepipeline:ListPipelines"]).on(&[ANY]);
        let approvals = plot.policy(wish, policy([look, approve(&[slot])]));
        plot.account.attach(group.into(), approvals);
    }
    for _ in 0..3 {
        plot.approver_of_a();
        plot.approver_of_b();
    }
    let administrators = plot.group("Administrators");
    plot.attach_aws(administrators, "AdministratorAccess");
    for _ in 0..2 {
        let user = plot.user();
        plot.account.join(user, administrators);
        plot.expect_both(user);
        plot.expect(Code::CanBypassGate, user);
        plot.expect(Code::CanMakeSecondPerson, user);
    }
    let role = plot.role("BreakGlass", whole_account());
    plot.approves_both(role);
    plot.expect(Code::CanApproveBoth, role);
    plot.expect(Code::SharedApproverRole, role);
}

/// IAM lists by name, and not by what somebody planned.
fn put_in_order(account: &mut Account) {
    let details = &mut account.details;
    details.user_detail_list.sort_by(|one, other| one.user_name.cmp(&other.user_name));
    details.group_detail_list.sort_by(|one, other| one.group_name.cmp(&other.group_name));
    details.role_detail_list.sort_by(|one, other| one.role_name.cmp(&other.role_name));
    account.rng.shuffle(&mut details.policies);
}
