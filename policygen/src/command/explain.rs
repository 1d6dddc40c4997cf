//! `policygen explain`.

use std::error::Error;
use std::path::PathBuf;

use clap::ValueEnum;

use crate::input;
use crate::output;
use crate::snapshot::{self, SnapshotError};
use generate::explain::{Known, account_of, explain, human, json};
use names::AccountId;

const EXAMPLES: &str = "\
Examples:
  Would a user and a session of a role be two persons?
    policygen explain arn:aws:iam::111122223333:user/alice \\
      arn:aws:sts::111122223333:assumed-role/Deployer/alice

  Does IAM Identity Center make the role, so that a glob of the rule may trust it?
    aws iam get-account-authorization-details > account.json
    policygen explain --rule rule.json --account-file account.json \\
      arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Approver_0123456789abcdef/dora

  The same under the rule of your gate, for programs:
    policygen explain --rule rule.json --format json \\
      arn:aws:sts::111122223333:assumed-role/Deployer/alice";

/// Show whom the gate takes principals for, and whether they would count as two
///
/// The answer comes from the gate's own code, under the rule that you give: what is printed here is
/// what a release will see. What depends on the execution, as `excludeInitiator` does, is left out.
///
/// About a role that only a glob of `trustedSessionRoles` trusts the gate asks IAM. This program
/// asks nobody: it says what follows from either answer, or takes it from --account-file.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The principals, as CodePipeline or CloudTrail shows them
    #[arg(required = true, value_name = "ARN")]
    arns: Vec<String>,
    /// The gate's rule, as in TWO_PERSON_RULE; without it, the default rule
    #[arg(long, value_name = "FILE")]
    rule: Option<PathBuf>,
    /// The pipeline's account, of which alone principals count; by default that of --account-file,
    /// or else of the first principal that has one
    #[arg(long, value_name = "ID")]
    account: Option<AccountId>,
    /// What `aws iam get-account-authorization-details` printed: which roles IAM Identity Center
    /// made; `-` for standard input
    #[arg(long, value_name = "FILE")]
    account_file: Option<PathBuf>,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Format {
    /// For people
    #[default]
    #[value(alias = "text")]
    Human,
    /// For programs, schema version 1
    Json,
}

/// Why nothing is explained.
#[derive(Debug, thiserror::Error)]
enum CommandError {
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    #[error(
        "--account is {given}, and `{path}` is of account {found}; leave out --account, or give the file of that account"
    )]
    OtherAccount { given: AccountId, path: PathBuf, found: String },
}

pub(crate) fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let rule = args.rule.as_deref().map(input::rule).transpose()?.unwrap_or_default();
    let explanation = explain(&rule, known(args)?, &args.arns)?;
    let printed = match args.format {
        Format::Human => human::render(&explanation),
        Format::Json => json::render(&explanation)?,
    };
    output::print(printed.as_bytes())?;
    Ok(())
}

/// What is known of the pipeline's account.
fn known(args: &Args) -> Result<Known, CommandError> {
    let Some(path) = &args.account_file else {
        let given = args.account.as_ref().map(ToString::to_string);
        return Ok(Known::Id(given.or_else(|| account_of(&args.arns)).unwrap_or_default()));
    };
    let snapshot = snapshot::read(path)?;
    match &args.account {
        Some(given) if **given != *snapshot.id => Err(CommandError::OtherAccount {
            given: given.clone(),
            path: path.clone(),
            found: snapshot.id,
        }),
        Some(_) | None => Ok(Known::Roles(
            rule::Account::new(snapshot.id.as_str()).with_roles(snapshot.role_arns()),
        )),
    }
}
