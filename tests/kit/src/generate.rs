//! Generates an account of a given size from a seed.

use std::collections::BTreeMap;

use serde::Serialize as _;

use super::build::Account;
use super::code::Code;
use super::noise;
use super::plot::{Commons, Planted, Plot, whole_account};
use super::policy::{A, ANY, B, allow, approve, policy};
use super::scenario::{self, Scenario};
use super::shape::Details;
use super::size::Size;

/// An account with its expected findings.
#[derive(Debug)]
pub struct Generated {
    details: Details,
    cast: BTreeMap<String, &'static str>,
    /// All findings about principals. There must be no others.
    pub planted: Vec<Planted>,
}

impl Generated {
    pub(super) fn new(
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

    /// The scenario of a principal.
    #[must_use]
    pub fn scenario_of(&self, arn: &str) -> &'static str {
        self.cast.get(arn).copied().unwrap_or("innocent")
    }

    /// The names of its scenarios.
    #[must_use]
    pub fn scenarios(&self) -> std::collections::BTreeSet<&'static str> {
        self.cast.values().copied().collect()
    }
}

/// The distance between the starts of two consecutive seeds in the list of scenarios. The smallest
/// account has more scenarios than that.
const STRIDE: usize = 24;

/// Generates an account. The same seed gives the same account.
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
    // In one shuffled order, but each seed starts at another place: twelve consecutive small
    // accounts have all scenarios.
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
    Generated::new(account, cast, planted)
}

/// Accounts with one scenario each, for scenarios that would make findings of people who have
/// nothing to do with them.
#[must_use]
pub fn alone() -> Vec<Generated> {
    let account = |scenario: &Scenario| {
        let mut account = Account::new(3);
        let mut cast = BTreeMap::new();
        let mut planted = Vec::new();
        let commons = Commons {
            group_a: account.group("/", "ApprovalA"),
            group_b: account.group("/", "ApprovalB"),
        };
        for one in [Scenario { name: "commons", plant: plant_commons }, *scenario] {
            (one.plant)(&mut Plot {
                account: &mut account,
                commons,
                scenario: one.name,
                cast: &mut cast,
                planted: &mut planted,
            });
        }
        put_in_order(&mut account);
        Generated::new(account, cast, planted)
    };
    scenario::alone().iter().map(account).collect()
}

/// Whether there is room for another scenario of any kind, and for some noise of each.
fn has_room(account: &Account, size: Size) -> bool {
    // No scenario has more pieces of a kind.
    const MOST: usize = 4;
    let details = &account.details;
    details.user_detail_list.len() + MOST <= size.planted_users
        && details.group_detail_list.len() + MOST <= size.groups - noise::LEAST_GROUPS
        && details.role_detail_list.len() + MOST <= size.roles * 9 / 10
        && account.customer_policies() + MOST <= size.policies * 9 / 10
}

/// The slot groups, with enough approvers that anybody may leave; the administrators, and a role of
/// theirs.
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

/// Sorts by name, as IAM does.
fn put_in_order(account: &mut Account) {
    let details = &mut account.details;
    details.user_detail_list.sort_by(|one, other| one.user_name.cmp(&other.user_name));
    details.group_detail_list.sort_by(|one, other| one.group_name.cmp(&other.group_name));
    details.role_detail_list.sort_by(|one, other| one.role_name.cmp(&other.role_name));
    account.rng.shuffle(&mut details.policies);
}
