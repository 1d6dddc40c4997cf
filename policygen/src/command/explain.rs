//! `policygen explain`.

use std::error::Error;
use std::path::PathBuf;

use clap::ValueEnum;

use crate::exit::Exit;
use crate::input::{self, InputName};
use crate::output;
use crate::snapshot::{self, SnapshotError};
use generate::explain::comment::{Answered, explain_comment};
use generate::explain::{Known, account_of, explain, human, json};
use names::AccountId;
use signing::Answer;

const EXAMPLES: &str = "\
Examples:
  Would a user and a session of a role be two persons?
    policygen explain arn:aws:iam::111122223333:user/alice \\
      arn:aws:sts::111122223333:assumed-role/Deployer/alice

  Did IAM Identity Center create the role, so that a glob of the rule may trust it?
    aws iam get-account-authorization-details > account.json
    policygen explain --rule rule.json --account-file account.json \\
      arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Approver_0123456789abcdef/dora

  What does the signature in this comment prove?
    policygen explain --rule rule.json --comment 'ok [2pr1.s.bmrQd4ily64.…]' \\
      --pipeline payments --execution 3137f7cb-… --stage Release \\
      --action ApprovalA --attempt 7d27f861-… --revision 5f1ab6f6… \\
      arn:aws:sts::111122223333:assumed-role/Deployer/alice

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
    /// What the approver wrote: explain the signature in it. Needs one ARN, the principal that
    /// answered
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
    #[command(flatten)]
    answered: AnsweredArgs,
    /// The output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What was answered. A signature is about exactly this.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "What was answered, as list-action-executions shows it")]
struct AnsweredArgs {
    /// The pipeline
    #[arg(long, value_name = "NAME", requires_all = ["comment", "execution", "stage", "action", "attempt"])]
    pipeline: Option<String>,
    /// `pipelineExecutionId`
    #[arg(long, value_name = "ID", requires = "pipeline")]
    execution: Option<String>,
    /// `stageName`
    #[arg(long, value_name = "NAME", requires = "pipeline")]
    stage: Option<String>,
    /// `actionName` of the approval
    #[arg(long, value_name = "NAME", requires = "pipeline")]
    action: Option<String>,
    /// `actionExecutionId` of the approval
    #[arg(long, value_name = "ID", requires = "pipeline")]
    attempt: Option<String>,
    /// What the approver answered
    #[arg(long, value_enum, default_value_t, requires = "pipeline")]
    answer: AnswerArg,
    /// `externalExecutionId` of each Source action's newest success; repeat for several
    #[arg(long = "revision", value_name = "ID", requires = "pipeline")]
    revisions: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum AnswerArg {
    #[default]
    Approved,
    Rejected,
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
        "--comment explains one answer: give the ARN of the principal that gave it, and no other"
    )]
    OneArn,
    #[error(
        "--account is {given}, but {path} is of account {found}; leave out --account, or give \
         the file of that account"
    )]
    OtherAccount { given: AccountId, path: InputName, found: String },
}

pub(crate) fn run(args: &Args) -> Result<Exit, Box<dyn Error>> {
    let rule = args.rule.as_deref().map(input::rule).transpose()?.unwrap_or_default();
    let printed = match (&args.comment, args.arns.as_slice()) {
        (None, arns) => {
            let explanation = explain(&rule, known(args)?, arns)?;
            match args.format {
                Format::Human => human::render(&explanation),
                Format::Json => json::render(&explanation)?,
            }
        }
        (Some(comment), [arn]) => {
            let account = match known(args)? {
                Known::Id(id) => rule::Account::new(id),
                Known::Roles(account) => account,
            };
            let answered = args.answered.read();
            let explanation = explain_comment(&rule, &account, arn, comment, answered.as_ref())?;
            match args.format {
                Format::Human => explanation.human(),
                Format::Json => explanation.json()?,
            }
        }
        (Some(_), _) => {
            output::print_error(&CommandError::OneArn);
            return Ok(Exit::Usage);
        }
    };
    output::print(printed.as_bytes())?;
    Ok(Exit::Done)
}

impl AnsweredArgs {
    fn read(&self) -> Option<Answered> {
        Some(Answered {
            pipeline: self.pipeline.clone()?,
            execution: self.execution.clone()?,
            stage: self.stage.clone()?,
            action: self.action.clone()?,
            attempt: self.attempt.clone()?,
            answer: match self.answer {
                AnswerArg::Approved => Answer::Approved,
                AnswerArg::Rejected => Answer::Rejected,
            },
            revisions: self.revisions.clone(),
        })
    }
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
            path: path.as_path().into(),
            found: snapshot.id,
        }),
        Some(_) | None => Ok(Known::Roles(
            rule::Account::new(snapshot.id.as_str()).with_roles(snapshot.role_arns()),
        )),
    }
}
