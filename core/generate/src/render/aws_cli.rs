//! Writes a bash script of AWS CLI commands, which may be run again.

use std::collections::BTreeMap;

use findings::pretty;

use super::aws_cli_functions::{GROUP, OTHERS, PERMISSION_SET, POLICY, ROLE, SCP};
use super::file::RenderError;
use crate::plan::Plan;

pub(super) fn render(plan: &Plan) -> Result<String, RenderError> {
    let mut script = String::from(
        "#!/usr/bin/env bash\n# Creates what the two-person rule needs in IAM, or updates it. \
         Deletes nothing but\n# old versions of its policies. Written by policygen.\nset -euo \
         pipefail\n",
    );
    let functions = [
        (POLICY, plan.policies.is_empty()),
        (GROUP, plan.groups.is_empty()),
        (ROLE, plan.roles.is_empty()),
        (PERMISSION_SET, plan.permission_sets.is_empty()),
        (SCP, plan.scps.is_empty()),
        (OTHERS, plan.policies.is_empty() && plan.scps.is_empty()),
    ];
    for (function, is_unused) in functions {
        if !is_unused {
            script.push_str(function);
        }
    }
    // The function leaves the ARN of the policy in a variable.
    let mut arns: BTreeMap<&str, String> = BTreeMap::new();
    for (at, policy) in plan.policies.iter().enumerate() {
        let variable = format!("policy_{}", at + 1);
        let document = pretty(&policy.document)?;
        let put = Command::new("put_policy")
            .argument(&policy.name)?
            .argument(&policy.description)?
            .argument(document.trim_end())?;
        script.push_str(&format!("\n{}{variable}=$arn\n", put.line()));
        arns.insert(&policy.name, format!("\"${variable}\""));
        for role in &policy.roles {
            let attach = Command::aws("iam attach-role-policy").with("--role-name", role)?;
            script.push_str(&attach.policy(&arns, &policy.name).line());
        }
    }
    for group in &plan.groups {
        let put = Command::new("put_group").argument(&group.name)?;
        script.push_str(&format!("\n{}", put.line()));
        for policy in &group.policies {
            let attach =
                Command::aws("iam attach-group-policy").with("--group-name", &group.name)?;
            script.push_str(&attach.policy(&arns, policy).line());
        }
    }
    for (group, user) in
        plan.groups.iter().flat_map(|group| group.members.iter().map(move |user| (group, user)))
    {
        let add = Command::aws("iam add-user-to-group").with("--group-name", &group.name)?;
        script.push_str(&add.with("--user-name", user)?.line());
    }
    for role in &plan.roles {
        let trust = pretty(&role.trust)?;
        let put = Command::new("put_role")
            .argument(&role.name)?
            .argument(&role.description)?
            .argument(trust.trim_end())?;
        script.push_str(&format!("\n{}", put.line()));
        for policy in &role.policies {
            let attach = Command::aws("iam attach-role-policy").with("--role-name", &role.name)?;
            script.push_str(&attach.policy(&arns, policy).line());
        }
    }
    for set in &plan.permission_sets {
        let document = pretty(&set.document)?;
        let put = Command::new("put_permission_set")
            .argument(&set.instance)?
            .argument(&set.name)?
            .argument(&set.description)?
            .argument(document.trim_end())?;
        script.push_str(&format!("\n{}", put.line()));
    }
    for scp in &plan.scps {
        let put = Command::new("put_scp")
            .argument(&scp.name)?
            .argument(&scp.description)?
            .argument(&serde_json::to_string(&scp.document)?)?;
        script.push_str(&format!("\n{}", put.line()));
    }
    script.push_str(&others(plan)?);
    Ok(script)
}

/// The commands that name policies of an earlier run that the script no longer writes.
fn others(plan: &Plan) -> Result<String, shlex::QuoteError> {
    let policies: Vec<&str> = plan.policies.iter().map(|policy| policy.name.as_str()).collect();
    let scps: Vec<&str> = plan.scps.iter().map(|scp| scp.name.as_str()).collect();
    let kinds = [
        ("policy", policies, "iam list-policies --scope Local", "PolicyName"),
        (
            "service control policy",
            scps,
            "organizations list-policies --filter SERVICE_CONTROL_POLICY",
            "Name",
        ),
    ];
    let mut commands = String::new();
    for (kind, written, verb, name) in
        kinds.into_iter().filter(|(_, written, ..)| !written.is_empty())
    {
        let query = format!("Policies[?starts_with({name}, '{}')].{name}", plan.prefix);
        let found = Command::aws(verb).with("--query", &query)?.raw("--output", "text");
        let name = Command::new("name_others").argument(kind)?;
        let name =
            Command(format!("{} \"$({})\"", name.0, found.0)).argument(&written.join(" "))?;
        commands.push_str(&format!("\n{}", name.line()));
    }
    Ok(commands)
}

/// A command under construction.
struct Command(String);

impl Command {
    fn new(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// A command of the AWS CLI.
    fn aws(verb: &str) -> Self {
        Self(format!("aws {verb}"))
    }

    /// Adds an argument and quotes it.
    fn argument(self, value: &str) -> Result<Self, shlex::QuoteError> {
        Ok(Self(format!("{} \\\n  {}", self.0, shlex::try_quote(value)?)))
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

    fn line(self) -> String {
        format!("{}\n", self.0)
    }
}
