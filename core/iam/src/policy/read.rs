//! Reads policies from JSON.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use names::Object;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{Actions, Policy, Principals, ResourceElement, Resources, Statement, Trusted};
use crate::condition::{Condition, ConditionError};
use crate::document::Effect;
use crate::template::{Template, TemplateError};

/// Why a text is not a policy.
#[derive(Debug, thiserror::Error)]
#[error("not an IAM policy: {0}")]
pub struct PolicyError(Problem);

#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    #[error("its version `{0}` is neither `2012-10-17` nor `2008-10-17`")]
    Version(String),
    #[error("its statement number {number} {problem}")]
    Statement { number: usize, problem: String },
}

impl PolicyError {
    fn in_statement(at: usize, problem: impl fmt::Display) -> Self {
        Self(Problem::Statement { number: at + 1, problem: problem.to_string() })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase", expecting = "an object")]
struct Written {
    version: Option<String>,
    id: Option<String>,
    statement: OneOrMany<Object<WrittenStatement>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase", expecting = "an object")]
pub(super) struct WrittenStatement {
    sid: Option<String>,
    effect: Effect,
    principal: Option<WrittenPrincipals>,
    not_principal: Option<WrittenPrincipals>,
    action: Option<OneOrMany<String>>,
    not_action: Option<OneOrMany<String>>,
    resource: Option<OneOrMany<Member>>,
    not_resource: Option<OneOrMany<Member>>,
    #[serde(default)]
    condition: Pairs<Pairs<OneOrMany<Scalar>>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(super) struct PrincipalMap {
    #[serde(rename = "AWS", default)]
    aws: OneOrMany<String>,
    #[serde(rename = "Service", default)]
    service: OneOrMany<String>,
    #[serde(rename = "Federated", default)]
    federated: OneOrMany<String>,
    #[serde(rename = "CanonicalUser", default)]
    canonical_user: OneOrMany<String>,
}

/// `"*"`, or a map by kind.
pub(super) struct WrittenPrincipals(PrincipalMap);

/// A list. AWS accepts a list of one without brackets.
pub(crate) struct OneOrMany<T>(pub(crate) Vec<T>);

/// A member of a list of resources. AWS accepts `null`, which matches nothing.
struct Member(Option<String>);

/// A condition value. AWS accepts numbers and booleans in place of their text.
struct Scalar(String);

/// An object, sorted by its keys. A key that comes twice is an error.
struct Pairs<T>(Vec<(String, T)>);

impl Policy {
    /// Reads an identity-based policy, a permissions boundary or a service control policy.
    ///
    /// # Errors
    /// If it is not JSON, has an unknown element, or an element is missing.
    pub fn identity(json: &str) -> Result<Self, PolicyError> {
        let policy = policy(json)?;
        for (at, statement) in policy.statements.iter().enumerate() {
            if statement.principals.is_some() {
                return Err(PolicyError::in_statement(
                    at,
                    "has a `Principal`, which only resource-based policies have",
                ));
            }
            if statement.resources.is_none() {
                return Err(PolicyError::in_statement(
                    at,
                    "has neither `Resource` nor `NotResource`",
                ));
            }
        }
        Ok(policy)
    }

    /// Reads a resource-based policy: the trust policy of a role, the policy of a bucket or a
    /// topic.
    ///
    /// # Errors
    /// As [`Policy::identity`].
    pub fn resource(json: &str) -> Result<Self, PolicyError> {
        let policy = policy(json)?;
        for (at, statement) in policy.statements.iter().enumerate() {
            if statement.principals.is_none() {
                return Err(PolicyError::in_statement(
                    at,
                    "has neither `Principal` nor `NotPrincipal`",
                ));
            }
        }
        Ok(policy)
    }
}

fn policy(json: &str) -> Result<Policy, PolicyError> {
    let Object(written): Object<Written> =
        serde_json::from_str(json).map_err(|error| PolicyError(error.into()))?;
    let variables = has_variables(written.version.as_deref())
        .ok_or_else(|| PolicyError(Problem::Version(written.version.unwrap_or_default())))?;
    let statements = written.statement.0.into_iter().enumerate();
    Ok(Policy {
        id: written.id,
        statements: statements
            .map(|(at, Object(written))| {
                statement(written, variables)
                    .map_err(|problem| PolicyError::in_statement(at, problem))
            })
            .collect::<Result<_, _>>()?,
    })
}

/// Whether policies of a version have policy variables. The default is 2008-10-17, which has none
/// (IAM User Guide, "Version"). Returns `None` if there is no such version.
pub(super) fn has_variables(version: Option<&str>) -> Option<bool> {
    match version {
        Some("2012-10-17") => Some(true),
        Some("2008-10-17") | None => Some(false),
        Some(_) => None,
    }
}

/// Why a statement is not valid.
#[derive(Debug, thiserror::Error)]
pub(super) enum StatementError {
    #[error("has both `{0}` and `Not{0}`")]
    Both(&'static str),
    #[error("has neither `{0}` nor `Not{0}`")]
    Neither(&'static str),
    #[error("has an invalid resource `{resource}`: {problem}")]
    Resource { resource: String, problem: TemplateError },
    #[error("has an invalid condition: {0}")]
    Condition(#[from] ConditionError),
}

pub(super) fn statement(
    written: WrittenStatement,
    variables: bool,
) -> Result<Statement, StatementError> {
    let (actions_but, actions) = one_of("Action", written.action, written.not_action)?
        .ok_or(StatementError::Neither("Action"))?;
    let resources = match one_of("Resource", written.resource, written.not_resource)? {
        None => None,
        Some((false, texts)) => Some(ResourceElement::These(named(&texts, variables)?)),
        Some((true, texts)) => Some(ResourceElement::AllBut(named(&texts, variables)?)),
    };
    let trusted = one_of("Principal", written.principal, written.not_principal)?;
    let mut conditions = Vec::new();
    for (operator, keys) in written.condition.0 {
        for (key, values) in keys.0 {
            let values: Vec<String> = values.0.into_iter().map(|value| value.0).collect();
            conditions.push(Condition::parse(&operator, &key, &values, variables)?);
        }
    }
    Ok(Statement {
        sid: written.sid,
        effect: written.effect,
        principals: trusted.map(|(all_but, named)| Box::new(principals(all_but, named))),
        actions: Actions::new(actions_but, actions.0),
        resources,
        conditions,
    })
}

pub(super) fn principals(all_but: bool, WrittenPrincipals(map): WrittenPrincipals) -> Principals {
    Principals {
        all_but,
        aws: map.aws.0.iter().map(|text| Trusted::read(text)).collect(),
        services: map.service.0,
        federated: map.federated.0,
        canonical: map.canonical_user.0,
    }
}

/// Returns an element, and whether it is the negated one.
fn one_of<T>(
    name: &'static str,
    these: Option<T>,
    all_but: Option<T>,
) -> Result<Option<(bool, T)>, StatementError> {
    match (these, all_but) {
        (Some(_), Some(_)) => Err(StatementError::Both(name)),
        (Some(these), None) => Ok(Some((false, these))),
        (None, Some(all_but)) => Ok(Some((true, all_but))),
        (None, None) => Ok(None),
    }
}

fn named(members: &OneOrMany<Member>, variables: bool) -> Result<Resources, StatementError> {
    let texts = members.0.iter().filter_map(|Member(text)| text.as_ref());
    let templates = texts.map(|text| {
        Template::parse(text, variables)
            .map_err(|problem| StatementError::Resource { resource: text.clone(), problem })
    });
    Ok(Resources::new(templates.collect::<Result<_, _>>()?))
}

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Default for Pairs<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
            type Value = OneOrMany<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("one or a list of them")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(OneOrMany)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(|one| OneOrMany(vec![one]))
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                T::deserialize(serde::de::value::StrDeserializer::new(text))
                    .map(|one| OneOrMany(vec![one]))
            }

            fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Self::Value, E> {
                T::deserialize(serde::de::value::BoolDeserializer::new(value))
                    .map(|one| OneOrMany(vec![one]))
            }

            fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Self::Value, E> {
                T::deserialize(serde::de::value::U64Deserializer::new(value))
                    .map(|one| OneOrMany(vec![one]))
            }

            fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Self::Value, E> {
                T::deserialize(serde::de::value::I64Deserializer::new(value))
                    .map(|one| OneOrMany(vec![one]))
            }

            fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Self::Value, E> {
                T::deserialize(serde::de::value::F64Deserializer::new(value))
                    .map(|one| OneOrMany(vec![one]))
            }
        }

        deserializer.deserialize_any(Either(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrNull;

        impl Visitor<'_> for TextOrNull {
            type Value = Member;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Member, E> {
                Ok(Member(Some(text.to_owned())))
            }

            fn visit_unit<E: serde::de::Error>(self) -> Result<Member, E> {
                Ok(Member(None))
            }
        }

        deserializer.deserialize_any(TextOrNull)
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, a number or a boolean")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Scalar, E> {
                Ok(Scalar(text.to_owned()))
            }

            fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }

            fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }

            fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }

            fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }
        }

        deserializer.deserialize_any(Text)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Pairs<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Unique<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Unique<T> {
            type Value = Pairs<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs: BTreeMap<String, T> = BTreeMap::new();
                while let Some((key, value)) = map.next_entry()? {
                    if pairs.contains_key(&key) {
                        return Err(A::Error::custom(format_args!("`{key}` comes twice")));
                    }
                    pairs.insert(key, value);
                }
                Ok(Pairs(pairs.into_iter().collect()))
            }
        }

        deserializer.deserialize_map(Unique(PhantomData))
    }
}

impl<'de> Deserialize<'de> for WrittenPrincipals {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct StarOrMap;

        impl<'de> Visitor<'de> for StarOrMap {
            type Value = WrittenPrincipals;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`*` or an object of principals")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                if text != "*" {
                    return Err(E::custom(format_args!(
                        "the principal `{text}` is neither `*` nor an object"
                    )));
                }
                Ok(WrittenPrincipals(PrincipalMap {
                    aws: OneOrMany(vec!["*".to_owned()]),
                    ..PrincipalMap::default()
                }))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                PrincipalMap::deserialize(MapAccessDeserializer::new(map)).map(WrittenPrincipals)
            }
        }

        deserializer.deserialize_any(StarOrMap)
    }
}
