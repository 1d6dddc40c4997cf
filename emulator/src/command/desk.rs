//! The desk that `emulator serve` serves beside the API.

use std::error::Error;
use std::net::SocketAddr;

use desk::{Beside, Ready, port_of_rule};
use names::Region;
use tokio::net::TcpListener;

/// The access key id of the desk.
pub(super) const KEY_ID: &str = "two-person-rule-desk";
/// The port, if neither the user nor the rule says which.
const PORT: u16 = 4580;

/// The role that the desk reads with, and that answers are given with.
pub(super) struct Role {
    pub(super) partition: String,
    pub(super) account_id: String,
}

impl Role {
    /// The principal that reads.
    pub(super) fn session(&self) -> String {
        let Self { partition, account_id } = self;
        format!("arn:{partition}:sts::{account_id}:assumed-role/{KEY_ID}/desk")
    }

    fn arn(&self) -> String {
        let Self { partition, account_id } = self;
        format!("arn:{partition}:iam::{account_id}:role/{KEY_ID}")
    }
}

/// What the desk is made of.
pub(super) struct Setup<'a> {
    /// The address that the user gave.
    pub(super) address: Option<SocketAddr>,
    pub(super) role: Role,
    /// The URL of the API.
    pub(super) api: String,
    pub(super) region: &'a Region,
    pub(super) rule: Option<&'a str>,
}

/// A desk to serve. Returns `None`, after a warning, if the user did not ask for it and the rule or
/// its port do not allow it.
///
/// # Errors
/// If the user gave an address that does not do.
pub(super) async fn open(setup: Setup<'_>) -> Result<Option<Ready>, Box<dyn Error>> {
    match ready(&setup).await {
        Ok(desk) => Ok(Some(desk)),
        Err(error) if setup.address.is_some() => Err(error),
        Err(error) => {
            tracing::warn!(%error, "the desk is not served");
            Ok(None)
        }
    }
}

async fn ready(setup: &Setup<'_>) -> Result<Ready, Box<dyn Error>> {
    let beside = Beside {
        endpoint: &setup.api,
        region: setup.region,
        key_id: KEY_ID,
        role: &setup.role.arn(),
        rule: setup.rule,
    };
    Ready::new(listen(setup.address, setup.rule).await?, beside).await
}

/// Passkeys need the port of the rule. Without one any port will do.
async fn listen(given: Option<SocketAddr>, rule: Option<&str>) -> Result<TcpListener, String> {
    let of_rule = rule.and_then(port_of_rule);
    let address = given.unwrap_or_else(|| ([127, 0, 0, 1], of_rule.unwrap_or(PORT)).into());
    if !address.ip().is_loopback() {
        return Err(format!(
            "the desk does not listen on {address}; use a loopback address such as 127.0.0.1:{PORT}"
        ));
    }
    let in_use =
        |error| format!("the desk cannot listen on {address}; choose another with --desk: {error}");
    match TcpListener::bind(address).await {
        Err(_) if given.is_none() && of_rule.is_none() => {
            TcpListener::bind(SocketAddr::new(address.ip(), 0)).await.map_err(in_use)
        }
        bound => bound.map_err(in_use),
    }
}
