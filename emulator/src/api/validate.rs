//! Checks values against shapes of the model, with AWS's messages.

use serde_json::Value;

use super::model::{Kind, Model, Pattern, Shape};
use crate::engine::{ApiError, ErrorCode};

/// Shapes whose values AWS's messages do not show, although the model does not mark them as
/// sensitive.
const UNSHOWN: [&str; 1] = ["JobId"];

impl Model {
    /// Drops the members that AWS ignores (those that are null or unknown to the shape), and checks
    /// the rest.
    ///
    /// # Errors
    /// `SerializationException` for a value of the wrong kind, `ValidationException` for a violated
    /// constraint.
    pub fn accept(&self, shape: &str, value: &mut Value) -> Result<(), ApiError> {
        self.strip(shape, value);
        let mut problems = Vec::new();
        self.check(shape, Place::default(), value, &mut problems)?;
        match problems.len() {
            0 => Ok(()),
            1 => Err(ErrorCode::Validation
                .because(format!("1 validation error detected: {}", problems.join("; ")))),
            many => Err(ErrorCode::Validation
                .because(format!("{many} validation errors detected: {}", problems.join("; ")))),
        }
    }

    /// Drops members that are null or unknown to the shape.
    pub fn strip(&self, shape: &str, value: &mut Value) {
        let Some(shape) = self.shapes.get(shape) else {
            return;
        };
        match (shape.kind, value) {
            (Kind::Structure, Value::Object(members)) => {
                members.retain(|name, value| !value.is_null() && shape.members.contains_key(name));
                for (name, value) in members {
                    if let Some(shape) = shape.members.get(name) {
                        self.strip(shape, value);
                    }
                }
            }
            (Kind::Map, Value::Object(members)) => {
                for (shape, value) in
                    members.values_mut().filter_map(|value| Some((shape.value.as_ref()?, value)))
                {
                    self.strip(shape, value);
                }
            }
            (Kind::List, Value::Array(members)) => {
                for (shape, value) in
                    members.iter_mut().filter_map(|value| Some((shape.member.as_ref()?, value)))
                {
                    self.strip(shape, value);
                }
            }
            _ => {}
        }
    }

    fn check(
        &self,
        name: &str,
        place: Place,
        value: &Value,
        problems: &mut Vec<String>,
    ) -> Result<(), ApiError> {
        let shape = self.shapes.get(name);
        let shape = shape
            .ok_or_else(|| ErrorCode::Internal.because(format!("the model has no shape {name}")))?;
        let place = Place {
            sensitive: place.sensitive || shape.sensitive || UNSHOWN.contains(&name),
            ..place
        };
        check_kind(shape.kind, value)?;
        for constraint in constraints(shape).filter(|constraint| !constraint.holds(value)) {
            problems.push(place.says(value, &constraint.text(shape.kind)));
        }
        match value {
            Value::Object(members) if shape.kind == Kind::Structure => {
                for required in shape.required.iter().filter(|name| !members.contains_key(*name)) {
                    problems
                        .push(place.member(required).says(&Value::Null, "Member must not be null"));
                }
                for (name, value) in members {
                    if let Some(shape) = shape.members.get(name) {
                        self.check(shape, place.member(name), value, problems)?;
                    }
                }
            }
            Value::Object(members) => {
                for (key, value) in members {
                    let key_value = Value::from(key.as_str());
                    self.check_entry(
                        "key",
                        shape.key.as_deref(),
                        place.member(key),
                        &key_value,
                        problems,
                    )?;
                    self.check_entry(
                        "value",
                        shape.value.as_deref(),
                        place.member(key),
                        value,
                        problems,
                    )?;
                }
            }
            Value::Array(members) => {
                for (index, value) in members.iter().enumerate() {
                    let member = place.member(&format!("{}.member", index.saturating_add(1)));
                    self.check(
                        shape.member.as_deref().unwrap_or_default(),
                        member,
                        value,
                        problems,
                    )?;
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
        Ok(())
    }

    /// For a scalar in a map, AWS names only the part of the map, a key or a value, and all
    /// constraints.
    fn check_entry(
        &self,
        part: &str,
        name: Option<&str>,
        place: Place,
        value: &Value,
        problems: &mut Vec<String>,
    ) -> Result<(), ApiError> {
        let name = name.unwrap_or_default();
        let mut found = Vec::new();
        self.check(name, place.clone(), value, &mut found)?;
        match self.shapes.get(name) {
            Some(shape) if shape.kind == Kind::String && !found.is_empty() => {
                let all: Vec<_> =
                    constraints(shape).map(|constraint| constraint.text(shape.kind)).collect();
                problems.push(format!(
                    "Value at '{}' failed to satisfy constraint: Map {part} must satisfy constraint: [{}]",
                    place.parent(),
                    all.join(", ")
                ));
            }
            Some(_) | None => problems.append(&mut found),
        }
        Ok(())
    }
}

/// The path to a value in the input.
#[derive(Debug, Clone, Default)]
struct Place {
    path: String,
    sensitive: bool,
}

impl Place {
    fn member(&self, name: &str) -> Self {
        let dot = if self.path.is_empty() { "" } else { "." };
        Self { path: format!("{}{dot}{name}", self.path), sensitive: self.sensitive }
    }

    fn parent(&self) -> &str {
        self.path.rsplit_once('.').map_or("", |(parent, _)| parent)
    }

    fn says(&self, value: &Value, constraint: &str) -> String {
        let path = &self.path;
        match value {
            _ if self.sensitive => {
                format!("Value at '{path}' failed to satisfy constraint: {constraint}")
            }
            Value::Null => {
                format!("Value null at '{path}' failed to satisfy constraint: {constraint}")
            }
            Value::String(text) => {
                format!("Value '{text}' at '{path}' failed to satisfy constraint: {constraint}")
            }
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                format!("Value '{value}' at '{path}' failed to satisfy constraint: {constraint}")
            }
        }
    }
}

fn check_kind(kind: Kind, value: &Value) -> Result<(), ApiError> {
    let right = match kind {
        Kind::Boolean => value.is_boolean(),
        Kind::Integer => value.is_i64(),
        Kind::List => value.is_array(),
        Kind::Map | Kind::Structure => value.is_object(),
        Kind::String => value.is_string(),
        Kind::Timestamp => value.is_number(),
    };
    let found = match value {
        _ if right => return Ok(()),
        Value::Null => "NULL_VALUE",
        Value::Bool(true) => "TRUE_VALUE",
        Value::Bool(false) => "FALSE_VALUE",
        Value::Number(number) if number.is_f64() => "DECIMAL_VALUE",
        Value::Number(_) => "NUMBER_VALUE",
        Value::String(_) => "STRING_VALUE",
        Value::Array(_) | Value::Object(_) => {
            return Err(ErrorCode::Serialization
                .because("Start of structure or map found where not expected."));
        }
    };
    Err(ErrorCode::Serialization.because(format!("{found} can not be converted to a {kind:?}")))
}

/// A constraint on a value.
#[derive(Debug, Clone, Copy)]
enum Constraint<'a> {
    AtMost(i64),
    AtLeast(i64),
    Matches(&'a Pattern),
    OneOf(&'a [String]),
}

impl Constraint<'_> {
    fn holds(self, value: &Value) -> bool {
        match self {
            Self::AtMost(max) => size(value).is_none_or(|size| size <= max),
            Self::AtLeast(min) => size(value).is_none_or(|size| size >= min),
            Self::Matches(pattern) => value.as_str().is_none_or(|text| pattern.matches(text)),
            Self::OneOf(known) => {
                let known_text = |text: &str| known.iter().any(|known| known == text);
                value.as_str().is_none_or(known_text)
            }
        }
    }

    fn text(self, kind: Kind) -> String {
        let what = if kind == Kind::Integer { "value" } else { "length" };
        match self {
            Self::AtMost(max) => format!("Member must have {what} less than or equal to {max}"),
            Self::AtLeast(min) => format!("Member must have {what} greater than or equal to {min}"),
            Self::Matches(pattern) => {
                format!("Member must satisfy regular expression pattern: {}", pattern.text)
            }
            Self::OneOf(known) => {
                format!("Member must satisfy enum value set: [{}]", known.join(", "))
            }
        }
    }
}

/// The constraints of a shape, in AWS's order.
fn constraints(shape: &Shape) -> impl Iterator<Item = Constraint<'_>> {
    let values = Some(shape.values.as_slice()).filter(|values| !values.is_empty());
    let all = [
        shape.max.map(Constraint::AtMost),
        shape.min.map(Constraint::AtLeast),
        shape.pattern.as_ref().map(Constraint::Matches),
        values.map(Constraint::OneOf),
    ];
    all.into_iter().flatten()
}

/// The property that `min` and `max` limit.
fn size(value: &Value) -> Option<i64> {
    let length = match value {
        Value::Number(number) => return number.as_i64(),
        Value::String(text) => text.chars().count(),
        Value::Array(members) => members.len(),
        Value::Object(members) => members.len(),
        Value::Null | Value::Bool(_) => return None,
    };
    i64::try_from(length).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refused(shape: &str, mut value: Value) -> String {
        Model::load().unwrap().accept(shape, &mut value).unwrap_err().to_string()
    }

    #[test]
    fn a_pattern_must_match_as_a_whole() {
        assert_eq!(
            refused("GetPipelineInput", json!({"name": "x y"})),
            "ValidationException: 1 validation error detected: Value 'x y' at 'name' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: [A-Za-z0-9.@\\-_]+"
        );
    }

    #[test]
    fn every_kind_of_constraint_is_worded_as_aws_words_it() {
        let too_long = "a".repeat(513);
        let input = json!({
            "pipelineName": "p", "stageName": "", "token": "0", "result": {"status": "Maybe", "summary": too_long},
        });
        let message = refused("PutApprovalResultInput", input);
        for part in [
            "6 validation errors detected: ",
            "Value null at 'actionName' failed to satisfy constraint: Member must not be null",
            "Value '' at 'stageName' failed to satisfy constraint: Member must have length greater than or equal to 1",
            "at 'result.summary' failed to satisfy constraint: Member must have length less than or equal to 512",
            "Value 'Maybe' at 'result.status' failed to satisfy constraint: Member must satisfy enum value set: [Approved, Rejected]",
            "Value '0' at 'token' failed to satisfy constraint: Member must satisfy regular expression pattern: [0-9a-f]{8}",
        ] {
            assert!(message.contains(part), "{part}\n{message}");
        }
        let message =
            refused("ListActionExecutionsInput", json!({"pipelineName": "p", "maxResults": 101}));
        assert!(message.contains(
            "Value '101' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 100"
        ));
    }

    #[test]
    fn paths_lead_into_lists_and_maps() {
        let action = |configuration: Value| {
            json!({"pipeline": {"name": "p", "roleArn": "arn:aws:iam::111122223333:role/x", "stages": [{"name": "s", "actions": [{
                "name": "a", "runOrder": 0, "configuration": configuration,
                "actionTypeId": {"category": "Build", "owner": "AWS", "provider": "P", "version": "1"}}]}]}})
        };
        let message = refused("UpdatePipelineInput", action(json!({"k": ""})));
        assert!(
            message.contains(
                "Value '0' at 'pipeline.stages.1.member.actions.1.member.runOrder' failed"
            ),
            "{message}"
        );
        assert!(
            message.contains(
                "Value at 'pipeline.stages.1.member.actions.1.member.configuration' failed to satisfy constraint: Map value \
                 must satisfy constraint: [Member must have length less than or equal to 1000, Member must have length \
                 greater than or equal to 1]"
            ),
            "{message}"
        );
    }

    #[test]
    fn a_value_of_the_wrong_kind_does_not_deserialize() {
        assert_eq!(
            refused("GetPipelineInput", json!({"name": 7})),
            "SerializationException: NUMBER_VALUE can not be converted to a String"
        );
        assert!(
            refused("GetPipelineInput", json!({"name": ["p"]}))
                .starts_with("SerializationException")
        );
        assert!(refused("GetPipelineInput", json!([])).starts_with("SerializationException"));
    }

    #[test]
    fn the_values_of_sensitive_members_are_not_shown() {
        let mut model = Model::load().unwrap();
        model.shapes.get_mut("ApprovalSummary").unwrap().sensitive = true;
        let mut value = json!({"status": "Approved", "summary": "s3cret".repeat(100)});
        let error = model.accept("ApprovalResult", &mut value).unwrap_err();
        assert!(error.message.contains("Value at 'summary' failed"), "{error}");
        assert!(!error.message.contains("s3cret"));
    }

    #[test]
    fn nulls_and_unknown_members_are_ignored() {
        let mut value = json!({"name": "p", "version": null, "color": "red"});
        Model::load().unwrap().accept("GetPipelineInput", &mut value).unwrap();
        assert_eq!(value, json!({"name": "p"}));
    }
}
