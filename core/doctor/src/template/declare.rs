//! From a document to a pipeline: the members of `PipelineDeclaration` (CodePipeline API model) in
//! the API's own names, with their lines and with what is not decided.

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value};

use super::document::{Content, Node, Scalar};
use super::error::ReadError;
use crate::pipeline::{ArnError, Pipeline, Structure, Undecided};

/// How strict the values are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// What the API gives: each value has its type.
    Api,
    /// What a template says: CloudFormation and Terraform convert texts and numbers.
    Template,
}

/// A pipeline without its ARN.
pub(super) struct Unnamed {
    structure: Structure,
    undecided: Vec<Undecided>,
    lines: BTreeMap<String, usize>,
}

impl Unnamed {
    /// With the ARN, or with wildcards for the region and the account.
    pub(super) fn named(self, arn: Option<String>) -> Result<Pipeline, ArnError> {
        let pipeline = Pipeline::new(arn, self.structure)?;
        Ok(pipeline.declared(self.undecided, &self.lines))
    }

    /// With a pattern in place of the name, which is not known.
    pub(super) fn called(self, pattern: &str) -> Pipeline {
        let arn = format!("arn:aws:codepipeline:*:*:{pattern}");
        Pipeline::of(arn, self.structure).declared(self.undecided, &self.lines)
    }
}

/// Reads a pipeline.
pub(super) fn pipeline(node: &Node, form: Form) -> Result<Unnamed, ReadError> {
    let mut reader =
        Reader { form, undecided: Vec::new(), lines: BTreeMap::from([(String::new(), node.line)]) };
    let value = reader.map(node, "", Keys::Known);
    let structure = serde_path_to_error::deserialize(value).map_err(|error| {
        let place = error.path().to_string();
        let line = reader.line_of(&place).unwrap_or_default();
        ReadError::Form { place, line, source: error.into_inner() }
    })?;
    Ok(Unnamed { structure, undecided: reader.undecided, lines: reader.lines })
}

/// What the keys of a map are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keys {
    /// Members of the API model.
    Known,
    /// Settings of a type of action, which are all texts.
    Settings,
}

struct Reader {
    form: Form,
    undecided: Vec<Undecided>,
    /// The line of each value, by its path as in `stages[0].actions[1].name`.
    lines: BTreeMap<String, usize>,
}

impl Reader {
    /// The line of a value, or of the innermost one around it that has a line.
    fn line_of(&self, path: &str) -> Option<usize> {
        let mut path = path;
        loop {
            if let Some(line) = self.lines.get(path) {
                return Some(*line);
            }
            path = path.rfind(['.', '[']).and_then(|end| path.get(..end))?;
        }
    }

    fn map(&mut self, node: &Node, path: &str, keys: Keys) -> Value {
        let mut map = Map::new();
        for (key, value) in node.entries() {
            let inner = match path {
                "" => key.clone(),
                path => format!("{path}.{key}"),
            };
            self.lines.insert(inner.clone(), value.line);
            if let Some(value) = self.member(key, value, &inner, keys) {
                map.insert(key.clone(), value);
            }
        }
        Value::Object(map)
    }

    /// The value of a key. `None` if it is not decided and nothing can stand in its place.
    fn member(&mut self, key: &str, node: &Node, path: &str, keys: Keys) -> Option<Value> {
        let kind = kind(key, keys);
        if self.form == Form::Template && node.is_null() {
            return None;
        }
        match &node.content {
            Content::Scalar(scalar) if !scalar.is_decided => {
                self.undecided.push(Undecided::new(path, scalar.text.clone(), node.line));
                // Texts can hold the names of what is not known. Nothing else can.
                let text = || Value::String(scalar.text.clone());
                match kind {
                    Kind::Text => Some(text()),
                    Kind::Type => {
                        let members = ["category", "owner", "provider"];
                        Some(
                            members.map(|member| (member.to_owned(), text())).into_iter().collect(),
                        )
                    }
                    Kind::Number | Kind::Other => None,
                }
            }
            Content::Scalar(scalar) if self.form == Form::Template => {
                Some(converted(scalar, kind).unwrap_or_else(|| node.to_json()))
            }
            Content::Scalar(_) => Some(node.to_json()),
            Content::List(items) => Some(self.list(items, path)),
            Content::Map(_) if key == "configuration" => Some(self.map(node, path, Keys::Settings)),
            Content::Map(_) => Some(self.map(node, path, keys)),
        }
    }

    fn list(&mut self, items: &[Node], path: &str) -> Value {
        let mut list = Vec::new();
        for item in items {
            // The path of what is kept, which is what the structure has.
            let inner = format!("{path}[{}]", list.len());
            match &item.content {
                Content::Scalar(scalar) if !scalar.is_decided => {
                    let text = scalar.text.clone();
                    self.undecided.push(Undecided::new(path, text, item.line));
                }
                Content::Scalar(_) => list.push(item.to_json()),
                Content::List(items) => list.push(self.list(items, &inner)),
                Content::Map(_) => {
                    self.lines.insert(inner.clone(), item.line);
                    list.push(self.map(item, &inner, Keys::Known));
                }
            }
        }
        Value::Array(list)
    }
}

/// The type of a member.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    /// The type of an action or of a rule, which has texts.
    Type,
    Number,
    /// A list or a map, or a word of a list of words.
    Other,
}

fn kind(key: &str, keys: Keys) -> Kind {
    match key {
        _ if keys == Keys::Settings => Kind::Text,
        "name" | "category" | "owner" | "provider" | "roleArn" | "location" | "region"
        | "result" | "retryMode" => Kind::Text,
        "actionTypeId" | "ruleTypeId" => Kind::Type,
        "runOrder" | "timeoutInMinutes" => Kind::Number,
        _ => Kind::Other,
    }
}

/// A scalar of a template, as the API wants it.
fn converted(scalar: &Scalar, kind: Kind) -> Option<Value> {
    match kind {
        Kind::Text => Some(Value::String(scalar.text.clone())),
        Kind::Number => scalar.text.parse::<Number>().ok().map(Value::Number),
        Kind::Type | Kind::Other => None,
    }
}
