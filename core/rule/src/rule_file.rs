//! What the keys of a rule must say, and which of them UserParameters may have.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use names::{ExecutionId, Object, is_iam_name};
use serde_json::error::Category;
use signing::{Desk, KeyKind};

use crate::error::{RuleError, check_codepipeline_name};
use crate::glob::NameGlob;
use crate::handle::Affix;
use crate::pattern::PrincipalPattern;
use crate::proof::ProofSettings;
use crate::quorum::Quorum;
use crate::reviews::Reviews;
use crate::roster::Roster;
use crate::signing_keys::{RequireSignature, SigningKeys};
use crate::strict::{NoRepeats, WholeNumber};
use crate::trusted_role::{SharedRoles, TrustedRole};
use crate::written::{DeskFile, RuleFile};

/// The keys that the floor and UserParameters may have: they can only make the rule stricter.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Demands {
    pub quorum: Option<Quorum>,
    pub actions: Option<BTreeSet<String>>,
    pub stage: Option<String>,
    pub shared_roles: Option<SharedRoles>,
    pub require_signature: Option<RequireSignature>,
    pub only_people: Option<bool>,
    pub exclude_initiator: Option<bool>,
    pub exclude_authors: Option<bool>,
    pub max_age_minutes: Option<u32>,
    pub handle_affixes: Option<BTreeSet<Affix>>,
    pub not_people: Vec<NameGlob>,
    pub pipeline_execution_id: Option<String>,
}

/// The keys that only the floor may have: they distinguish people, let them count, or say what
/// proves a release to others.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Identities {
    pub trusted_session_roles: Vec<TrustedRole>,
    pub people: BTreeMap<String, Vec<PrincipalPattern>>,
    /// The patterns of `people` as texts, for records.
    pub people_texts: Arc<BTreeMap<String, Vec<String>>>,
    pub signing_keys: SigningKeys,
    pub desk: Option<Desk>,
    pub roster: Roster,
    pub reviews: Option<Reviews>,
    pub proof: Option<ProofSettings>,
    /// The floor's own `handleAffixes`, which give proven handles. `None` for the defaults.
    pub handle_affixes: Option<BTreeSet<Affix>>,
    /// The floor's own `notPeople`. If the initiator is a machine, more approvals count, so the
    /// parameters may not say that.
    pub machines: Vec<NameGlob>,
}

/// Reads the rule from the function's own environment.
pub(crate) fn parse_floor(json: &str) -> Result<(Demands, Identities), RuleError> {
    let file = parse(json)?;
    let people = people(file.people.as_ref())?;
    let signing_keys = SigningKeys::parse(file.signing_keys.as_ref().map(|keys| &keys.0))?;
    let desk = file.desk.as_ref().map(desk).transpose()?;
    if desk.is_none()
        && let Some((name, _)) = signing_keys.iter().find(|(_, key)| key.kind() == KeyKind::Passkey)
    {
        return Err(RuleError::value(
            "desk",
            format!(
                "is missing, and `{name}` has a passkey, which works on one site only: write where \
                 it was made, such as {{\"rpId\": \"approve.example.com\", \"origin\": \
                 \"https://approve.example.com\"}}"
            ),
        ));
    }
    let roster = file.roster.as_ref().map(|roster| &roster.0);
    let identities = Identities {
        trusted_session_roles: each(
            "trustedSessionRoles",
            file.trusted_session_roles.as_deref(),
            TrustedRole::parse,
        )?,
        roster: Roster::parse(roster, |name| people.contains_key(name))?,
        people_texts: Arc::new(
            people
                .iter()
                .map(|(name, patterns)| {
                    (name.clone(), patterns.iter().map(|it| it.text().to_owned()).collect())
                })
                .collect(),
        ),
        people,
        signing_keys,
        desk,
        reviews: file.reviews.as_ref().map(Reviews::parse).transpose()?,
        proof: file.proof.as_ref().map(ProofSettings::parse).transpose()?,
        handle_affixes: file.handle_affixes.as_deref().map(affixes).transpose()?,
        machines: each("notPeople", file.not_people.as_deref(), NameGlob::parse)?,
    };
    if let Some((action, role)) = identities.roster.trusted_role(&identities.trusted_session_roles)
    {
        return Err(RuleError::value(
            format!("roster.{action}"),
            format!(
                "`role/{role}` is a role of `trustedSessionRoles`, whose people are known by their \
                 session names: name the people instead"
            ),
        ));
    }
    Ok((demands(file)?, identities))
}

/// Reads the rule from the action's UserParameters. Only keys that make a rule stricter are
/// allowed.
pub(crate) fn parse_parameters(json: &str) -> Result<Demands, RuleError> {
    let file = parse(json)?;
    if file.proof.is_some() {
        return Err(RuleError::value(
            "proof",
            "UserParameters may not say what proves a release, because anyone who may edit the \
             pipeline can write them; set it in the function's TWO_PERSON_RULE instead",
        ));
    }
    for (key, given) in [
        ("trustedSessionRoles", file.trusted_session_roles.is_some()),
        ("people", file.people.is_some()),
        ("signingKeys", file.signing_keys.is_some()),
        ("desk", file.desk.is_some()),
        ("roster", file.roster.is_some()),
        ("reviews", file.reviews.is_some()),
    ] {
        if given {
            return Err(RuleError::value(
                key,
                "UserParameters may not say who is who, because anyone who may edit the pipeline can \
                 write them; set it in the function's TWO_PERSON_RULE instead",
            ));
        }
    }
    demands(file)
}

fn parse(json: &str) -> Result<RuleFile, RuleError> {
    // Serde would read a list as the values of the keys in their order, and an empty list as the
    // default rule.
    if !json.trim_start().starts_with('{') {
        return Err(RuleError::Form(
            "it must be a JSON object, such as {\"quorum\": 2}".to_owned(),
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
            "0 would let no approval count; write 1 or more, or remove it",
        ));
    }
    if let Some(stage) = &file.stage {
        check_codepipeline_name("stage", stage)?;
    }
    Ok(Demands {
        quorum: file.quorum.map(|persons| Quorum::new(persons.0)).transpose()?,
        actions: file.actions.map(actions).transpose()?,
        stage: file.stage,
        shared_roles: file.shared_roles,
        require_signature: file.require_signature,
        only_people: file.only_people,
        exclude_initiator: file.exclude_initiator,
        exclude_authors: file.exclude_authors,
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
            "names no action; remove it to require every manual approval of the stage",
        ));
    }
    for name in &names {
        check_codepipeline_name("actions", name)?;
    }
    Ok(names.into_iter().collect())
}

fn pipeline_execution_id(id: String) -> Result<String, RuleError> {
    // AWS writes it in lower case. A person may have typed it otherwise.
    if ExecutionId::is_valid(&id.to_ascii_lowercase()) {
        return Ok(id);
    }
    Err(RuleError::value(
        "pipelineExecutionId",
        format!(
            "`{id}` is not an execution id: write `#{{codepipeline.PipelineExecutionId}}`, which CodePipeline fills in"
        ),
    ))
}

fn desk(Object(file): &Object<DeskFile>) -> Result<Desk, RuleError> {
    Desk::new(&file.rp_id, &file.origin)
        .map_err(|problem| RuleError::value("desk", problem.to_string()))
}

fn affixes(texts: &[String]) -> Result<BTreeSet<Affix>, RuleError> {
    each("handleAffixes", Some(texts), Affix::parse).map(BTreeSet::from_iter)
}

/// Parses every text of a list.
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
                "a person's name consists of A-Z a-z 0-9 _ + = , . @ -",
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
    distinguish_forge_users(&people)?;
    Ok(people)
}

/// Two people cannot be one user of a forge.
fn distinguish_forge_users(
    people: &BTreeMap<String, Vec<PrincipalPattern>>,
) -> Result<(), RuleError> {
    let users = people.iter().flat_map(|(name, patterns)| {
        patterns.iter().filter_map(move |pattern| Some((pattern.forge_user()?, name)))
    });
    let mut of_login = BTreeMap::new();
    let mut of_id = BTreeMap::new();
    for (user, name) in users {
        let forge = user.forge();
        let others = [
            of_login.insert((forge, user.login()), name),
            user.id().and_then(|id| of_id.insert((forge, id), name)),
        ];
        if let Some(other) = others.into_iter().flatten().find(|other| *other != name) {
            return Err(RuleError::value(
                format!("people.{name}"),
                format!("`{user}` is also a user of {other}; one user of a forge is one human"),
            ));
        }
    }
    Ok(())
}
