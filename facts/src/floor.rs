//! The floor: the rule from a function's own environment.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use rule::{Rule, RuleError};

/// The variable that holds the rule itself.
pub const RULE: &str = "TWO_PERSON_RULE";
/// The variable that holds the path of a file with the rule, in the package or a layer.
pub const RULE_FILE: &str = "TWO_PERSON_RULE_FILE";
/// The beginning of all our variables.
const PREFIX: &str = "TWO_PERSON";

/// The floor, or why there is none. A bad floor does not end the process, because then no job would
/// ever get a result. Instead, every job fails with the reason.
#[derive(Clone, Debug)]
pub struct Floor(Result<Written, FloorError>);

/// A rule, and its JSON.
#[derive(Clone, Debug, PartialEq)]
struct Written {
    rule: Rule,
    json: String,
}

/// Why the environment gives no rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FloorError {
    /// Both variables are set.
    #[error("both {RULE} and {RULE_FILE} are set; unset one of them")]
    Both,
    /// A variable begins like ours but is unknown. If it is misspelt, ignoring it would silently
    /// apply the default rule.
    #[error(
        "the environment variable {0} is not one of this function's, which are {RULE} and {RULE_FILE}; correct its name, or remove it"
    )]
    Unknown(String),
    /// A variable is not Unicode.
    #[error("{variable} is not valid Unicode; set it again")]
    NotUnicode {
        /// The variable.
        variable: &'static str,
    },
    /// The file cannot be read.
    #[error("{RULE_FILE}: `{path}` cannot be read ({problem}); put it into the package or a layer")]
    Unreadable {
        /// The path, as in the variable.
        path: String,
        /// The message of the system.
        problem: String,
    },
    /// The text is not a rule.
    #[error("{variable}: {problem}")]
    Rule {
        /// The variable.
        variable: &'static str,
        /// What is wrong with it.
        problem: RuleError,
    },
}

impl Floor {
    /// Reads `TWO_PERSON_RULE` or the file that `TWO_PERSON_RULE_FILE` names. If neither is set,
    /// the floor is the default rule.
    #[must_use]
    pub fn from_environment() -> Self {
        Self(read(&std::env::vars_os().collect()))
    }

    /// Reads the text of a rule, as in `TWO_PERSON_RULE`.
    #[must_use]
    pub fn from_json(json: &str) -> Self {
        Self(parse(RULE, json))
    }

    /// The rule.
    ///
    /// # Errors
    /// Why there is none.
    pub fn rule(&self) -> Result<&Rule, &FloorError> {
        self.0.as_ref().map(|it| &it.rule)
    }

    /// The rule and its JSON, for a program that cannot do anything without one.
    ///
    /// # Errors
    /// Why there is none.
    pub fn into_written(self) -> Result<(Rule, String), FloorError> {
        self.0.map(|it| (it.rule, it.json))
    }
}

fn read(environment: &BTreeMap<OsString, OsString>) -> Result<Written, FloorError> {
    let begins_like_ours =
        |name: &&OsString| name.to_string_lossy().to_uppercase().starts_with(PREFIX);
    let mut ours = environment.keys().filter(begins_like_ours);
    if let Some(unknown) = ours.find(|name| *name != RULE && *name != RULE_FILE) {
        return Err(FloorError::Unknown(unknown.to_string_lossy().into_owned()));
    }
    let variable = |name: &str| environment.get(OsStr::new(name)).cloned();
    match (variable(RULE), variable(RULE_FILE)) {
        (Some(_), Some(_)) => Err(FloorError::Both),
        (Some(json), None) => {
            let json = json.into_string().map_err(|_| FloorError::NotUnicode { variable: RULE })?;
            parse(RULE, &json)
        }
        (None, Some(path)) => {
            let path = PathBuf::from(path);
            let json = std::fs::read_to_string(&path).map_err(|error| FloorError::Unreadable {
                path: path.display().to_string(),
                problem: error.to_string(),
            })?;
            parse(RULE_FILE, &json)
        }
        (None, None) => Ok(Written { rule: Rule::default(), json: "{}".to_owned() }),
    }
}

fn parse(variable: &'static str, json: &str) -> Result<Written, FloorError> {
    match Rule::floor(json) {
        Ok(rule) => Ok(Written { rule, json: json.to_owned() }),
        Err(problem) => Err(FloorError::Rule { variable, problem }),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt as _;

    use super::*;

    fn read_with(rule: Option<&str>, file: Option<&str>) -> Result<Rule, FloorError> {
        let variables = [(RULE, rule), (RULE_FILE, file), ("PATH", Some("/bin"))];
        let set =
            variables.into_iter().filter_map(|(name, value)| Some((name.into(), value?.into())));
        Floor(read(&set.collect())).into_written().map(|(rule, json)| {
            assert_eq!(Rule::floor(&json).as_ref(), Ok(&rule));
            rule
        })
    }

    #[test]
    fn the_rule_comes_from_one_variable_or_a_file_or_is_the_default() {
        assert_eq!(read_with(None, None), Ok(Rule::default()));
        assert_eq!(read_with(Some(r#"{"quorum": 3}"#), None).unwrap().quorum().get(), 3);
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, r#"{"quorum": 4}"#).unwrap();
        assert_eq!(read_with(None, file.path().to_str()).unwrap().quorum().get(), 4);
    }

    #[test]
    fn a_mistake_never_means_the_default() {
        assert_eq!(read_with(Some("{}"), Some("rule.json")), Err(FloorError::Both));
        let unreadable = read_with(None, Some("/no/such/rule.json")).unwrap_err();
        assert!(
            unreadable
                .to_string()
                .starts_with("TWO_PERSON_RULE_FILE: `/no/such/rule.json` cannot be read"),
            "{unreadable}"
        );
        let bad = read_with(Some(""), None).unwrap_err();
        assert!(bad.to_string().starts_with("TWO_PERSON_RULE: not a rule"), "{bad}");
        let bytes = BTreeMap::from([(RULE.into(), OsString::from_vec(vec![0xff]))]);
        assert_eq!(read(&bytes), Err(FloorError::NotUnicode { variable: RULE }));
        for misspelt in [
            "TWO_PERSON_RULES",
            "TWO_PERSONS_RULE",
            "two_person_rule",
            "TWO_PERSON_RULE_",
            "TWO_PERSON_",
        ] {
            let environment = BTreeMap::from([(misspelt.into(), r#"{"quorum": 3}"#.into())]);
            assert_eq!(read(&environment), Err(FloorError::Unknown(misspelt.to_owned())));
        }
    }
}
