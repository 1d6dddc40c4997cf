//! What code says, for `policygen audit`: who should be an approver, and which rule should be
//! deployed.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::{Path, PathBuf};

use audit::{DeclaredMembers, DeployedRule, MemberPlace, Slot};
use generate::{MembersError, Place, Settings, Spec};
use names::ActionName;
use rule::{Rule, RuleError};
use serde::Deserialize;

use super::audit_identity_center::IdentityCenterArgs;
use crate::input::{self, InputName};

/// The variable that holds the rule itself.
const RULE: &str = "TWO_PERSON_RULE";
/// The variable that holds the path of a file with the rule.
const RULE_FILE: &str = "TWO_PERSON_RULE_FILE";

/// What the account is compared with.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Code")]
pub(super) struct CodeArgs {
    /// The TOML file of `policygen generate`: report who is an approver and not in its `members`,
    /// and who is missing
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The output of `aws lambda get-function-configuration` for the gate: report how its rule
    /// differs from --rule; `-` for standard input
    #[arg(long, value_name = "FILE", requires = "rule")]
    gate_rule: Option<PathBuf>,
}

/// What the files say.
#[derive(Debug, Default)]
pub(super) struct Code {
    pub(super) declared: Vec<DeclaredMembers>,
    pub(super) deployed: Option<DeployedRule>,
    pub(super) slots: Option<Vec<Slot>>,
}

/// Why the account cannot be compared with code.
#[derive(Debug, thiserror::Error)]
enum CodeError {
    #[error("{path} is not a configuration for `policygen generate`")]
    Config { path: InputName, source: toml::de::Error },
    #[error("{path}")]
    Spec { path: InputName, source: generate::SpecError },
    #[error("{path}")]
    Members { path: InputName, source: MembersError },
    #[error(
        "{0} names no members, so there is nothing to compare; add a table `[members]` with the \
         people of each slot"
    )]
    NoMembers(InputName),
    #[error(
        "{0} names people of IAM Identity Center, who are not in the account; give \
         `--identity-center` or `--identity-center-file`"
    )]
    NoLists(InputName),
    #[error(
        "{0} is not the output of `aws lambda get-function-configuration`; for a rule in a file, \
         use `policygen rule check`"
    )]
    Function(InputName, #[source] serde_json::Error),
    #[error("Lambda could not decrypt the environment in {path}: {problem}")]
    Undecrypted { path: InputName, problem: String },
    #[error(
        "the function in {0} reads its rule from a file, which {RULE_FILE} names; compare that \
         file with `policygen rule check`"
    )]
    InFile(InputName),
    #[error("both {RULE} and {RULE_FILE} are set in {0}, so the gate refuses every job")]
    Both(InputName),
    #[error("{path}: {RULE}: {problem}")]
    Rule { path: InputName, problem: RuleError },
}

/// What GetFunctionConfiguration prints (Lambda API Reference).
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Function {
    function_arn: String,
    environment: Option<Environment>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Environment {
    variables: Option<BTreeMap<String, String>>,
    error: Option<EnvironmentError>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EnvironmentError {
    message: Option<String>,
}

impl CodeArgs {
    /// Reads the files.
    pub(super) fn read(&self, lists: &IdentityCenterArgs) -> Result<Code, Box<dyn Error>> {
        let mut code = Code::default();
        if let Some(path) = &self.config {
            let spec = read_config(path)?;
            let members = spec.members();
            let members = members
                .map_err(|source| CodeError::Members { path: path.as_path().into(), source })?;
            code.declared = members.into_iter().map(declared).collect();
            if code.declared.is_empty() {
                return Err(CodeError::NoMembers(path.as_path().into()).into());
            }
            let is_of_center =
                |it: &DeclaredMembers| matches!(it.place, MemberPlace::PermissionSet(_));
            if code.declared.iter().any(is_of_center) && !lists.are_given() {
                return Err(CodeError::NoLists(path.as_path().into()).into());
            }
            let names = spec.actions().into_iter().flatten();
            let names: Result<Vec<ActionName>, _> = names.map(str::parse).collect();
            let slots = names?.into_iter().map(|action| Slot { action, group: None });
            code.slots = Some(Vec::from_iter(slots)).filter(|slots| !slots.is_empty());
        }
        code.deployed = self.gate_rule.as_deref().map(read_function).transpose()?;
        Ok(code)
    }
}

fn declared((place, members): (Place, BTreeSet<String>)) -> DeclaredMembers {
    let place = match place {
        Place::Group(name) => MemberPlace::Group(name),
        Place::PermissionSet(name) => MemberPlace::PermissionSet(name),
        Place::Tag { key, value } => MemberPlace::Tag { key: key.to_owned(), value },
    };
    DeclaredMembers { place, members }
}

fn read_config(path: &Path) -> Result<Spec, Box<dyn Error>> {
    let settings = Settings::from_toml(&input::text(path)?)
        .map_err(|source| CodeError::Config { path: path.into(), source })?;
    let spec = Spec::of_members(settings);
    Ok(spec.map_err(|source| CodeError::Spec { path: path.into(), source })?)
}

/// The rule of a function, from its environment.
fn read_function(path: &Path) -> Result<DeployedRule, Box<dyn Error>> {
    let Function { function_arn, environment } = serde_json::from_str(&input::text(path)?)
        .map_err(|error| CodeError::Function(path.into(), error))?;
    let (variables, error) = match environment {
        Some(Environment { variables, error }) => (variables.unwrap_or_default(), error),
        None => (BTreeMap::new(), None),
    };
    if let Some(EnvironmentError { message }) = error {
        let problem = message.unwrap_or_else(|| "Lambda does not say why".to_owned());
        return Err(CodeError::Undecrypted { path: path.into(), problem }.into());
    }
    let rule = match (variables.get(RULE), variables.get(RULE_FILE)) {
        (Some(_), Some(_)) => return Err(CodeError::Both(path.into()).into()),
        (None, Some(_)) => return Err(CodeError::InFile(path.into()).into()),
        (Some(json), None) => {
            Rule::floor(json).map_err(|problem| CodeError::Rule { path: path.into(), problem })?
        }
        (None, None) => Rule::default(),
    };
    Ok(DeployedRule { function: function_arn, rule })
}
