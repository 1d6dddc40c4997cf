//! `policygen schema`: prints the JSON Schema of what people write and programs read.

use std::error::Error;

use clap::ValueEnum;
use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform as _};
use serde_json::{Map, Value};

use crate::output;

const EXAMPLES: &str = "\
Examples:
  Let an editor complete and check a rule (\"$schema\": \"./rule.schema.json\"):
    policygen schema rule > rule.schema.json";

/// Print the JSON Schema of a rule, of settings, of a decision or of findings
///
/// JSON Schema 2020-12, for editors and other programs. A schema cannot say everything: what it
/// accepts may still be wrong, and `policygen doctor --rule` and `policygen generate` say why.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// What the schema describes
    #[arg(value_enum, value_name = "WHAT")]
    what: What,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum What {
    /// The rule of the gate
    Rule,
    /// The settings of `policygen generate --config`
    Approvers,
    /// The decision record, which the gate logs
    Decision,
    /// The JSON report of findings, by `audit` and `doctor`
    Finding,
}

impl What {
    fn schema(self) -> Schema {
        let written = || {
            let settings = SchemaSettings::draft2020_12().for_deserialize();
            settings.with_transform(RecursiveTransform(without_null)).into_generator()
        };
        let read = || {
            let settings = SchemaSettings::draft2020_12().for_serialize();
            settings.with_transform(RecursiveTransform(optional_without_null)).into_generator()
        };
        let mut schema = match self {
            Self::Rule => rule::rule_schema(written()),
            Self::Approvers => written().into_root_schema_for::<::generate::Settings>(),
            Self::Decision => read().into_root_schema_for::<rule::Record>(),
            Self::Finding => findings::report_schema(read()),
        };
        RecursiveTransform(plain).transform(&mut schema);
        schema.insert("$id".to_owned(), self.id().into());
        schema
    }

    fn id(self) -> String {
        let name = self.to_possible_value();
        let name = name.as_ref().map_or("", |name| name.get_name());
        format!("{}/schema/{name}.json", env!("CARGO_PKG_REPOSITORY"))
    }
}

pub(crate) fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    output::print(findings::pretty(&args.what.schema())?.as_bytes())?;
    Ok(())
}

/// A key that is left out has no value. The formats that people write do not know `null`, although
/// the types of their keys are `Option`.
fn without_null(schema: &mut Schema) {
    let Some(schema) = schema.as_object_mut() else {
        return;
    };
    if schema.get("default").is_some_and(Value::is_null) {
        schema.remove("default");
    }
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|it| it != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = schema.get_mut("anyOf") {
        choices.retain(|it| it != &serde_json::json!({ "type": "null" }));
        if let [Value::Object(only)] = choices.as_slice() {
            let only: Map<String, Value> = only.clone();
            schema.remove("anyOf");
            for (key, value) in only {
                schema.entry(key).or_insert(value);
            }
        }
    }
}

/// What our programs may leave out, they never write as `null`.
fn optional_without_null(schema: &mut Schema) {
    let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    for (key, property) in properties.into_iter().flatten() {
        if !required.iter().any(|it| it == key)
            && let Ok(property) = property.try_into()
        {
            without_null(property);
        }
    }
}

/// Removes what is about Rust: the widths of its integers, the line breaks of its comments, and its
/// word for `null`.
fn plain(schema: &mut Schema) {
    let is_width = |format: &Value| format.as_str().is_some_and(|it| it.contains("int"));
    if schema.get("format").is_some_and(is_width) {
        schema.remove("format");
    }
    if let Some(Value::String(text)) = schema.get_mut("description") {
        let paragraphs: Vec<String> =
            text.split("\n\n").map(|paragraph| paragraph.replace('\n', " ")).collect();
        *text = paragraphs.join("\n\n").replace("`None`", "`null`");
    }
}
