//! Whether a schema and a parser agree: both accept a text, or both refuse it, apart from a list of
//! what a schema cannot say.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use crate::Validator;

/// What a schema accepts and the parser refuses.
pub(crate) struct Exception {
    /// A part of the parser's error, which identifies it.
    pub(crate) error: &'static str,
    /// A text that shows it.
    pub(crate) example: String,
}

/// Fails if the schema and the parser disagree for a reason that is not listed.
pub(crate) fn compare(
    validator: &Validator,
    value: &Value,
    parsed: Result<(), String>,
    exceptions: &[Exception],
) -> Result<(), TestCaseError> {
    match (validator.validate(value), parsed) {
        (Ok(()), Ok(())) | (Err(_), Err(_)) => Ok(()),
        (Ok(()), Err(error)) if exceptions.iter().any(|it| error.contains(it.error)) => Ok(()),
        (Ok(()), Err(error)) => {
            Err(TestCaseError::fail(format!("only the parser refuses {value}: {error}")))
        }
        (Err(error), Ok(())) => {
            Err(TestCaseError::fail(format!("only the schema refuses {value}: {error}")))
        }
    }
}

/// Values that a format hardly ever has in this place.
fn odd_value() -> impl Strategy<Value = Value> {
    let texts =
        ["", "x", "*", "?", "a b", "a/b", "Å", "role/x", "11", "arn:aws:iam::1:user/a", "\n"];
    prop_oneof![
        select(vec![
            Value::Null,
            json!(true),
            json!(false),
            json!(0),
            json!(1),
            json!(2),
            json!(-1),
            json!(1.5),
            json!(2.0),
            json!(525_601),
            json!(4_294_967_295_u64),
            json!(4_294_967_296_u64),
            json!([]),
            json!([1]),
            json!(["x"]),
            json!(["*"]),
            json!([["x"]]),
            json!({}),
            json!({ "x": 1 }),
            json!({ "x": [] }),
            json!({ "x": ["x"] }),
            json!({ "deviceBound": false }),
            json!("x".repeat(101)),
        ]),
        select(texts.map(|text| json!(text)).to_vec()),
    ]
}

/// One thing that is done to a value.
#[derive(Clone, Debug)]
enum Defect {
    Replace(Value),
    Remove,
    Add(String, Value),
    /// Puts a character into a text or a key.
    Insert(usize, char),
    /// Takes one out.
    Delete(usize),
    Uppercase,
}

fn defect() -> impl Strategy<Value = Defect> {
    let characters = select("*?:/@ \n\t-_.,=+A9\u{e9}[]'\"`$\\".chars().collect::<Vec<_>>());
    prop_oneof![
        odd_value().prop_map(Defect::Replace),
        Just(Defect::Remove),
        ("[a-zA-Z$*/ ]{0,8}", odd_value()).prop_map(|(key, value)| Defect::Add(key, value)),
        (any::<prop::sample::Index>(), characters)
            .prop_map(|(at, character)| Defect::Insert(at.index(40), character)),
        (0..40_usize).prop_map(Defect::Delete),
        Just(Defect::Uppercase),
    ]
}

/// A sound value with up to three defects, each somewhere in it.
pub(crate) fn with_defects(sound: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    let defects = prop::collection::vec((any::<prop::sample::Index>(), defect()), 0..4);
    (sound, defects).prop_map(|(mut value, defects)| {
        for (place, defect) in defects {
            let places = places(&value);
            let place = places[place.index(places.len())].clone();
            spoil(&mut value, &place, defect);
        }
        value
    })
}

/// An object with some of these keys and odd values.
pub(crate) fn of_keys(keys: Vec<String>) -> impl Strategy<Value = Value> {
    prop::collection::btree_map(select(keys), odd_value(), 0..3)
        .prop_map(|map| Value::Object(map.into_iter().collect()))
}

/// An object with a part of these keys, each with one of its sound values.
pub(crate) fn subset(choices: Vec<(&'static str, Vec<Value>)>) -> impl Strategy<Value = Value> {
    let keys: Vec<_> = choices
        .into_iter()
        .map(|(key, values)| prop::option::of(select(values).prop_map(move |it| (key, it))))
        .collect();
    keys.prop_map(|keys| {
        let present = keys.into_iter().flatten().map(|(key, value)| (key.to_owned(), value));
        Value::Object(present.collect::<Map<String, Value>>())
    })
}

/// The JSON pointers of everything in a value, itself included.
fn places(value: &Value) -> Vec<String> {
    let mut found = vec![String::new()];
    let below: Vec<(String, &Value)> = match value {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| (key.replace('~', "~0").replace('/', "~1"), value))
            .collect(),
        Value::Array(items) => {
            items.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    for (key, value) in below {
        found.extend(places(value).into_iter().map(|place| format!("/{key}{place}")));
    }
    found
}

fn spoil(root: &mut Value, place: &str, defect: Defect) {
    let value = root.pointer_mut(place).unwrap();
    match (defect, value) {
        (Defect::Replace(odd), value) => *value = odd,
        (Defect::Add(key, odd), Value::Object(map)) => {
            map.insert(key, odd);
        }
        (Defect::Add(_, odd), Value::Array(items)) => items.push(odd),
        (Defect::Remove, Value::Object(map)) => {
            if let Some(key) = map.keys().next().cloned() {
                map.remove(&key);
            }
        }
        (Defect::Remove, Value::Array(items)) => {
            items.pop();
        }
        (edit, Value::String(text)) => *text = edited(text, &edit),
        // The name of its first key.
        (edit, Value::Object(map)) => {
            if let Some((key, value)) = map.iter().next().map(|(k, v)| (k.clone(), v.clone())) {
                map.remove(&key);
                map.insert(edited(&key, &edit), value);
            }
        }
        (_, _) => {}
    }
}

fn edited(text: &str, edit: &Defect) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    match edit {
        Defect::Insert(at, character) => {
            characters.insert(at % (characters.len() + 1), *character);
        }
        Defect::Delete(at) if !characters.is_empty() => {
            characters.remove(at % characters.len());
        }
        Defect::Uppercase => return text.to_uppercase(),
        Defect::Delete(_) | Defect::Replace(_) | Defect::Remove | Defect::Add(..) => {}
    }
    characters.into_iter().collect()
}
