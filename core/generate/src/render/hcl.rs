//! HCL's native syntax, laid out as `terraform fmt` lays it out: two spaces a level, and the `=` of
//! neighbouring lines below each other.

use std::fmt::Write as _;

use super::super::node::Node;

/// Writes `name = value` lines. The `=` of single-line values that follow one another stand in one
/// column; a value of several lines ends such a run, and has its own.
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

/// A value, its first line where it is put and the others `indent` deep.
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

/// An identifier as it is; anything else, such as `aws:PrincipalArn`, quoted.
fn object_key(key: &str) -> String {
    let is_identifier = key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if is_identifier { key.to_owned() } else { quoted(key) }
}

/// A string literal. Its escapes are JSON's, and `${` and `%{` begin a template unless they are
/// doubled.
pub(super) fn quoted(text: &str) -> String {
    escaped_template(&serde_json::Value::from(text).to_string())
}

/// A text in which nothing is a template.
pub(super) fn escaped_template(text: &str) -> String {
    text.replace("${", "$${").replace("%{", "%%{")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_aligned_and_long_values_stand_alone() {
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
    fn nothing_in_a_text_is_taken_for_more_than_text() {
        assert_eq!(quoted("a\"b\\c\n%{if}${x}"), r#""a\"b\\c\n%%{if}$${x}""#);
    }
}
