//! `emulator serve`: the emulator for the AWS CLI or any SDK.

use std::error::Error;
use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use ::desk::Ready;
use jiff::SignedDuration;
use names::{AccountId, Region};

use super::demo;
use super::desk;
use super::functions::FunctionArgs;
use super::gate_files;
use super::lag::lag;
use super::stop::Stop;
use crate::authorize::Authorizer;
use crate::engine::Settings;
use crate::faults::Faults;
use crate::function_host::ChildOutput;
use crate::principals::Principals;
use crate::server::{Config, Function, Server};
use crate::terminal;

/// Serve an in-memory CodePipeline on loopback for the AWS CLI and SDKs
///
/// The access key id alone identifies a caller; signatures are not verified. The creation of a
/// pipeline starts an execution; all others are started by hand, because sources never detect a
/// change. Lambda actions invoke the gate, unless they name a function of --function. Manual
/// approvals wait; every other action succeeds, unless its configuration has `"EmulatorResult":
/// "Failed"` or `"FailedOnce"`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = PRINCIPALS_HELP)]
pub struct Args {
    /// Loopback address to listen on; port 0 means any free port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4599")]
    listen: SocketAddr,
    /// JSON object that maps each access key id to the ARN of its principal
    #[arg(long, value_name = "FILE")]
    principals: Option<PathBuf>,
    /// Account whose IAM policies decide who may do what, as printed by `aws iam
    /// get-account-authorization-details`; without it, everybody may do everything
    #[arg(long, value_name = "FILE", requires = "principals", conflicts_with = "account_id")]
    account: Option<PathBuf>,
    /// The gate's role in that account [default: TwoPersonRule-Gate]
    ///
    /// Without this option and without a role of the default name, the gate is not checked.
    #[arg(long, value_name = "NAME", requires = "account")]
    gate_role: Option<String>,
    /// The gate's rule, as JSON; by default the gate's own defaults
    #[arg(long, value_name = "FILE")]
    rule: Option<PathBuf>,
    /// Program to run as the gate, such as a built `bootstrap`; by default this program itself
    #[arg(long, value_name = "PROGRAM")]
    gate: Option<PathBuf>,
    #[command(flatten)]
    functions: FunctionArgs,
    /// Region in ARNs
    #[arg(long, default_value = "us-east-1")]
    region: Region,
    /// Account id in ARNs; --account overrides it
    #[arg(long, value_name = "DIGITS", default_value = "111122223333")]
    account_id: AccountId,
    /// Longest time in seconds until CodePipeline notices an answer; all other delays of AWS are
    /// scaled with it; 0 for no delay, `aws` for the recorded 35 s
    #[arg(long, value_name = "SECONDS", default_value = "2", value_parser = lag)]
    lag: SignedDuration,
    /// Loopback address of the desk, where people sign in with passkeys and answer; the `desk` of
    /// the rule must have the same port [default: the port of the rule's `desk`, or else 4580 or a
    /// free one]
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["no_desk", "account"])]
    desk: Option<SocketAddr>,
    /// Do not serve the desk; with --account, it never is
    #[arg(long)]
    no_desk: bool,
    /// Do not create the pipeline `payments`, which has two approvals and the gate and is started;
    /// with --account, it never is
    #[arg(long)]
    empty: bool,
    /// Seed for delays and identifiers: the same calls at the same times give the same replies
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Faults of the network and of AWS: a JSON object with a list `faults`
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// Omit the execution in GetJobDetails, as AWS may do for Lambda jobs
    #[arg(long)]
    bare_job_details: bool,
}

const PRINCIPALS_HELP: &str = "\
Without --principals, these access key ids are known:
  alice, bob              two IAM users
  sso-alice, sso-carol    two sessions of the role AWSReservedSSO_Approver_0123456789abcdef
  deployer-1, deployer-2  two sessions of the role Deployer
  deployer-alice          a session of Deployer with the name alice";

/// Serves until ctrl-c or SIGTERM.
///
/// # Errors
/// If a file cannot be read, the gate would refuse the rule, the gate does not start, or the server
/// cannot listen on the address.
pub async fn run(args: Args) -> Result<(), Box<dyn Error>> {
    let principals = match &args.principals {
        Some(path) => Principals::read(path)?,
        None => Principals::examples(&args.account_id),
    };
    let mut authorizer = match &args.account {
        Some(path) => Some(Authorizer::read(path, &principals, args.gate_role.as_deref())?),
        None => None,
    };
    let (partition, account_id) = match &authorizer {
        Some(authorizer) => (authorizer.partition(), authorizer.account_id()),
        None => ("aws", args.account_id.as_str()),
    };
    let settings = Settings {
        partition: partition.to_owned(),
        region: args.region.as_str().to_owned(),
        account_id: account_id.to_owned(),
        bare_job_details: args.bare_job_details,
    };
    let rule = args.rule.as_deref().map(gate_files::rule).transpose()?;
    let gate = args.gate.as_deref().map(gate_files::program).transpose()?;
    let functions = args.functions.read()?;
    let secrets = args.functions.secrets()?;
    let faults = args.faults.as_deref().map(Faults::read).transpose()?.unwrap_or_default();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_max_level(tracing::Level::INFO)
        .init();
    if authorizer.as_ref().is_some_and(|authorizer| !authorizer.checks_gate()) {
        tracing::warn!(
            "the account has no role for the gate, so the gate is not checked: see --gate-role"
        );
    }
    for Function { name, .. } in &functions {
        if authorizer.as_mut().is_some_and(|authorizer| !authorizer.add_function(name)) {
            tracing::warn!(
                "the account has no role `{name}`, so the function `{name}` is not checked"
            );
        }
    }
    let serves_desk = !args.no_desk && authorizer.is_none();
    let Settings { partition, account_id, .. } = settings.clone();
    let role = desk::Role { partition, account_id };
    let mut known = principals.clone();
    if serves_desk {
        known.add(desk::KEY_ID, role.session());
    }
    // Before the lines are printed, so that their reader can already stop the server.
    let mut stop = Stop::listen()?;
    let server = Server::start(Config {
        listen: args.listen,
        settings,
        lag: args.lag,
        seed: args.seed,
        principals: known,
        authorizer,
        gate,
        rule: rule.clone(),
        functions,
        secrets,
        faults,
        function_timeout: args.functions.timeout(),
        log_level: std::env::var("AWS_LAMBDA_LOG_LEVEL").ok(),
        output: ChildOutput::Stderr,
    })
    .await?;
    if !args.empty && args.account.is_none() {
        demo::create_example(&server.url(), &principals).await?;
    }
    let desk = if serves_desk {
        let (region, rule) = (&args.region, rule.as_deref());
        let setup = desk::Setup { address: args.desk, role, api: server.url(), region, rule };
        desk::open(setup).await?
    } else {
        None
    };
    let origin = desk.as_ref().map(Ready::origin);
    terminal::print(&environment(&server.url(), origin, &args.region, &principals)?)?;
    let desk = desk.map(|desk| tokio::spawn(desk.serve()));
    stop.requested().await;
    tracing::info!("stops");
    if let Some(desk) = desk {
        desk.abort();
    }
    server.shutdown().await;
    Ok(())
}

/// The lines to paste into a shell before the AWS CLI can be used.
fn environment(
    url: &str,
    desk: Option<&str>,
    region: &str,
    principals: &Principals,
) -> Result<String, std::fmt::Error> {
    let mut lines = String::new();
    if let Some(desk) = desk {
        writeln!(lines, "# The desk, to approve in a browser: {desk}")?;
    }
    writeln!(lines, "# Paste these into another terminal; stop with ctrl-c here.")?;
    writeln!(lines, "export AWS_ENDPOINT_URL={url}")?;
    writeln!(lines, "export AWS_DEFAULT_REGION={region}")?;
    writeln!(lines, "export AWS_SECRET_ACCESS_KEY=not-checked")?;
    if let Some((key_id, _)) = principals.iter().next() {
        writeln!(lines, "export AWS_ACCESS_KEY_ID={key_id}")?;
    }
    writeln!(lines, "# AWS_ACCESS_KEY_ID selects the principal:")?;
    for (key_id, arn) in principals.iter() {
        writeln!(lines, "#   {key_id:<14} {arn}")?;
    }
    Ok(lines)
}
