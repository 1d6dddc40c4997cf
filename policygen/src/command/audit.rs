//! `policygen audit`.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::PathBuf;

use iam::account::details::Details;
use iam::account::{Account, AccountError};
use jiff::civil::Date;
use jiff::tz::Offset;

use super::CATALOGS;
use super::audit_code::{Code, CodeArgs};
use super::audit_identity_center::{self, IdentityCenterArgs};
use super::audit_release::{ReleaseArgs, Released};
use super::report::ReportArgs;
use crate::aws::{Aws, Connection};
use crate::controls::Controls;
use crate::exit::Exit;
use crate::input::{self, InputError, InputName};
use crate::output;
use audit::{AuditError, CATALOG, Scope, Slot, audit};
use names::{ActionName, FunctionRef, PipelineGlob, RegionGlob, StageGlob};

const EXAMPLES: &str = "\
Examples:
  The account of your current credentials (GetAccountAuthorizationDetails, nothing else):
    policygen audit

  The same without access, from a file:
    aws iam get-account-authorization-details > account.json
    policygen audit --account-file account.json

  Who has the roles of IAM Identity Center, from files:
    policygen audit --account-file account.json --identity-center-file assignments.json \\
      --identity-center-file sets.json --identity-center-file people.json

  One pipeline, the groups by name, and what the gate believes:
    policygen audit --slot ApprovalA=Developers --slot ApprovalB=Operators \\
      --region eu-west-1 --pipeline payments --rule rule.json

  Are exactly the people of the code approvers, and does the gate apply the rule of the file?
    aws lambda get-function-configuration --function-name two-person-rule-gate > function.json
    policygen audit --config approvers.toml --rule rule.json --gate-rule function.json

  What the pipeline deploys, with which roles, and who could deploy it without the pipeline:
    aws codepipeline get-pipeline --name payments > pipeline.json
    policygen audit --pipeline-file pipeline.json

  For code scanning, failing on warnings too:
    policygen audit --format sarif --fail-on warning > audit.sarif

Exit codes: 0 nothing found, 1 could not do it, 2 usage, 3 nothing was there to audit, 10 findings
at or above --fail-on.";

/// The permissions that a live audit needs, and no others.
const PERMISSIONS: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "ReadWhoMayDoWhat",
      "Effect": "Allow",
      "Action": "iam:GetAccountAuthorizationDetails",
      "Resource": "*"
    }"#;

/// The end of the policy.
const END: &str = "\n  ]\n}\n";

/// Prove that nobody can serve two slots of one pipeline, by any path
///
/// Reads an account's users, groups, roles and policies, and decides with all their wildcards
/// whether any principal may give two of the approvals: with its own permissions, if conditions
/// hold, through roles, or after one change that it may make itself. Each finding comes with a
/// witness and the chain of policies that leads to it.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The output of `aws iam get-account-authorization-details`, instead of asking AWS; `-` for
    /// standard input
    #[arg(long, value_name = "FILE")]
    account_file: Option<PathBuf>,
    /// An approval action, and the group that serves it [default group: the groups whose own
    /// policies allow it; default slots: the approvals of --pipeline-file, the slots of --config,
    /// or ApprovalA and ApprovalB]
    #[arg(long = "slot", value_name = "NAME[=GROUP]")]
    slots: Vec<Slot>,
    /// Only pipelines in this region, or in regions that match a pattern
    #[arg(long)]
    region: Option<RegionGlob>,
    /// Only this pipeline, or pipelines that match a pattern
    #[arg(long)]
    pipeline: Option<PipelineGlob>,
    /// Only this stage, or stages that match a pattern
    #[arg(long)]
    stage: Option<StageGlob>,
    /// Service control policies: of one level above the account (a policy or a list of policies;
    /// repeat it for every level; each must allow), or of a whole organization
    #[arg(long, value_name = "FILE")]
    scp: Vec<PathBuf>,
    /// The gate's function, by its name or its ARN
    #[arg(long, value_name = "FUNCTION", default_value = "two-person-rule-gate")]
    gate_function: FunctionRef,
    /// The role that the desk answers with: nobody else may answer
    #[arg(long, value_name = "ROLE")]
    desk_role: Option<String>,
    /// The gate's rule, as in TWO_PERSON_RULE: who counts, and as which human. It decides which
    /// findings are errors
    #[arg(long, value_name = "FILE")]
    rule: Option<PathBuf>,
    #[command(flatten)]
    code: CodeArgs,
    #[command(flatten)]
    release: ReleaseArgs,
    /// Print the IAM policy that a live audit needs, and exit
    #[arg(long)]
    print_permissions: bool,
    #[command(flatten)]
    identity_center: IdentityCenterArgs,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    report: ReportArgs,
}

/// Why nothing is audited.
#[derive(Debug, thiserror::Error)]
enum CommandError {
    #[error(transparent)]
    Input(#[from] InputError),
    #[error("{path}")]
    Account { path: InputName, source: AccountError },
    #[error("the account that AWS describes cannot be used")]
    Live { source: AccountError },
}

/// Why the slots cannot be audited.
#[derive(Debug, thiserror::Error)]
enum SlotsError {
    #[error("give at least two different slots, for example --slot ApprovalA --slot ApprovalB")]
    Few,
    #[error(
        "the group `{0}` cannot serve two slots, because each of its members would serve both; \
         name another group for one of them"
    )]
    Group(String),
}

/// Checks that there are two or more different slots, and that no two of them name the same group.
fn check_slots(slots: &[Slot]) -> Result<(), SlotsError> {
    let actions: BTreeSet<&ActionName> = slots.iter().map(|slot| &slot.action).collect();
    if slots.is_empty() {
        return Ok(());
    }
    if actions.len() < 2 || actions.len() < slots.len() {
        return Err(SlotsError::Few);
    }
    let mut groups = BTreeSet::new();
    // IAM ignores the case of group names.
    let twice = |group: &&String| !groups.insert(group.to_lowercase());
    match slots.iter().filter_map(|slot| slot.group.as_ref()).find(twice) {
        None => Ok(()),
        Some(group) => Err(SlotsError::Group(group.clone())),
    }
}

pub(crate) fn run(args: Args, today: Date) -> Result<Exit, Box<dyn Error>> {
    if args.print_permissions {
        let more = if args.identity_center.identity_center {
            audit_identity_center::PERMISSIONS
        } else {
            ""
        };
        output::print([PERMISSIONS, more, END].concat().as_bytes())?;
        return Ok(Exit::Done);
    }
    if let Err(error) = check_slots(&args.slots) {
        output::print_error(&error);
        return Ok(Exit::Usage);
    }
    let reporter = args.report.read(&CATALOGS)?;
    let rule = args.rule.as_deref().map(input::rule).transpose()?;
    let floor = rule.clone().unwrap_or_default();
    let released = args.release.read(&args.gate_function, args.pipeline.as_ref(), &floor)?;
    let Released { release, gate, is_complete, .. } = released;
    let Code { declared, deployed, slots: of_config } = args.code.read(&args.identity_center)?;
    let slots = Some(args.slots).filter(|slots| !slots.is_empty());
    let slots = slots.or(released.slots).or(of_config);
    let slots = match slots {
        Some(slots) => slots,
        None => vec!["ApprovalA".parse()?, "ApprovalB".parse()?],
    };
    let region = args.region.or(released.region);
    let controls = Controls::read(&args.scp)?;
    let account = match &args.account_file {
        Some(path) => Account::parse_supposing(&input::text(path)?)
            .map_err(|source| CommandError::Account { path: path.as_path().into(), source }),
        None => {
            let region = region.as_ref().and_then(RegionGlob::region);
            Account::supposing(read_account(&args.connection, region)?)
                .map_err(|source| CommandError::Live { source })
        }
    };
    let account = match account {
        Err(CommandError::Account { source, .. } | CommandError::Live { source })
            if matches!(source, AccountError::Empty) =>
        {
            output::print_error(&source);
            return Ok(Exit::Nothing);
        }
        account => account?,
    };
    // What ends today counts as still open.
    let mut account = account.at(Offset::UTC.to_timestamp(today.at(0, 0, 0, 0))?);
    // "The AWSServiceRoleForSupport service-linked role [...] is automatically created" in every
    // account (AWS Support User Guide, "Using service-linked roles for AWS Support").
    if args.account_file.is_some() && account.roles.is_empty() {
        output::print_warning(
            "the file has no roles, although every account has some; if it was created with \
             --filter, create it again without",
        );
    }
    let levels = controls.levels(&account.id)?;
    for level in levels {
        account.add_controls(level);
    }
    warn_of_missing_boundaries(&account.missing_boundaries);
    let scope = Scope {
        slots,
        region,
        pipeline: args.pipeline.or(released.pipeline),
        stage: args.stage.or(released.stage),
        gate,
        desk: args.desk_role,
        release,
        declared,
        deployed,
    };
    let region = scope.region.as_ref().and_then(RegionGlob::region);
    let people = args.identity_center.read(&args.connection, &account.id, region)?;
    match audit(&account, &scope, rule.as_ref(), people.as_ref()) {
        Ok(found) => {
            let exit = reporter.finish(found, checked(&account), &CATALOG, today)?;
            // A pipeline that could not be read may have any way past its gate.
            Ok(if is_complete { exit } else { Exit::Failed })
        }
        Err(
            error @ (AuditError::NoGroup { .. }
            | AuditError::NoDesk(_)
            | AuditError::NoDeployRole(_)),
        ) => {
            output::print_error(&error);
            Ok(Exit::Nothing)
        }
    }
}

/// Names the first of the boundaries that are not in the snapshot: there may be thousands.
fn warn_of_missing_boundaries(missing: &[String]) {
    const NAMED: usize = 3;
    for arn in missing.iter().take(NAMED) {
        output::print_warning(&format!(
            "the permission boundary `{arn}` is not in the snapshot, so the principals that have \
             it are treated as unbounded"
        ));
    }
    let more = missing.len().saturating_sub(NAMED);
    if more > 0 {
        let are = if more == 1 { "boundary is" } else { "boundaries are" };
        output::print_warning(&format!("{more} more permission {are} not in the snapshot"));
    }
}

/// Reads the account from AWS.
fn read_account(
    connection: &Connection,
    region: Option<&str>,
) -> Result<Details<'static>, Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let progress = output::spinner("reading the account");
    let details = runtime.block_on(async {
        let aws = Aws::connect(connection, region).await;
        aws.account_details(|count| {
            progress.set_message(format!("reading the account: {count} principals and policies"))
        })
        .await
    });
    progress.finish_and_clear();
    Ok(details?)
}

fn checked(account: &Account) -> String {
    let of = |count: usize, one: &str, several: &str| {
        format!("{count} {}", if count == 1 { one } else { several })
    };
    format!(
        "{}, {}, {} and {} of account {}",
        of(account.users.len(), "user", "users"),
        of(account.groups.len(), "group", "groups"),
        of(account.roles.len(), "role", "roles"),
        of(account.policy_count(), "policy", "policies"),
        account.id,
    )
}
