//! Conditions that exclude or complete each other.
//!
//! One denial if there was MFA and another if there was none deny always, although each is open.
//! So the possible values of a key are tried one by one if several open conditions are about it and
//! compare it with whole texts or booleans: then a few values stand for all.

use std::collections::BTreeMap;

use crate::condition::Condition;
use crate::context::{Context, Value};

/// A key, and a context with only this key.
pub(crate) type KeyValue<'c> = (&'c str, &'c Context);

/// The values of one key that stand for all its values.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// In lower case.
    key: String,
    /// A context for each value, with nothing but the key.
    values: Vec<Context>,
}

/// Keys whose values are `true` or `false`, in lower case (IAM User Guide, "AWS global condition
/// context keys").
const BOOLEAN: [&str; 4] = [
    "aws:multifactorauthpresent",
    "aws:principalisawsservice",
    "aws:securetransport",
    "aws:viaawsservice",
];

/// The most values of a key that are tried.
const VALUES: usize = 16;

impl Case {
    /// The key with each of its values.
    pub(crate) fn values(&self) -> impl Iterator<Item = KeyValue<'_>> {
        self.values.iter().map(|value| (self.key.as_str(), value))
    }
}

/// The keys that several open conditions are about, with the values that stand for all.
pub(crate) fn cases<'a>(
    open: impl Iterator<Item = &'a &'a Condition>,
    context: &Context,
) -> Vec<Case> {
    let mut by_key: BTreeMap<String, Vec<&Condition>> = BTreeMap::new();
    for condition in open.filter(|condition| condition.whole_values().is_some()) {
        by_key.entry(condition.key().to_lowercase()).or_default().push(condition);
    }
    let several = by_key.into_iter().filter(|(_, conditions)| conditions.len() > 1);
    several.filter_map(|(key, conditions)| case(key, &conditions, context)).collect()
}

fn case(key: String, conditions: &[&Condition], context: &Context) -> Option<Case> {
    let named = conditions.iter().filter_map(|condition| condition.whole_values());
    let mut texts: Vec<&str> = named.flatten().collect();
    texts.sort_unstable();
    texts.dedup();
    let mut values: Vec<Vec<String>> = texts.iter().map(|text| vec![(*text).to_owned()]).collect();
    if conditions.iter().any(|condition| condition.is_bool()) {
        values.extend(["true", "false"].map(|text| vec![text.to_owned()]));
    }
    if !BOOLEAN.contains(&key.as_str()) {
        // A value that no condition names: it is longer than all of them.
        values.push(vec![format!("{}other", texts.concat())]);
    }
    let mut contexts: Vec<Context> = values
        .into_iter()
        .map(|value| {
            let mut context = Context::new();
            context.set(&key, value);
            context
        })
        .collect();
    if *context.get(&key) == Value::Unknown {
        let mut without = Context::new();
        without.absent(&key);
        contexts.push(without);
    }
    (contexts.len() <= VALUES).then_some(Case { key, values: contexts })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(of: &[(&str, &str, &[&str])], context: &Context) -> Vec<String> {
        let conditions = of.iter().map(|(operator, key, values)| {
            let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
            Condition::parse(operator, key, &values, true).unwrap()
        });
        let conditions: Vec<Condition> = conditions.collect();
        let open: Vec<&Condition> = conditions.iter().collect();
        let cases = cases(open.iter(), context);
        let shown = cases
            .iter()
            .flat_map(|case| case.values().map(|(key, value)| format!("{:?}", value.get(key))));
        shown.collect()
    }

    #[test]
    fn a_few_values_stand_for_all() {
        let mfa = "aws:MultiFactorAuthPresent";
        let unknown = Context::new();
        let both: [(&str, &str, &[&str]); 2] =
            [("Bool", mfa, &["true"]), ("BoolIfExists", "aws:multifactorauthpresent", &["false"])];
        assert_eq!(
            values(&both, &unknown),
            [r#"Known(["true"])"#, r#"Known(["false"])"#, "Absent"]
        );
        let mut present = Context::new();
        present.present(mfa);
        assert_eq!(values(&both, &present).len(), 2, "the key is there");
        assert_eq!(values(&both[..1], &unknown), [""; 0], "one condition is no case");
        let tag = "aws:PrincipalTag/team";
        let texts: [(&str, &str, &[&str]); 3] = [
            ("StringEquals", tag, &["a", "b"]),
            ("StringNotEquals", tag, &["b"]),
            ("Bool", tag, &["true"]),
        ];
        let all = ["a", "b", "true", "false", "abother"].map(|text| format!("Known([{text:?}])"));
        let [values_of_texts @ .., without] = &values(&texts, &unknown)[..] else { panic!() };
        assert_eq!((values_of_texts, without.as_str()), (&all[..], "Absent"));
        let wide: [(&str, &str, &[&str]); 2] =
            [("StringLike", tag, &["a*"]), ("StringEquals", tag, &["${aws:username}"])];
        assert_eq!(values(&wide, &unknown), [""; 0], "their values cannot be listed");
    }
}
