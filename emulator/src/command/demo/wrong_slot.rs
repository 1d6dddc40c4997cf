//! The attempt that IAM denies: an approver of one slot tries the other.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;

use iam::account::Account;
use jiff::SignedDuration;
use lambda::aws::http_client;

use super::pipeline::{PIPELINE, SLOTS, STAGE, UNSIGNED};
use super::{ACCOUNT, config};
use crate::authorize::Authorizer;
use crate::aws::{Answer, Caller};
use crate::principals::Principals;
use crate::server::Server;

pub(super) const TITLE: &str = "bob, whose IAM policies serve ApprovalB, tries ApprovalA";

/// An account in which bob serves ApprovalB: the group and the policy that `policygen generate`
/// writes, without the statements that let him look.
const SPLIT: &str = include_str!("account.json");

/// Lets bob approve the slot of others. Returns the message with which IAM denies it.
///
/// # Errors
/// If the emulator does not start, or if nothing denies it.
pub(super) async fn play(
    gate: Option<PathBuf>,
    lag: SignedDuration,
) -> Result<String, Box<dyn Error>> {
    let principals = Principals::new(BTreeMap::from(
        [("root", "root"), ("bob", "user/bob")]
            .map(|(key_id, name)| (key_id.to_owned(), format!("arn:aws:iam::{ACCOUNT}:{name}"))),
    ))?;
    let authorizer = Authorizer::new(Account::parse(SPLIT)?, &principals, None)?;
    let server = Server::start(config(principals, Some(authorizer), None, gate, lag)).await?;
    let denied = try_to_approve(&server.url()).await;
    server.shutdown().await;
    denied
}

async fn try_to_approve(url: &str) -> Result<String, Box<dyn Error>> {
    let http = http_client();
    let root = Caller::new(url, "root", &http);
    root.create_pipeline(PIPELINE, &UNSIGNED).await?;
    let open = root.open_approval(PIPELINE, STAGE, SLOTS[0]).await?;
    let denied = Caller::new(url, "bob", &http).denial(&open, Answer::Approved).await?;
    let still_open = root.open_approval(PIPELINE, STAGE, SLOTS[0]).await?;
    if still_open.attempt != open.attempt {
        return Err("the denial has changed the approval".into());
    }
    denied.ok_or_else(|| "bob could approve the slot of others".into())
}
