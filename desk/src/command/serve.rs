//! `desk serve`.

use std::env;
use std::error::Error;
use std::net::SocketAddr;

use names::PipelineGlob;
use tokio::net::TcpListener;

use crate::aws::{Live, LiveWays, RoleArn, TopicArn};
use crate::exit::Exit;
use crate::options::Common;
use crate::output;
use crate::rule_source;
use crate::web::{Seal, Web, router, serve};

/// The key of the cookies, if several processes share them.
pub(super) const COOKIE_KEY: &str = "DESK_COOKIE_KEY";

const EXAMPLES: &str = "\
Examples:
  In a browser on this machine, with your own AWS credentials:
    desk serve --rule rule.json --region eu-west-1

  For several people, who answer as sessions of a role that only the desk may assume:
    desk serve --rule rule.json --role arn:aws:iam::111122223333:role/Desk";

/// Serve the desk as web pages on this machine, where people sign in and answer with passkeys
///
/// The rule's `desk` says where the browser finds it: {\"rpId\": \"localhost\", \"origin\":
/// \"http://localhost:4580\"}. Nothing is stored.
///
/// Set DESK_COOKIE_KEY to at least 32 random characters if sessions should outlast this process.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// A loopback address
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4580")]
    listen: SocketAddr,
    /// The pipelines, by their name; `*` and `?` stand for any text [default: all]
    #[arg(long, value_name = "GLOB")]
    pipeline: Option<PipelineGlob>,
    /// The role that answers are given with, one session for each person [default: your own
    /// credentials, so that CodePipeline records you, no matter who has signed]
    #[arg(long, value_name = "ARN")]
    role: Option<RoleArn>,
    /// A topic of SNS that tells the person who is asked to approve a new release
    #[arg(long, value_name = "ARN")]
    topic: Option<TopicArn>,
}

/// Why nothing is served.
#[derive(Debug, thiserror::Error)]
enum ServeError {
    #[error("the desk does not know whose passkeys to accept; give the gate's rule with --rule")]
    NoRule,
    #[error("the desk does not listen on {0}; use a loopback address such as 127.0.0.1:4580")]
    NotLoopback(SocketAddr),
    #[error("the desk cannot listen on {address}; choose another port with --listen")]
    Listen { address: SocketAddr, source: std::io::Error },
}

pub(crate) async fn run(args: &Args, common: &Common) -> Result<Exit, Box<dyn Error>> {
    let file = rule_source::from_file(common.rule.as_deref().ok_or(ServeError::NoRule)?)?;
    let address = args.listen;
    if !address.ip().is_loopback() {
        return Err(ServeError::NotLoopback(address).into());
    }
    let seal = match env::var(COOKIE_KEY) {
        Ok(text) => Seal::of_text(&text)?,
        Err(_) => Seal::random()?,
    };
    let connection = &common.connection;
    let ways = LiveWays::open(connection, args.topic.as_ref(), None).await?;
    let ports = Live::new(connection.open().await?, args.role.clone()).with_ways(ways);
    let glob = args.pipeline.as_deref().map(str::to_owned);
    let web = Web::new(ports, file, seal, glob, None)?;
    let in_use = |source| ServeError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(in_use)?;
    output::print(&format!("{}\n", web.origin()))?;
    let heard = listener.local_addr().map_err(in_use)?;
    output::print_note(&format!("serves on {heard} until you stop it"));
    serve(listener, router(web)).await;
    Ok(Exit::Done)
}
