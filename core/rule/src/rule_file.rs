//! The rule as it is written: JSON, camelCase, unknown keys refused.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::error::Category;

use crate::glob::NameGlob;
use crate::handle::Affix;
use crate::pattern::PrincipalPattern;
use crate::principal::is_iam_name;
use crate::roster::Roster;
use crate::rule::{Quorum, SharedRoles};
use crate::trusted_role::TrustedRole;

/// Why a rule is not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// Not a JSON object, or one that repeats a key.
    #[error("not a rule: {0}")]
    Form(String),
    /// A key's value means nothing, or contradicts another.
    #[error("`{key}`: {problem}")]
    Value {
        /// The key, with its path where it is nested.
        key: String,
        /// What is wrong and what to write instead.
        problem: String,
    },
}

impl RuleError {
    pub(crate) fn value(key: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Value { key: key.into(), problem: problem.into() }
    }
}

/// What both the floor and UserParameters may say: everything that can only tighten.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Demands {
    pub quorum: Option<Quorum>,
    pub actions: Option<BTreeSet<String>>,
    pub stage: Option<String>,
    pub shared_roles: Option<SharedRoles>,
    pub only_people: Option<bool>,
    pub exclude_initiator: Option<bool>,
    pub max_age_minutes: Option<u32>,
    pub handle_affixes: Option<BTreeSet<Affix>>,
    pub not_people: Vec<NameGlob>,
    pub pipeline_execution_id: Option<String>,
}

/// What only the floor may say: everything that tells people apart or lets them in.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Identities {
    pub trusted_session_roles: Vec<TrustedRole>,
    pub people: BTreeMap<String, Vec<PrincipalPattern>>,
    pub roster: Roster,
    /// The floor's own `handleAffixes`, by which proven handles are made; `None` for the defaults.
    pub handle_affixes: Option<BTreeSet<Affix>>,
    /// The floor's own `notPeople`: an initiator that is a machine lets approvals count, which no
    /// parameters may bring about.
    pub machines: Vec<NameGlob>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RuleFile {
    #[serde(default, deserialize_with = "present")]
    quorum: Option<WholeNumber>,
    #[serde(default, deserialize_with = "present")]
    actions: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    stage: Option<String>,
    #[serde(default, deserialize_with = "present")]
    shared_roles: Option<SharedRoles>,
    #[serde(default, deserialize_with = "present")]
    only_people: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    exclude_initiator: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    max_age_minutes: Option<WholeNumber>,
    #[serde(default, deserialize_with = "present")]
    handle_affixes: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    not_people: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    pipeline_execution_id: Option<String>,
    #[serde(default, deserialize_with = "present")]
    trusted_session_roles: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    people: Option<NoRepeats<Vec<String>>>,
    #[serde(default, deserialize_with = "present")]
    roster: Option<NoRepeats<Vec<String>>>,
}

/// A key that is there has a value: `null` is refused rather than read as "not there".
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A whole number, in words that a reader of JSON knows.
#[derive(Clone, Copy, PartialEq, Eq)]
struct WholeNumber(u32);

impl<'de> Deserialize<'de> for WholeNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = serde_json::Value::deserialize(deserializer)?;
        let whole = number.as_u64().and_then(|number| u32::try_from(number).ok());
        whole.map(Self).ok_or_else(|| {
            D::Error::custom(format!("{number} is not a whole number from 0 to {}", u32::MAX))
        })
    }
}

/// A map that refuses a repeated key. JSON lets the last one win, which would forget an entry of
/// `people` and could split a human.
#[derive(Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
struct NoRepeats<T>(
    #[serde(with = "serde_with::rust::maps_duplicate_key_is_error")] BTreeMap<String, T>,
);

/// Reads the rule that the function's own environment gives.
pub(crate) fn parse_floor(json: &str) -> Result<(Demands, Identities), RuleError> {
    let file = parse(json)?;
    let people = people(file.people.as_ref())?;
    let roster = file.roster.as_ref().map(|roster| &roster.0);
    let identities = Identities {
        trusted_session_roles: each(
            "trustedSessionRoles",
            file.trusted_session_roles.as_deref(),
            TrustedRole::parse,
        )?,
        roster: Roster::parse(roster, |name| people.contains_key(name))?,
        people,
        handle_affixes: file.handle_affixes.as_deref().map(affixes).transpose()?,
        machines: each("notPeople", file.not_people.as_deref(), NameGlob::parse)?,
    };
    if let Some((action, role)) = identities.roster.trusted_role(&identities.trusted_session_roles)
    {
        return Err(RuleError::value(
            format!("roster.{action}"),
            format!(
                "`role/{role}` is a role of `trustedSessionRoles`, whose people are known by their session names: name them instead"
            ),
        ));
    }
    Ok((demands(file)?, identities))
}

/// Reads the rule that the action's UserParameters give: the keys that can only tighten, and no
/// others.
pub(crate) fn parse_parameters(json: &str) -> Result<Demands, RuleError> {
    let file = parse(json)?;
    for (key, given) in [
        ("trustedSessionRoles", file.trusted_session_roles.is_some()),
        ("people", file.people.is_some()),
        ("roster", file.roster.is_some()),
    ] {
        if given {
            return Err(RuleError::value(
                key,
                "whoever may edit the pipeline may not say who is who; set it in the function's TWO_PERSON_RULE instead",
            ));
        }
    }
    demands(file)
}

fn parse(json: &str) -> Result<RuleFile, RuleError> {
    // A list would be read as the values of the keys in their order, and an empty one as the
    // default rule.
    if !json.trim_start().starts_with('{') {
        return Err(RuleError::Form(
            "it has to be a JSON object, such as {\"quorum\": 2}".to_owned(),
        ));
    }
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let file: RuleFile = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let key = error.path().to_string();
        match error.inner().classify() {
            Category::Data if key != "." => RuleError::value(key, error.inner().to_string()),
            Category::Data | Category::Syntax | Category::Eof | Category::Io => {
                RuleError::Form(error.inner().to_string())
            }
        }
    })?;
    deserializer.end().map_err(|error| RuleError::Form(error.to_string()))?;
    Ok(file)
}

fn demands(file: RuleFile) -> Result<Demands, RuleError> {
    if file.max_age_minutes == Some(WholeNumber(0)) {
        return Err(RuleError::value(
            "maxAgeMinutes",
            "0 would let no approval count; write 1 or more, or leave it out",
        ));
    }
    if let Some(stage) = &file.stage {
        pipeline_name("stage", stage)?;
    }
    Ok(Demands {
        quorum: file.quorum.map(|persons| Quorum::new(persons.0)).transpose()?,
        actions: file.actions.map(actions).transpose()?,
        stage: file.stage,
        shared_roles: file.shared_roles,
        only_people: file.only_people,
        exclude_initiator: file.exclude_initiator,
        max_age_minutes: file.max_age_minutes.map(|minutes| minutes.0),
        handle_affixes: file.handle_affixes.as_deref().map(affixes).transpose()?,
        not_people: each("notPeople", file.not_people.as_deref(), NameGlob::parse)?,
        pipeline_execution_id: file.pipeline_execution_id.map(pipeline_execution_id).transpose()?,
    })
}

fn actions(names: Vec<String>) -> Result<BTreeSet<String>, RuleError> {
    if names.is_empty() {
        return Err(RuleError::value(
            "actions",
            "names no action; leave it out to require every manual approval of the stage",
        ));
    }
    for name in &names {
        pipeline_name("actions", name)?;
    }
    Ok(names.into_iter().collect())
}

/// Pipeline, stage and action names: `[A-Za-z0-9.@\-_]{1,100}` (CodePipeline API model).
pub(crate) fn pipeline_name(key: &str, name: &str) -> Result<(), RuleError> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b".@-_".contains(&b);
    if (1..=100).contains(&name.len()) && name.bytes().all(allowed) {
        return Ok(());
    }
    Err(RuleError::value(
        key,
        format!("`{name}` is not a name that CodePipeline allows: 1 to 100 of A-Z a-z 0-9 . @ - _"),
    ))
}

fn pipeline_execution_id(id: String) -> Result<String, RuleError> {
    let is_uuid = id.len() == 36
        && id.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        });
    if is_uuid {
        return Ok(id);
    }
    Err(RuleError::value(
        "pipelineExecutionId",
        format!(
            "`{id}` is not an execution id: write `#{{codepipeline.PipelineExecutionId}}`, which CodePipeline fills in"
        ),
    ))
}

fn affixes(texts: &[String]) -> Result<BTreeSet<Affix>, RuleError> {
    each("handleAffixes", Some(texts), Affix::parse).map(BTreeSet::from_iter)
}

/// Every text of a list, parsed.
fn each<T>(
    key: &str,
    texts: Option<&[String]>,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, RuleError> {
    let texts = texts.unwrap_or_default().iter();
    texts.map(|text| parse(text).map_err(|problem| RuleError::value(key, problem))).collect()
}

fn people(
    file: Option<&NoRepeats<Vec<String>>>,
) -> Result<BTreeMap<String, Vec<PrincipalPattern>>, RuleError> {
    let mut people = BTreeMap::new();
    for (name, patterns) in file.iter().flat_map(|file| &file.0) {
        let key = format!("people.{name}");
        if !is_iam_name(name) {
            return Err(RuleError::value(
                key,
                "a person's name is made of A-Z a-z 0-9 _ + = , . @ -",
            ));
        }
        let patterns = each(&key, Some(patterns.as_slice()), PrincipalPattern::parse)?;
        if patterns.is_empty() {
            return Err(RuleError::value(key, "lists no principal of that person"));
        }
        if people.insert(name.to_lowercase(), patterns).is_some() {
            return Err(RuleError::value(
                key,
                "is there twice, in different cases; put all principals of a person into one entry",
            ));
        }
    }
    Ok(people)
}
