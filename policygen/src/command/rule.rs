//! `policygen rule`: drafts a rule, and compares two.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::PathBuf;

use super::rule_check;
use crate::exit::Exit;
use crate::output;
use crate::snapshot;
use audit::{AuditError, Scope, Slot, approvers};
use generate::rule_draft::{Draft, Wanted};
use iam::account::Account;
use names::{PipelineGlob, RegionGlob, StageGlob};

const EXAMPLES: &str = "\
Examples:
  A rule for the gate of one pipeline, to review and complete:
    aws iam get-account-authorization-details > account.json
    policygen rule --account-file account.json --pipeline payments --stage Release \\
      --slot ApprovalA --slot ApprovalB > rule.json

  Then check what is left to do:
    policygen doctor --rule rule.json --pipeline payments

  What does a change of the rule loosen?
    policygen rule check old.json rule.json";

/// Draft a rule for the gate from an account
///
/// Prints a rule for TWO_PERSON_RULE. Only the IAM users who may approve count (`onlyPeople`), with
/// one entry of `people` for each human as far as their names show. Roles of IAM Identity Center
/// that may approve are listed by their exact names. What a human must check or add is printed to
/// standard error. For example, the file does not list users of IAM Identity Center.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = EXAMPLES,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    draft: Option<DraftArgs>,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Check(rule_check::Args),
}

/// What a rule is drafted from.
#[derive(Debug, clap::Args)]
struct DraftArgs {
    /// The output of `aws iam get-account-authorization-details`; `-` for standard input
    #[arg(long, value_name = "FILE")]
    account_file: PathBuf,
    /// An approval action, written as for `audit`. The rule has everybody who may serve one of
    /// these, in a group or not, and its `actions` names them [default: ApprovalA and ApprovalB,
    /// without `actions`]
    #[arg(long = "slot", visible_alias = "action", value_name = "NAME[=GROUP]")]
    slots: Vec<Slot>,
    /// Only pipelines in this region, or in regions that match a pattern
    #[arg(long)]
    region: Option<RegionGlob>,
    /// Only this pipeline, or pipelines that match a pattern
    #[arg(long)]
    pipeline: Option<PipelineGlob>,
    /// Only this stage, or stages that match a pattern. A name becomes the rule's `stage`
    #[arg(long)]
    stage: Option<StageGlob>,
}

pub(crate) fn run(args: Args) -> Result<Exit, Box<dyn Error>> {
    match (args.verb, args.draft) {
        (Some(Verb::Check(args)), _) => rule_check::run(&args),
        (None, Some(args)) => draft(args),
        // `--account-file` is required.
        (None, None) => Ok(Exit::Usage),
    }
}

fn draft(args: DraftArgs) -> Result<Exit, Box<dyn Error>> {
    let account = snapshot::read(&args.account_file)?;
    let actions = args.slots.iter().map(|slot| slot.action.to_string()).collect::<BTreeSet<_>>();
    let slots = if args.slots.is_empty() {
        vec!["ApprovalA".parse()?, "ApprovalB".parse()?]
    } else {
        args.slots
    };
    let wanted = Wanted {
        stage: args
            .stage
            .as_ref()
            .filter(|stage| !stage.contains(['*', '?']))
            .map(ToString::to_string),
        actions,
    };
    let scope = Scope {
        slots,
        region: args.region,
        pipeline: args.pipeline,
        stage: args.stage,
        gate: "two-person-rule-gate".parse()?,
        desk: None,
        release: audit::Release::default(),
        declared: Vec::new(),
        deployed: None,
    };
    if let Some(error) = missing_group(&account, &scope.slots) {
        output::print_error(&error);
        return Ok(Exit::Nothing);
    }
    let approvers = approvers(&account, &scope);
    if approvers.is_empty() {
        output::print_warning(
            "nobody in this account may approve, so there is nothing to write; do the policies \
             name the same --slot, --pipeline and --stage?",
        );
        return Ok(Exit::Nothing);
    }
    let draft = Draft::new(&account, &approvers, wanted);
    let json = draft.json()?;
    output::print(json.as_bytes())?;
    for check in draft.to_check(&json) {
        output::print_note(&check);
    }
    Ok(Exit::Done)
}

/// An error about the first slot whose group the account does not have, as in `audit`.
fn missing_group(account: &Account, slots: &[Slot]) -> Option<AuditError> {
    slots.iter().find_map(|slot| {
        let name = slot.group.as_ref()?;
        // IAM ignores the case of group names.
        let mut groups = account.groups.iter();
        let is_there = groups.any(|group| group.name.eq_ignore_ascii_case(name));
        (!is_there)
            .then(|| AuditError::NoGroup { group: name.clone(), slot: slot.action.to_string() })
    })
}
