//! `policygen rule`.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::PathBuf;

use crate::exit::Exit;
use crate::output;
use crate::snapshot;
use audit::{Scope, Slot, approvers};
use generate::rule_draft::{Draft, Wanted};
use names::{PipelineGlob, RegionGlob, StageGlob};

const EXAMPLES: &str = "\
Examples:
  A rule for the gate of one pipeline, to read, complete and keep:
    aws iam get-account-authorization-details > account.json
    policygen rule --account-file account.json --pipeline payments --stage Release \\
      --slot ApprovalA --slot ApprovalB > rule.json

  Then look at what is left to do:
    policygen doctor --rule rule.json --pipeline payments";

/// Write a rule to start from, by what an account shows
///
/// Prints a rule for TWO_PERSON_RULE: a closed world (`onlyPeople`) of the IAM users who may
/// approve, one entry of `people` for each human as far as names tell, and the exact names of IAM
/// Identity Center's roles that may approve. What a human must check or add is printed to standard
/// error: people of IAM Identity Center, for instance, are not in the file.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// What `aws iam get-account-authorization-details` printed; `-` for standard input
    #[arg(long, value_name = "FILE")]
    account_file: PathBuf,
    /// An approval action: who may serve one of these is in the rule, and the rule's `actions`
    /// names them. Without it, ApprovalA and ApprovalB, and no `actions`
    #[arg(long = "slot", visible_alias = "action", value_name = "NAME")]
    slots: Vec<String>,
    /// Only pipelines of this region, or of the regions that a glob matches
    #[arg(long)]
    region: Option<RegionGlob>,
    /// Only this pipeline, or those that a glob matches
    #[arg(long)]
    pipeline: Option<PipelineGlob>,
    /// Only this stage, which becomes the rule's `stage`, or those that a glob matches
    #[arg(long)]
    stage: Option<StageGlob>,
}

pub(crate) fn run(args: Args) -> Result<Exit, Box<dyn Error>> {
    let account = snapshot::read(&args.account_file)?;
    let slots = if args.slots.is_empty() {
        vec!["ApprovalA".to_owned(), "ApprovalB".to_owned()]
    } else {
        args.slots.clone()
    };
    let slots: Vec<Slot> = slots.into_iter().map(|action| Slot { action, group: None }).collect();
    let wanted = Wanted {
        stage: args
            .stage
            .as_ref()
            .filter(|stage| !stage.contains(['*', '?']))
            .map(ToString::to_string),
        actions: args.slots.into_iter().collect::<BTreeSet<_>>(),
    };
    let scope = Scope {
        slots,
        region: args.region,
        pipeline: args.pipeline,
        stage: args.stage,
        gate: "two-person-rule-gate".parse()?,
    };
    let approvers = approvers(&account, &scope)?;
    if approvers.is_empty() {
        output::print_warning(
            "nobody in this account may approve, so there is nothing to write; are --slot, --pipeline and --stage what the policies name?",
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
