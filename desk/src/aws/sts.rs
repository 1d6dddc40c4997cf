//! The principal that calls.

use aws_sdk_sts::Client;
use facts::aws::call_error;
use facts::{CallError, Operation};

use super::missing;

pub(super) const GET_CALLER_IDENTITY: Operation = Operation::of("sts", "GetCallerIdentity");

pub(super) async fn caller(client: &Client) -> Result<String, CallError> {
    let reply = client.get_caller_identity().send().await;
    let reply = reply.map_err(|error| call_error(GET_CALLER_IDENTITY, &error))?;
    reply.arn.ok_or(missing(GET_CALLER_IDENTITY, "`Arn` is missing"))
}
