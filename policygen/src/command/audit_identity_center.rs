//! The people of IAM Identity Center for `policygen audit`, from files or from AWS.

use std::error::Error;
use std::path::PathBuf;

use audit::identity_center::{IdentityCenter, Reader};

use crate::aws::{Aws, Connection};
use crate::input::{self, InputName};
use crate::output;

/// What `--identity-center` adds to the permissions of the live audit.
pub(super) const PERMISSIONS: &str = r#",
    {
      "Sid": "ReadWhoIsAssigned",
      "Effect": "Allow",
      "Action": [
        "identitystore:ListGroupMemberships",
        "identitystore:ListGroups",
        "identitystore:ListUsers",
        "sso:DescribePermissionSet",
        "sso:ListAccountAssignments",
        "sso:ListInstances",
        "sso:ListPermissionSetsProvisionedToAccount"
      ],
      "Resource": "*"
    }"#;

/// Who has the roles of IAM Identity Center.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "IAM Identity Center")]
pub(super) struct IdentityCenterArgs {
    /// What `aws sso-admin list-account-assignments`, `list-permission-sets`,
    /// `describe-permission-set` and `aws identitystore list-users`, `list-groups`,
    /// `list-group-memberships` print, in any order; `-` for standard input. Repeat it for
    /// each file
    #[arg(long, value_name = "FILE", conflicts_with = "identity_center")]
    identity_center_file: Vec<PathBuf>,
    /// Ask AWS who is assigned to the roles of IAM Identity Center, in the region of your AWS
    /// configuration
    #[arg(long)]
    pub(super) identity_center: bool,
}

impl IdentityCenterArgs {
    /// Whether there are lists to read.
    pub(super) fn are_given(&self) -> bool {
        self.identity_center || !self.identity_center_file.is_empty()
    }

    /// Reads the lists, or `None` if there are none. `account` is the account that is audited, and
    /// `region` a region to ask if none is configured.
    pub(super) fn read(
        &self,
        connection: &Connection,
        account: &str,
        region: Option<&str>,
    ) -> Result<Option<IdentityCenter>, Box<dyn Error>> {
        if self.identity_center {
            return Ok(Some(ask(connection, account, region)?));
        }
        if self.identity_center_file.is_empty() {
            return Ok(None);
        }
        let mut lists = Reader::default();
        for path in &self.identity_center_file {
            let text = input::text(path)?;
            lists.add(&InputName::from(path.as_path()).plain(), &text)?;
        }
        Ok(Some(lists.finish()?))
    }
}

/// Reads the lists from AWS. IAM Identity Center is in one region, which need not be that of the
/// pipelines.
fn ask(
    connection: &Connection,
    account: &str,
    region: Option<&str>,
) -> Result<IdentityCenter, Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let progress = output::spinner("reading IAM Identity Center");
    let read = runtime.block_on(async {
        let configured = Aws::connect(connection, None).await;
        let aws = match configured.region() {
            Some(_) => configured,
            None => Aws::connect(connection, region).await,
        };
        aws.identity_center(account).await
    });
    progress.finish_and_clear();
    Ok(read?)
}
