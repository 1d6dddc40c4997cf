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

  Did IAM Identity Center create the role, so that a glob of the rule may trust it?
    aws iam get-account-authorization-details > account.json
    policygen explain --rule rule.json --account-file account.json \\
      arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Approver_0123456789abcdef/dora

  The same with your gate's rule, for programs:
    policygen explain --rule rule.json --format json \\
      arn:aws:sts::111122223333:assumed-role/Deployer/alice";

/// Show how the gate counts principals, and whether they would count as two persons
///
/// The answer comes from the gate's own code, with the rule that you give, so a release gets the
/// same answer. It leaves out what depends on the execution, such as `excludeInitiator`.
///
/// If only a glob of `trustedSessionRoles` trusts a role, the gate asks IAM about it. This program
/// does not ask. It shows what follows from either answer, or reads the answer from --account-file.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The principals, as CodePipeline or CloudTrail shows them
    #[arg(required = true, value_name = "ARN")]
    arns: Vec<String>,
    /// The gate's rule, as in TWO_PERSON_RULE [default: the default rule]
    #[arg(long, value_name = "FILE")]
    rule: Option<PathBuf>,
    /// The pipeline's account; principals of other accounts do not count [default: that of
    /// --account-file, or of the first principal that has one]
    #[arg(long, value_name = "ID")]
    account: Option<AccountId>,
    /// The output of `aws iam get-account-authorization-details`, which shows the roles that IAM
    /// Identity Center created; `-` for standard input
    #[arg(long, value_name = "FILE")]
    account_file: Option<PathBuf>,
    /// The output format
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
        "--account is {given}, but `{path}` is of account {found}; leave out --account, or give \
         the file of that account"
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

/// What is known about the pipeline's account.
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
