//! Where to look pipelines up: regions, profiles, and roles in other accounts.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use names::{AccountId, Arn, Partition};
use serde_json::Value;

use crate::aws::{Aws, CallError, Connection};
use crate::input::{self, InputError, InputName};
use crate::output;

/// Where to look pipelines up.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "AWS access")]
pub(crate) struct AccessArgs {
    /// A region of the pipelines; may be given several times [default: that of your AWS
    /// configuration]
    #[arg(long, value_name = "REGION")]
    region: Vec<String>,
    /// A profile of your AWS configuration; may be given several times, for several accounts
    #[arg(long, value_name = "NAME")]
    profile: Vec<String>,
    /// A role to assume: its ARN, which may be given several times, or its name in each account of
    /// --accounts
    #[arg(long, value_name = "ROLE")]
    assume_role: Vec<String>,
    /// The accounts to assume the role in: the output of `aws organizations list-accounts`, or
    /// account ids, one per line; `-` for standard input
    #[arg(long, value_name = "FILE", requires = "assume_role")]
    accounts: Option<PathBuf>,
    /// Another address for the requests, such as the emulator's
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
}

/// One region of one account.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) connection: Connection,
    pub(crate) region: Option<String>,
}

/// The pipelines to look up.
#[derive(Clone, Copy)]
pub(crate) enum Wanted<'a> {
    All,
    Named(&'a [String]),
}

/// Why there are no places to look at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlacesError {
    #[error(transparent)]
    Input(#[from] InputError),
    #[error(
        "`--assume-role {0}` is not the ARN of a role; give its ARN, or the accounts with \
         --accounts"
    )]
    NotAnArn(String),
    #[error("`--assume-role {0}` is not the name of a role; with --accounts, give its name alone")]
    NotAName(String),
    #[error(
        "{path} has no accounts; give it the output of `aws organizations list-accounts`, or \
         account ids, one per line"
    )]
    NoAccounts { path: InputName },
    #[error("{path}: `{text}` is not an account id of 12 digits")]
    NotAnAccount { path: InputName, text: String },
}

/// Why a place cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlaceError {
    #[error("no region is configured; give `--region`")]
    NoRegion,
    #[error(transparent)]
    Call(#[from] CallError),
}

impl AccessArgs {
    /// Every region of every account.
    ///
    /// # Errors
    /// [`PlacesError`] if a role or the list of accounts cannot be used.
    pub(crate) fn places(&self) -> Result<Vec<Place>, PlacesError> {
        let or_default = |given: Vec<String>| match given {
            given if given.is_empty() => vec![None],
            given => given.into_iter().map(Some).collect::<Vec<_>>(),
        };
        let regions = or_default(self.region.clone());
        let roles = or_default(self.roles()?);
        let mut places = Vec::new();
        for profile in or_default(self.profile.clone()) {
            for role in &roles {
                places.extend(regions.iter().map(|region| Place {
                    connection: Connection {
                        profile: profile.clone(),
                        endpoint_url: self.endpoint_url.clone(),
                        role: role.clone(),
                    },
                    region: region.clone(),
                }));
            }
        }
        Ok(places)
    }

    /// The ARNs of the roles to assume.
    fn roles(&self) -> Result<Vec<String>, PlacesError> {
        let Some(path) = &self.accounts else {
            let is_role = |role: &&String| {
                Arn::parse(role).is_some_and(|arn| arn.resource.starts_with("role/"))
            };
            return match self.assume_role.iter().find(|role| !is_role(role)) {
                Some(other) => Err(PlacesError::NotAnArn(other.clone())),
                None => Ok(self.assume_role.clone()),
            };
        };
        if let Some(arn) = self.assume_role.iter().find(|role| role.contains(':')) {
            return Err(PlacesError::NotAName(arn.clone()));
        }
        let region = self.region.first().map(String::as_str).unwrap_or_default();
        let partition = Partition::from_region(region).map_or("aws", Partition::as_str);
        let accounts = accounts(path, &input::text(path)?)?;
        let of_account = |account: &AccountId| {
            let account = account.to_string();
            let roles = self.assume_role.iter();
            roles
                .map(move |role| format!("arn:{partition}:iam::{account}:role/{role}"))
                .collect::<Vec<_>>()
        };
        Ok(accounts.iter().flat_map(of_account).collect())
    }
}

/// The accounts of a file, each once.
fn accounts(path: &Path, text: &str) -> Result<BTreeSet<AccountId>, PlacesError> {
    let ids: Vec<String> = match serde_json::from_str::<Value>(text) {
        Ok(json @ (Value::Object(_) | Value::Array(_))) => of_organization(&json),
        Ok(_) | Err(_) => {
            let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
            lines.filter(|line| !line.is_empty()).map(str::to_owned).collect()
        }
    };
    let parse = |id: &String| {
        let bad = |_| PlacesError::NotAnAccount { path: path.into(), text: id.clone() };
        id.parse::<AccountId>().map_err(bad)
    };
    let accounts: BTreeSet<AccountId> = ids.iter().map(parse).collect::<Result<_, _>>()?;
    if accounts.is_empty() {
        return Err(PlacesError::NoAccounts { path: path.into() });
    }
    Ok(accounts)
}

/// The accounts that an organization lists. Nobody can sign in to a suspended one.
fn of_organization(json: &Value) -> Vec<String> {
    let entries = json.get("Accounts").unwrap_or(json).as_array().cloned().unwrap_or_default();
    let id = |entry: &Value| entry.get("Id").unwrap_or(entry).as_str().map(str::to_owned);
    let is_closed = |entry: &Value| {
        let state = entry.get("State").or_else(|| entry.get("Status")).and_then(Value::as_str);
        state.is_some_and(|state| ["SUSPENDED", "CLOSED", "PENDING_CLOSURE"].contains(&state))
    };
    let (closed, open): (Vec<Value>, Vec<Value>) = entries.into_iter().partition(is_closed);
    for account in closed.iter().filter_map(id) {
        output::print_note(&format!(
            "the account {account} is suspended or closed, so it is left out"
        ));
    }
    open.iter().filter_map(id).collect()
}

impl Place {
    /// Connects to the place.
    ///
    /// # Errors
    /// [`PlaceError::NoRegion`] if neither the user nor the configuration names a region.
    pub(crate) async fn connect(&self) -> Result<Aws, PlaceError> {
        let aws = Aws::connect(&self.connection, self.region.as_deref()).await;
        if aws.region().is_none() {
            return Err(PlaceError::NoRegion);
        }
        Ok(aws)
    }

    /// The account of the role that is assumed there.
    pub(crate) fn account(&self) -> Option<String> {
        let role = self.connection.role.as_deref().and_then(Arn::parse);
        role.map(|arn| arn.account.to_owned())
    }

    /// The place in words, for example ``the region `eu-west-1` with the profile `payments` ``.
    pub(crate) fn in_words(&self) -> String {
        let region = self.region.iter().map(|region| format!("the region `{region}`"));
        let profile = self.connection.profile.iter().map(|name| format!("the profile `{name}`"));
        let role = self.connection.role.iter().map(|role| format!("the role `{role}`"));
        let words = region.chain(profile).chain(role).collect::<Vec<_>>().join(" with ");
        if words.is_empty() { "your AWS configuration".to_owned() } else { words }
    }
}

impl Wanted<'_> {
    /// The names of the pipelines of a place.
    ///
    /// # Errors
    /// [`CallError`] if they are looked up and that fails.
    pub(crate) async fn names(self, aws: &Aws) -> Result<Vec<String>, CallError> {
        match self {
            Self::All => aws.list_pipelines().await,
            Self::Named(names) => Ok(names.to_vec()),
        }
    }
}
