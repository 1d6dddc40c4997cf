//! Writes a bash script of AWS CLI commands.

use std::collections::BTreeMap;

use findings::pretty;

use super::file::RenderError;
use crate::plan::Plan;

pub(super) fn render(plan: &Plan) -> Result<String, RenderError> {
    let mut script = String::from(
        "#!/usr/bin/env bash\n# Creates what the two-person rule needs in IAM. Written by \
         policygen.\nset -euo pipefail\n",
    );
    // Creating a policy returns its ARN, which the script keeps in a variable.
    let mut arns: BTreeMap<&str, String> = BTreeMap::new();
    for (at, policy) in plan.policies.iter().enumerate() {
        let variable = format!("policy_{}", at + 1);
        let command = Command::new("iam create-policy")
            .with("--policy-name", &policy.name)?
            .with("--description", &policy.description)?
            .with("--policy-document", pretty(&policy.document)?.trim_end())?
            .with("--query", "Policy.Arn")?
            .with("--output", "text")?;
        script.push_str(&format!("\n{variable}=$({})\n", command.0));
        arns.insert(&policy.name, format!("\"${variable}\""));
        for role in &policy.roles {
            let attach = Command::new("iam attach-role-policy").with("--role-name", role)?;
            script.push_str(&attach.policy(&arns, &policy.name).line());
        }
    }
    for group in &plan.groups {
        let create = Command::new("iam create-group").with("--group-name", &group.name)?;
        script.push_str(&format!("\n{}", create.silent().line()));
        for policy in &group.policies {
            let attach =
                Command::new("iam attach-group-policy").with("--group-name", &group.name)?;
            script.push_str(&attach.policy(&arns, policy).line());
        }
    }
    for role in &plan.roles {
        let create = Command::new("iam create-role")
            .with("--role-name", &role.name)?
            .with("--description", &role.description)?
            .with("--assume-role-policy-document", pretty(&role.trust)?.trim_end())?;
        script.push_str(&format!("\n{}", create.silent().line()));
        for policy in &role.policies {
            let attach = Command::new("iam attach-role-policy").with("--role-name", &role.name)?;
            script.push_str(&attach.policy(&arns, policy).line());
        }
    }
    for (at, set) in plan.permission_sets.iter().enumerate() {
        let variable = format!("permission_set_{}", at + 1);
        let create = Command::new("sso-admin create-permission-set")
            .with("--instance-arn", &set.instance)?
            .with("--name", &set.name)?
            .with("--description", &set.description)?
            .with("--query", "PermissionSet.PermissionSetArn")?
            .with("--output", "text")?;
        script.push_str(&format!("\n{variable}=$({})\n", create.0));
        let put = Command::new("sso-admin put-inline-policy-to-permission-set")
            .with("--instance-arn", &set.instance)?
            .raw("--permission-set-arn", &format!("\"${variable}\""))
            .with("--inline-policy", pretty(&set.document)?.trim_end())?;
        script.push_str(&put.silent().line());
    }
    for scp in &plan.scps {
        let create = Command::new("organizations create-policy")
            .with("--type", "SERVICE_CONTROL_POLICY")?
            .with("--name", &scp.name)?
            .with("--description", &scp.description)?
            .with("--content", &serde_json::to_string(&scp.document)?)?;
        script.push_str(&format!("\n{}", create.silent().line()));
    }
    Ok(script)
}

/// A command of the AWS CLI under construction.
struct Command(String);

impl Command {
    fn new(verb: &str) -> Self {
        Self(format!("aws {verb}"))
    }

    /// Adds an option and quotes its value.
    fn with(self, option: &str, value: &str) -> Result<Self, shlex::QuoteError> {
        let value = shlex::try_quote(value)?;
        Ok(self.raw(option, &value))
    }

    /// Adds an option whose value the shell expands.
    fn raw(self, option: &str, value: &str) -> Self {
        Self(format!("{} \\\n  {option} {value}", self.0))
    }

    fn policy(self, arns: &BTreeMap<&str, String>, name: &str) -> Self {
        let arn = arns.get(name).map(String::as_str).unwrap_or_default();
        self.raw("--policy-arn", arn)
    }

    /// Discards the output of the command.
    fn silent(self) -> Self {
        self.raw("--output", "text >/dev/null")
    }

    fn line(self) -> String {
        format!("{}\n", self.0)
    }
}
