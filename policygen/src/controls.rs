//! Reads service control policies for `--scp`: of one level, or of a whole organization.

use std::path::{Path, PathBuf};

use iam::account::Control;
use serde_json::Value;

use crate::input::{self, InputError, InputName};
use crate::organization::{Organization, OrganizationError, SERVICE_CONTROL_POLICY, described};
use crate::output;

/// What one file holds.
enum Content {
    Level(Vec<Control>),
    Organization(Organization),
}

/// Why nothing is known about the policies of a list.
const NO_CONTENTS: &str =
    "this list has no contents of policies; run `aws organizations describe-policy` for each";

/// The files of service control policies.
pub(crate) struct Controls(Vec<(InputName, Content)>);

/// Why a file of service control policies cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ControlsError {
    #[error(transparent)]
    Input(#[from] InputError),
    #[error("{path} is neither a policy nor a list of policies: {problem}")]
    Json { path: InputName, problem: serde_json::Error },
    #[error("{path}")]
    Organization { path: InputName, source: OrganizationError },
}

impl Controls {
    /// Reads the files. A policy that cannot be read is the worst that it may be.
    ///
    /// # Errors
    /// [`ControlsError`] if one cannot be read or is not JSON.
    pub(crate) fn read(paths: &[PathBuf]) -> Result<Self, ControlsError> {
        let contents = paths.iter().map(|path| Ok((path.as_path().into(), content(path)?)));
        contents.collect::<Result<_, _>>().map(Self)
    }

    /// The levels above an account. Warns if the policies do not limit it.
    ///
    /// # Errors
    /// [`ControlsError::Organization`] if an organization does not have the account.
    pub(crate) fn levels(self, account: &str) -> Result<Vec<Vec<Control>>, ControlsError> {
        let mut levels = Vec::new();
        for (path, content) in self.0 {
            match content {
                Content::Level(level) => levels.push(level),
                Content::Organization(organization) => {
                    let found = organization.levels(account);
                    let (found, warning) =
                        found.map_err(|source| ControlsError::Organization { path, source })?;
                    if let Some(warning) = warning {
                        output::print_warning(&warning);
                    }
                    levels.extend(found);
                }
            }
        }
        Ok(levels)
    }
}

fn content(path: &Path) -> Result<Content, ControlsError> {
    let text = input::text(path)?;
    let json: Value = serde_json::from_str(&text)
        .map_err(|problem| ControlsError::Json { path: path.into(), problem })?;
    if Organization::is_one(&json) {
        return Ok(Content::Organization(Organization::read(&json)));
    }
    let many = match json.as_array() {
        Some(many) => many.clone(),
        None => vec![json],
    };
    let mut level = Vec::with_capacity(many.len());
    let count = many.len();
    for (one, number) in many.into_iter().zip(1..) {
        let name = InputName::from(path).plain();
        let name = format!("service control policy {number} of {name}");
        if one.get("Policies").is_some() || one.get("EffectivePolicy").is_some() {
            level.push(Control::unknown(name, NO_CONTENTS));
            continue;
        }
        let (kind, document) = described(&one).unwrap_or_else(|| (None, one.to_string()));
        if is_of_resources(kind, &document) {
            output::print_warning(&format!(
                "{}, policy number {number}, is not a service control policy, so it is not used",
                InputName::from(path)
            ));
            continue;
        }
        level.push(Control::read(name, &document));
    }
    // A level has at least one policy. Without the others, nothing is known about it.
    if level.is_empty() && count > 0 {
        level.push(Control::allowing_everything("any policy".to_owned()));
    }
    Ok(Content::Level(level))
}

/// Whether a policy limits something else than principals: a resource control policy, which has
/// `Principal` (AWS Organizations User Guide, "RCP syntax"), a tag policy and so on.
fn is_of_resources(kind: Option<&str>, document: &str) -> bool {
    if let Some(kind) = kind {
        return kind != SERVICE_CONTROL_POLICY;
    }
    let json: Value = serde_json::from_str(document).unwrap_or_default();
    let statements = match json.get("Statement") {
        Some(Value::Array(many)) => many.iter().collect(),
        one => one.into_iter().collect::<Vec<&Value>>(),
    };
    statements.iter().any(|statement| statement.get("Principal").is_some())
}
