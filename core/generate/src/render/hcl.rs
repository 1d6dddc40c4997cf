//! Writes HCL's native syntax in the layout of `terraform fmt`: two spaces per level, and the `=`
//! of neighbouring lines in one column.

use std::fmt::Write as _;

use crate::node::Node;

/// Writes `name = value` lines. The `=` of consecutive single-line values are aligned. A value of
/// several lines ends such a run and is not aligned.
pub(super) fn attribute_block(out: &mut String, indent: usize, attributes: &[(&str, String)]) {
    let is_long = |value: &str| value.contains('\n');
    for run in attributes.chunk_by(|(_, a), (_, b)| !is_long(a) && !is_long(b)) {
        let width = run.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
        for (name, value) in run {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "{:indent$}{name:width$} = {value}", "");
        }
    }
}

/// A value. Its first line is not indented, and the others are indented by `indent`.
pub(super) fn expression(value: &Node, indent: usize) -> String {
    match value {
        Node::Scalar(serde_json::Value::String(text)) => quoted(text),
        Node::Scalar(value) => value.to_string(),
        Node::List(items) if items.is_empty() => "[]".to_owned(),
        Node::List(items) => {
            let inner = indent + 2;
            let mut out = String::from("[\n");
            for item in items {
                let _ = writeln!(out, "{:inner$}{},", "", expression(item, inner));
            }
            let _ = write!(out, "{:indent$}]", "");
            out
        }
        Node::Object(entries) if entries.is_empty() => "{}".to_owned(),
        Node::Object(entries) => {
            let inner = indent + 2;
            let keys: Vec<String> = entries.keys().map(|key| object_key(key)).collect();
            let values = entries.values().map(|value| expression(value, inner));
            let attributes: Vec<(&str, String)> =
                keys.iter().map(String::as_str).zip(values).collect();
            let mut out = String::from("{\n");
            attribute_block(&mut out, inner, &attributes);
            let _ = write!(out, "{:indent$}}}", "");
            out
        }
    }
}

/// An identifier as it is. Any other key, such as `aws:PrincipalArn`, is quoted.
fn object_key(key: &str) -> String {
    let is_identifier = key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if is_identifier { key.to_owned() } else { quoted(key) }
}

/// A string literal. Its escapes are those of JSON. `${` and `%{` begin a template, so they are
/// doubled.
pub(super) fn quoted(text: &str) -> String {
    escaped_template(&serde_json::Value::from(text).to_string())
}

/// A text without templates: `${` and `%{` are doubled.
pub(super) fn escaped_template(text: &str) -> String {
    text.replace("${", "$${").replace("%{", "%%{")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_aligned_and_long_values_are_not() {
        let node: Node = serde_json::from_str(
            r#"{"Version":"2012-10-17","Id":1,"Statement":[{"a:b":"${aws:username}"}],"Sid":"x","Empty":[],"None":{}}"#,
        )
        .unwrap();
        let expected = r#"{
  Version = "2012-10-17"
  Id      = 1
  Statement = [
    {
      "a:b" = "$${aws:username}"
    },
  ]
  Sid   = "x"
  Empty = []
  None  = {}
}"#;
        assert_eq!(expression(&node, 0), expected);
    }

    #[test]
    fn templates_in_a_text_are_escaped() {
        assert_eq!(quoted("a\"b\\c\n%{if}${x}"), r#""a\"b\\c\n%%{if}$${x}""#);
    }
}
