//! Statements as text: JSON on one line with the values as written, for people who look for the
//! statement in their policy.

use std::{fmt, io};

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::ser::Formatter;

use super::{Principals, ResourceElement, Statement, Trusted};
use crate::condition::Condition;
use crate::document::Effect;

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut json = Vec::new();
        let mut writer = serde_json::Serializer::with_formatter(&mut json, Spaced);
        Text(self).serialize(&mut writer).map_err(|_| fmt::Error)?;
        f.write_str(&String::from_utf8(json).map_err(|_| fmt::Error)?)
    }
}

/// JSON on one line, with a space after each comma and colon.
struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: io::Write + ?Sized>(
        &mut self,
        writer: &mut W,
        is_first: bool,
    ) -> io::Result<()> {
        writer.write_all(if is_first { b"" } else { b", " })
    }

    fn begin_object_key<W: io::Write + ?Sized>(
        &mut self,
        writer: &mut W,
        is_first: bool,
    ) -> io::Result<()> {
        writer.write_all(if is_first { b"" } else { b", " })
    }

    fn begin_object_value<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}

struct Text<'a>(&'a Statement);

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(statement) = self;
        let mut map = serializer.serialize_map(None)?;
        if let Some(sid) = &statement.sid {
            map.serialize_entry("Sid", sid)?;
        }
        let effect = match statement.effect {
            Effect::Allow => "Allow",
            Effect::Deny => "Deny",
        };
        map.serialize_entry("Effect", effect)?;
        if let Some(principals) = &statement.principals {
            let name = if principals.all_but { "NotPrincipal" } else { "Principal" };
            map.serialize_entry(name, &Named(principals))?;
        }
        let actions: Vec<&str> = statement.actions.written().iter().map(String::as_str).collect();
        map.serialize_entry(statement.actions.element(), &OneOrMany(&actions))?;
        if let Some(resources) = &statement.resources {
            let (name, templates) = match resources {
                ResourceElement::These(templates) => ("Resource", templates),
                ResourceElement::AllBut(templates) => ("NotResource", templates),
            };
            let texts: Vec<&str> =
                templates.templates().iter().map(|template| template.source()).collect();
            map.serialize_entry(name, &OneOrMany(&texts))?;
        }
        if !statement.conditions.is_empty() {
            map.serialize_entry("Condition", &Block(&statement.conditions))?;
        }
        map.end()
    }
}

/// A list of one is written without brackets, as most people do.
struct OneOrMany<'a>(&'a [&'a str]);

impl Serialize for OneOrMany<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            [one] => one.serialize(serializer),
            several => several.serialize(serializer),
        }
    }
}

struct Named<'a>(&'a Principals);

impl Serialize for Named<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(Principals { aws, services, federated, canonical, .. }) = self;
        let named: Vec<&str> = aws.iter().map(trusted).collect();
        let others =
            [("Service", services), ("Federated", federated), ("CanonicalUser", canonical)];
        if named == ["*"] && others.iter().all(|(_, texts)| texts.is_empty()) {
            return serializer.serialize_str("*");
        }
        let mut map = serializer.serialize_map(None)?;
        if !named.is_empty() {
            map.serialize_entry("AWS", &OneOrMany(&named))?;
        }
        for (kind, texts) in others.iter().filter(|(_, texts)| !texts.is_empty()) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            map.serialize_entry(kind, &OneOrMany(&texts))?;
        }
        map.end()
    }
}

fn trusted(trusted: &Trusted) -> &str {
    match trusted {
        Trusted::Everyone => "*",
        Trusted::Account(text) | Trusted::Arn(text) | Trusted::UniqueId(text) => text,
    }
}

/// The `Condition` block: an object of operators, each with an object of keys.
struct Block<'a>(&'a [Condition]);

impl Serialize for Block<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        // Conditions are sorted by their operators.
        for conditions in self.0.chunk_by(|a, b| a.operator() == b.operator()) {
            let operator = conditions.first().map_or("", Condition::operator);
            map.serialize_entry(operator, &Keys(conditions))?;
        }
        map.end()
    }
}

struct Keys<'a>(&'a [Condition]);

impl Serialize for Keys<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for condition in self.0 {
            let values: Vec<&str> = condition.values().collect();
            map.serialize_entry(condition.key(), &OneOrMany(&values))?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use crate::Policy;

    #[test]
    fn a_statement_is_shown_as_it_is_written() {
        for text in [
            r#"{"Sid": "All", "Effect": "Allow", "Action": "CodePipeline:PutApprovalResult", "Resource": "*"}"#,
            r#"{"Effect": "Deny", "NotAction": ["s3:*", "iam:Get*"], "NotResource": ["arn:aws:s3:::a", "arn:aws:s3:::b/${aws:username}"]}"#,
            r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}, "StringEquals": {"aws:PrincipalTag/a": ["x", "y"], "aws:PrincipalTag/b": "z"}}}"#,
        ] {
            let policy = format!(r#"{{"Version":"2012-10-17","Statement":{text}}}"#);
            let policy = Policy::identity(&policy).unwrap();
            assert_eq!(policy.statements[0].to_string(), text);
        }
        for text in [
            r#"{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}"#,
            r#"{"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::111122223333:user/a", "444455556666"], "Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}"#,
            r#"{"Effect": "Allow", "Principal": {"AWS": "*", "Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}"#,
            r#"{"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "sts:AssumeRole"}"#,
            r#"{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/corp"}, "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"]}"#,
        ] {
            let policy = format!(r#"{{"Version":"2012-10-17","Statement":[{text}]}}"#);
            let policy = Policy::resource(&policy).unwrap();
            assert_eq!(policy.statements[0].to_string(), text);
        }
    }
}
