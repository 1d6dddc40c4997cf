//! The intrinsic functions of CloudFormation (CloudFormation Template Reference, "Intrinsic
//! function reference"), as far as a template decides them.

use std::collections::{BTreeMap, BTreeSet};

use super::document::{Content, Node, Scalar};
use super::values::Values;
use crate::pipeline::{DYNAMIC_REFERENCE, is_open};

/// The greatest depth of a value or a condition, through its references. A template with more has a
/// circle.
const DEEPEST: usize = 400;
/// The greatest number of steps. References that name others twice multiply, and so do conditions.
const MOST_STEPS: usize = 100_000;

/// The name of a value that has no end.
const CIRCLE: &str = "a circle of references";

/// Replaces functions by what they give.
pub(crate) struct Resolver<'a> {
    pub(super) template: &'a Node,
    values: &'a Values,
    /// What is assumed of comparisons that the template does not decide.
    pub(super) assumed: &'a BTreeMap<String, bool>,
    /// Comparisons that the template does not decide, and that nothing is assumed of.
    pub(super) open: BTreeSet<String>,
    depth: usize,
    steps: usize,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(
        template: &'a Node,
        values: &'a Values,
        assumed: &'a BTreeMap<String, bool>,
    ) -> Self {
        Self { template, values, assumed, open: BTreeSet::new(), depth: 0, steps: 0 }
    }

    /// The value with its functions replaced. `None` if it is `AWS::NoValue`.
    pub(super) fn resolve(&mut self, node: &Node) -> Option<Node> {
        if !self.begin() {
            return Some(Node::undecided(CIRCLE, node.line));
        }
        let resolved = match &node.content {
            Content::Scalar(scalar) => Some(dynamic(scalar, node.line)),
            Content::List(items) => {
                let items = items.iter().filter_map(|item| self.resolve(item)).collect();
                Some(Node::new(Content::List(items), node.line))
            }
            Content::Map(entries) => match entries.as_slice() {
                [(name, argument)] if name == "Ref" || name.starts_with("Fn::") => {
                    self.call(name, argument, node.line)
                }
                entries => {
                    let entries = entries
                        .iter()
                        .filter_map(|(key, value)| Some((key.clone(), self.resolve(value)?)));
                    Some(Node::new(Content::Map(entries.collect()), node.line))
                }
            },
        };
        self.end();
        resolved
    }

    /// Begins a step inside the current one, until [`Self::end`]. Returns `false` if that would be
    /// too deep, or one step too many. Then nothing has begun.
    pub(super) fn begin(&mut self) -> bool {
        self.steps += 1;
        if self.depth > DEEPEST || self.steps > MOST_STEPS {
            return false;
        }
        self.depth += 1;
        true
    }

    /// Ends the current step.
    pub(super) fn end(&mut self) {
        self.depth -= 1;
    }

    /// What `Ref` gives for a resource, as a text.
    pub(super) fn named(&mut self, id: &str) -> Option<String> {
        self.reference(id, 0).scalar().map(|scalar| scalar.text.clone())
    }

    fn call(&mut self, name: &str, argument: &Node, line: usize) -> Option<Node> {
        let arguments = argument.items();
        let resolved = match (name, arguments) {
            ("Ref", _) if argument.as_str() == Some("AWS::NoValue") => return None,
            ("Ref", _) => argument.as_str().map(|name| self.reference(name, line)),
            ("Fn::GetAtt", _) => get_att(argument).map(|name| self.reference(&name, line)),
            ("Fn::If", [condition, yes, no]) => {
                let holds = condition.as_str().and_then(|name| self.condition(name));
                // An undecided one is open, and then examined both ways.
                return self.resolve(if holds.unwrap_or(true) { yes } else { no });
            }
            ("Fn::Sub", _) => self.substitute(argument, line),
            ("Fn::Join", [delimiter, list]) => self.join(delimiter, list, line),
            ("Fn::Split", [delimiter, text]) => self.split(delimiter, text, line),
            ("Fn::Select", [index, list]) => self.select(index, list),
            ("Fn::FindInMap", [map, first, second, ..]) => {
                let found = self.find_in_map([map, first, second]);
                let default = arguments.get(3).and_then(|options| options.get("DefaultValue"));
                found.or_else(|| self.resolve(default?))
            }
            ("Fn::ImportValue", _) => {
                let export =
                    self.resolve(argument).and_then(|export| Some(export.scalar()?.text.clone()));
                export.map(|export| self.given(&export, line))
            }
            ("Fn::ToJsonString", _) => self.json_string(argument, line),
            _ => None,
        };
        Some(resolved.unwrap_or_else(|| Node::undecided(name, line)))
    }

    /// What the user says, or the name itself.
    fn given(&self, name: &str, line: usize) -> Node {
        match self.values.get(name) {
            Some(value) => Node::text(value, line),
            None => Node::undecided(name, line),
        }
    }

    /// What `Ref` and `Fn::GetAtt` give.
    fn reference(&mut self, name: &str, line: usize) -> Node {
        if let Some(value) = self.values.get(name) {
            return self.of_type(name, value, line);
        }
        if let Some(parameter) = self.template.at(&["Parameters", name]) {
            let kind = parameter.get("Type").and_then(Node::as_str).unwrap_or_default();
            let default = parameter.get("Default").and_then(Node::scalar);
            // The default of such a parameter is the name of a value in Parameter Store.
            return match default.filter(|_| !kind.starts_with("AWS::SSM::Parameter::Value")) {
                Some(default) => self.of_type(name, &default.text, line),
                None => Node::undecided(name, line),
            };
        }
        self.resource_name(name, line).unwrap_or_else(|| Node::undecided(name, line))
    }

    /// The value of a parameter: a list if it is of a list type.
    fn of_type(&self, name: &str, value: &str, line: usize) -> Node {
        let kind = self.template.at(&["Parameters", name, "Type"]).and_then(Node::as_str);
        if kind.is_some_and(|kind| kind == "CommaDelimitedList" || kind.starts_with("List<")) {
            let items = value.split(',').map(|item| Node::text(item.trim(), line));
            return Node::new(Content::List(items.collect()), line);
        }
        Node::text(value, line)
    }

    /// The name of a resource, if the template gives it one. A function is known by its name
    /// wherever an ARN would stand: it is one of the stack's own account and region.
    fn resource_name(&mut self, name: &str, line: usize) -> Option<Node> {
        let (id, attribute) = name.split_once('.').unwrap_or((name, ""));
        let resource = self.template.at(&["Resources", id])?;
        let kind = resource.get("Type").and_then(Node::as_str)?;
        let property = match (kind, attribute) {
            // A function with `AutoPublishAlias` has `.Alias` and `.Version`.
            ("AWS::Serverless::Function", "" | "Arn" | "Alias" | "Version")
            | ("AWS::Lambda::Function", "" | "Arn")
            | ("AWS::Lambda::Alias" | "AWS::Lambda::Version", "" | "AliasArn" | "FunctionArn") => {
                "FunctionName"
            }
            ("AWS::CodeBuild::Project" | "AWS::CodePipeline::Pipeline", "") => "Name",
            ("AWS::S3::Bucket", "") => "BucketName",
            _ => return None,
        };
        let property = resource.at(&["Properties", property])?;
        let mut resolved = self.resolve(property)?;
        resolved.line = line;
        Some(resolved)
    }

    fn substitute(&mut self, argument: &Node, line: usize) -> Option<Node> {
        let (text, own) = match argument.items() {
            [text, own] => (text.as_str()?, Some(own)),
            _ => (argument.as_str()?, None),
        };
        let mut out = Scalar { text: String::new(), is_quoted: true, is_decided: true };
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            out.text.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                out.text.push_str("${");
                rest = after;
                continue;
            };
            rest = after;
            if let Some(literal) = name.strip_prefix('!') {
                out.text.push_str(&format!("${{{literal}}}"));
                continue;
            }
            let name = name.trim();
            let value = match own.and_then(|own| own.get(name)) {
                Some(value) => self.resolve(value),
                None => Some(self.reference(name, line)),
            };
            push(&mut out, value.as_ref(), name);
        }
        out.text.push_str(rest);
        Some(dynamic(&out, line))
    }

    fn join(&mut self, delimiter: &Node, list: &Node, line: usize) -> Option<Node> {
        let delimiter = self.resolve(delimiter)?;
        let list = self.resolve(list)?;
        if list.scalar().is_some() {
            return None;
        }
        let mut out = Scalar { text: String::new(), is_quoted: true, is_decided: true };
        for (index, item) in list.items().iter().enumerate() {
            if index > 0 {
                out.text.push_str(delimiter.as_str()?);
            }
            push(&mut out, Some(item), "Fn::Join");
        }
        Some(dynamic(&out, line))
    }

    fn split(&mut self, delimiter: &Node, text: &Node, line: usize) -> Option<Node> {
        let delimiter = self.resolve(delimiter)?;
        let text = self.resolve(text)?;
        let parts = match text.as_str() {
            Some(text) => text.split(delimiter.as_str()?).map(|it| Node::text(it, line)).collect(),
            None => split_arn(delimiter.as_str()?, &text.scalar()?.text, line)?,
        };
        Some(Node::new(Content::List(parts), line))
    }

    fn select(&mut self, index: &Node, list: &Node) -> Option<Node> {
        let index = self.resolve(index)?.as_str()?.parse::<usize>().ok()?;
        self.resolve(list)?.items().get(index).cloned()
    }

    fn find_in_map(&mut self, keys: [&Node; 3]) -> Option<Node> {
        let [map, first, second] = keys.map(|key| self.resolve(key));
        let (map, first, second) = (map?, first?, second?);
        let path = ["Mappings", map.as_str()?, first.as_str()?, second.as_str()?];
        self.template.at(&path).cloned()
    }

    /// `Fn::ToJsonString` of the transform `AWS::LanguageExtensions`.
    fn json_string(&mut self, argument: &Node, line: usize) -> Option<Node> {
        let value = self.resolve(argument)?;
        let text = serde_json::to_string(&value.to_json()).ok()?;
        let is_decided = is_decided(&value);
        Some(Node::new(Content::Scalar(Scalar { text, is_quoted: true, is_decided }), line))
    }
}

/// The fields of an ARN that is decided except for its partition, region or account. CDK refers to
/// an imported function like this: `Fn::Select` of `Fn::Split` at the colons of its ARN.
fn split_arn(delimiter: &str, text: &str, line: usize) -> Option<Vec<Node>> {
    // None of these values has a colon, but their names do.
    const FIELDS: [(&str, &str); 3] =
        [("${AWS::Partition}", "\0P"), ("${AWS::Region}", "\0R"), ("${AWS::AccountId}", "\0A")];
    let marked =
        FIELDS.iter().fold(text.to_owned(), |text, (field, mark)| text.replace(field, mark));
    if delimiter != ":" || text.contains('\0') || is_open(&marked) {
        return None;
    }
    let parts = marked.split(delimiter).map(|part| {
        let text =
            FIELDS.iter().fold(part.to_owned(), |part, (field, mark)| part.replace(mark, field));
        let is_decided = !part.contains('\0');
        Node::new(Content::Scalar(Scalar { text, is_quoted: true, is_decided }), line)
    });
    Some(parts.collect())
}

/// Whether everything in it is decided.
fn is_decided(node: &Node) -> bool {
    match &node.content {
        Content::Scalar(scalar) => scalar.is_decided,
        Content::List(items) => items.iter().all(is_decided),
        Content::Map(entries) => entries.iter().all(|(_, value)| is_decided(value)),
    }
}

/// Whether something else that is not known can have the same name: it is what some function gives,
/// and not a parameter or a resource.
pub(super) fn is_ambiguous(scalar: &Scalar) -> bool {
    !scalar.is_decided && (scalar.text.contains("${Fn::") || scalar.text.contains(CIRCLE))
}

/// Appends a part of a text. A part that is a list is named.
fn push(out: &mut Scalar, part: Option<&Node>, name: &str) {
    match part.and_then(Node::scalar) {
        Some(part) => {
            out.text.push_str(&part.text);
            out.is_decided &= part.is_decided;
        }
        None => {
            out.text.push_str(&format!("${{{name}}}"));
            out.is_decided = false;
        }
    }
}

/// A text that names a secret or a parameter is replaced when the template is deployed.
fn dynamic(scalar: &Scalar, line: usize) -> Node {
    let is_dynamic = scalar.text.contains(DYNAMIC_REFERENCE);
    let scalar = Scalar { is_decided: scalar.is_decided && !is_dynamic, ..scalar.clone() };
    Node::new(Content::Scalar(scalar), line)
}

/// `RESOURCE.ATTRIBUTE`.
fn get_att(argument: &Node) -> Option<String> {
    match argument.items() {
        [resource, attribute] => Some(format!("{}.{}", resource.as_str()?, attribute.as_str()?)),
        _ => argument.as_str().map(str::to_owned),
    }
}
