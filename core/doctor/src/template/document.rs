//! YAML and JSON as a tree whose nodes know their lines.
//!
//! Values stay as they are written: whether `1` is a number depends on who reads it.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, Tag};
use serde::de::IgnoredAny;
use serde::{Serialize, Serializer};
use serde_json::{Map, Number, Value};

/// The greatest depth of a document. CloudFormation and Terraform stay far below it.
const DEEPEST: usize = 200;
/// The greatest number of nodes that aliases stand for. A few lines of aliases of aliases can stand
/// for billions.
const MOST_BY_ALIAS: usize = 100_000;

/// Why a text is not a document.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// It begins like JSON.
    #[error("it is not JSON")]
    Json(#[from] serde_json::Error),
    /// It is not YAML either.
    #[error("it is neither JSON nor YAML")]
    Yaml(#[from] ScanError),
    /// There is nothing in it.
    #[error("it is empty")]
    Empty,
    /// Several YAML documents.
    #[error("it holds several YAML documents; give each as one file")]
    Several,
    /// Too deep or too large.
    #[error("it is nested too deeply, or its aliases stand for too much")]
    TooLarge,
}

/// A value and its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub content: Content,
    /// The line where it begins, from 1. 0 if that is unknown.
    pub line: usize,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    Scalar(Scalar),
    List(Vec<Node>),
    /// In the written order.
    Map(Vec<(String, Node)>),
}

/// A scalar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scalar {
    pub text: String,
    /// Whether it can only be a text.
    pub is_quoted: bool,
    /// Whether the text is all that there is to know. Otherwise it holds names, such as `${Stage}`,
    /// in place of what is not known.
    pub is_decided: bool,
}

impl Node {
    pub(crate) fn new(content: Content, line: usize) -> Self {
        Self { content, line }
    }

    /// A text at this line.
    pub(crate) fn text(text: impl Into<String>, line: usize) -> Self {
        let scalar = Scalar { text: text.into(), is_quoted: true, is_decided: true };
        Self::new(Content::Scalar(scalar), line)
    }

    /// Something that is not known, by a name.
    pub(crate) fn undecided(name: &str, line: usize) -> Self {
        let scalar = Scalar { text: format!("${{{name}}}"), is_quoted: true, is_decided: false };
        Self::new(Content::Scalar(scalar), line)
    }

    /// Reads a document.
    pub(crate) fn parse(text: &str) -> Result<Self, DocumentError> {
        if !text.trim_start().starts_with(['{', '[']) {
            return read_yaml(text);
        }
        match serde_json::from_str::<IgnoredAny>(text) {
            // A template in YAML may begin with a flow mapping.
            Err(error) => read_yaml(text).map_err(|_| error.into()),
            // JSON is YAML, except for a few escapes and very long keys.
            Ok(_) => match read_yaml(text) {
                Ok(node) => Ok(node),
                Err(_) => Ok(Self::from_json(&serde_json::from_str(text)?)),
            },
        }
    }

    fn from_json(value: &Value) -> Self {
        let scalar =
            |text: String, is_quoted| Content::Scalar(Scalar { text, is_quoted, is_decided: true });
        let content = match value {
            Value::Null => scalar("null".to_owned(), false),
            Value::Bool(value) => scalar(value.to_string(), false),
            Value::Number(value) => scalar(value.to_string(), false),
            Value::String(value) => scalar(value.clone(), true),
            Value::Array(items) => Content::List(items.iter().map(Self::from_json).collect()),
            Value::Object(entries) => Content::Map(
                entries.iter().map(|(key, value)| (key.clone(), Self::from_json(value))).collect(),
            ),
        };
        Self::new(content, 0)
    }

    /// The JSON that it stands for, by the core schema of YAML 1.2.
    pub(crate) fn to_json(&self) -> Value {
        match &self.content {
            Content::Scalar(scalar) => scalar.to_json(),
            Content::List(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Content::Map(entries) => {
                let entries = entries.iter().map(|(key, value)| (key.clone(), value.to_json()));
                Value::Object(entries.collect::<Map<_, _>>())
            }
        }
    }

    /// The value of a key. `None` if this is not a map or has no such key.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        let (_, value) = self.entries().iter().rev().find(|(name, _)| name == key)?;
        Some(value)
    }

    /// The value at a path of keys.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The entries of a map. Empty if this is not a map.
    pub(crate) fn entries(&self) -> &[(String, Self)] {
        match &self.content {
            Content::Map(entries) => entries,
            Content::List(_) | Content::Scalar(_) => &[],
        }
    }

    /// The items of a list. Empty if this is not a list.
    pub(crate) fn items(&self) -> &[Self] {
        match &self.content {
            Content::List(items) => items,
            Content::Map(_) | Content::Scalar(_) => &[],
        }
    }

    pub(crate) fn scalar(&self) -> Option<&Scalar> {
        match &self.content {
            Content::Scalar(scalar) => Some(scalar),
            Content::List(_) | Content::Map(_) => None,
        }
    }

    /// The text of a scalar, if that is all that there is to know.
    pub(crate) fn as_str(&self) -> Option<&str> {
        self.scalar().filter(|scalar| scalar.is_decided).map(|scalar| scalar.text.as_str())
    }

    pub(crate) fn is_null(&self) -> bool {
        self.scalar().is_some_and(|scalar| scalar.to_json().is_null())
    }

    pub(crate) fn is_map(&self) -> bool {
        matches!(self.content, Content::Map(_))
    }
}

/// As JSON, with the keys in the written order.
impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.content {
            Content::Scalar(scalar) => scalar.to_json().serialize(serializer),
            Content::List(items) => serializer.collect_seq(items),
            Content::Map(entries) => {
                serializer.collect_map(entries.iter().map(|(key, value)| (key, value)))
            }
        }
    }
}

impl Scalar {
    fn to_json(&self) -> Value {
        if self.is_quoted {
            return Value::String(self.text.clone());
        }
        match self.text.as_str() {
            "" | "~" | "null" | "Null" | "NULL" => Value::Null,
            "true" | "True" | "TRUE" => Value::Bool(true),
            "false" | "False" | "FALSE" => Value::Bool(false),
            text => match text.parse::<Number>() {
                Ok(number) => Value::Number(number),
                Err(_) => Value::String(text.to_owned()),
            },
        }
    }
}

/// A list or a map that is not complete.
struct Open {
    anchor: usize,
    tag: Option<String>,
    line: usize,
    content: Content,
    /// The key whose value comes next, and its line.
    key: Option<(String, usize)>,
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchors: BTreeMap<usize, (Node, Size)>,
    root: Option<Node>,
    /// The nodes by aliases so far.
    by_alias: usize,
}

/// How much a node stands for.
#[derive(Clone, Copy)]
struct Size {
    nodes: usize,
    depth: usize,
}

/// The size of what is written out.
const NO_ALIAS: Size = Size { nodes: 0, depth: 0 };

fn read_yaml(text: &str) -> Result<Node, DocumentError> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event?;
        builder.take(event, span)?;
    }
    builder.root.ok_or(DocumentError::Empty)
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), DocumentError> {
        let line = span.start.line();
        let tag = |tag: Option<std::borrow::Cow<'_, Tag>>| tag.as_deref().and_then(local_name);
        match event {
            Event::DocumentStart(_) if self.root.is_some() => return Err(DocumentError::Several),
            Event::Scalar(text, style, anchor, its_tag) => {
                let is_quoted = !matches!(style, ScalarStyle::Plain)
                    || its_tag.as_deref().is_some_and(Tag::is_yaml_core_schema);
                let text = text.into_owned();
                let scalar = Scalar { text, is_quoted, is_decided: true };
                let node = called(tag(its_tag), Node::new(Content::Scalar(scalar), line));
                self.complete(node, anchor, NO_ALIAS)?;
            }
            Event::SequenceStart(anchor, its_tag) => {
                self.begin(anchor, tag(its_tag), line, Content::List(Vec::new()))?;
            }
            Event::MappingStart(anchor, its_tag) => {
                self.begin(anchor, tag(its_tag), line, Content::Map(Vec::new()))?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(Open { anchor, tag, line, content, .. }) = self.open.pop() {
                    let content = merged(content);
                    self.complete(called(tag, Node::new(content, line)), anchor, NO_ALIAS)?;
                }
            }
            Event::Alias(anchor) => {
                let known = self.anchors.get(&anchor).cloned();
                // An alias inside of what it names has no end.
                let (node, size) = known.ok_or(DocumentError::TooLarge)?;
                self.complete(node, 0, size)?;
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn begin(
        &mut self,
        anchor: usize,
        tag: Option<String>,
        line: usize,
        content: Content,
    ) -> Result<(), DocumentError> {
        if self.open.len() >= DEEPEST {
            return Err(DocumentError::TooLarge);
        }
        self.open.push(Open { anchor, tag, line, content, key: None });
        Ok(())
    }

    /// Puts a complete node in its place. `size` is what it adds by an alias.
    fn complete(&mut self, node: Node, anchor: usize, size: Size) -> Result<(), DocumentError> {
        self.by_alias = self.by_alias.saturating_add(size.nodes);
        if self.by_alias > MOST_BY_ALIAS || self.open.len().saturating_add(size.depth) > DEEPEST {
            return Err(DocumentError::TooLarge);
        }
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), size_of(&node)));
        }
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open { content: Content::List(items), .. }) => items.push(node),
            Some(Open { content: Content::Map(entries), key, .. }) => match key.take() {
                // People look for a value at its key.
                Some((key, line)) => entries.push((key, Node { line, ..node })),
                // A key that is a list or a map means nothing in any of the forms.
                None => {
                    let name = node.scalar().map_or_else(String::new, |it| it.text.clone());
                    *key = Some((name, node.line));
                }
            },
            Some(Open { content: Content::Scalar(_), .. }) => {}
        }
        Ok(())
    }
}

fn size_of(node: &Node) -> Size {
    let children: Vec<Size> = match &node.content {
        Content::Scalar(_) => Vec::new(),
        Content::List(items) => items.iter().map(size_of).collect(),
        Content::Map(entries) => entries.iter().map(|(_, value)| size_of(value)).collect(),
    };
    Size {
        nodes: children.iter().map(|child| child.nodes).sum::<usize>().saturating_add(1),
        depth: children.iter().map(|child| child.depth).max().unwrap_or_default() + 1,
    }
}

/// `!Sub` for `!Sub`. `None` for the tags of YAML itself.
fn local_name(tag: &Tag) -> Option<String> {
    (tag.handle == "!" && !tag.suffix.is_empty()).then(|| tag.suffix.clone())
}

/// The full form of a short form (CloudFormation User Guide, "Intrinsic function reference").
fn called(tag: Option<String>, node: Node) -> Node {
    let Some(tag) = tag else {
        return node;
    };
    let line = node.line;
    let name = match tag.as_str() {
        "Ref" | "Condition" => tag,
        _ => format!("Fn::{tag}"),
    };
    Node::new(Content::Map(vec![(name, node)]), line)
}

/// A map with the entries that `<<` names, which CloudFormation and its tools understand. Its own
/// entries win.
fn merged(content: Content) -> Content {
    let Content::Map(entries) = content else {
        return content;
    };
    let (merges, mut own): (Vec<_>, Vec<_>) =
        entries.into_iter().partition(|(key, value)| key == "<<" && value.scalar().is_none());
    for (_, value) in merges {
        let sources = match value.content {
            Content::List(items) => items,
            Content::Map(_) | Content::Scalar(_) => vec![value],
        };
        for (key, value) in sources.into_iter().flat_map(|source| source.entries().to_vec()) {
            if !own.iter().any(|(name, _)| *name == key) {
                own.push((key, value));
            }
        }
    }
    Content::Map(own)
}
