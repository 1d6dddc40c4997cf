//! Changes JSON so that it stays JSON. Changed byte by byte, it would seldom get past the first
//! check of a parser.

use fastrand::Rng;
use serde_json::{Map, Value, json};

/// The mutation of the fuzzer: the bytes, how many of them there are, and how many there may be. It
/// returns how many there are then.
pub type Fuzzer = fn(&mut [u8], usize, usize) -> usize;

/// Texts that mean something to somebody.
const TEXTS: [&str; 12] = [
    "",
    "*",
    "?",
    ".",
    "..",
    "null",
    "\n",
    "\u{202e}",
    "<script>",
    "=1+1",
    "${aws:username}",
    "arn:aws:iam::111122223333:user/alice",
];

/// Mutates an input: as JSON if it is a list or an object, and one time in four byte by byte. The
/// seed decides what changes.
pub fn mutate(data: &mut [u8], size: usize, max: usize, seed: u32, fuzzer: Fuzzer) -> usize {
    let mut rng = Rng::with_seed(seed.into());
    let read = data.get(..size).and_then(|data| serde_json::from_slice::<Value>(data).ok());
    let Some(mut value) = read.filter(is_container).filter(|_| rng.u8(..4) > 0) else {
        return fuzzer(data, size, max);
    };
    for _ in 0..rng.u8(1..=3) {
        mutate_somewhere(&mut value, &mut rng, fuzzer);
    }
    let written = value.to_string();
    match data.get_mut(..written.len()).filter(|_| written.len() <= max) {
        Some(place) => {
            place.copy_from_slice(written.as_bytes());
            written.len()
        }
        None => fuzzer(data, size, max),
    }
}

fn is_container(value: &Value) -> bool {
    value.is_array() || value.is_object()
}

/// Mutates one value of the document, chosen at random.
fn mutate_somewhere(document: &mut Value, rng: &mut Rng, fuzzer: Fuzzer) {
    let count = count(document);
    let (other, key) = (any_of(document, rng.usize(..count)), any_key(document, rng));
    let Some(value) = nth(document, &mut rng.usize(..count)) else { return };
    // Texts may be JSON themselves, as policies in an account.
    if let Value::String(text) = value
        && let Ok(mut inner) = serde_json::from_str::<Value>(text)
        && is_container(&inner)
        && rng.u8(..4) > 0
    {
        mutate_somewhere(&mut inner, rng, fuzzer);
        *text = inner.to_string();
        return;
    }
    match (rng.u8(..4), value) {
        (0, value) => *value = replaced(value.take(), other, rng),
        (_, Value::Object(members)) => mutate_object(members, other, key, rng),
        (_, Value::Array(items)) => mutate_list(items, other, rng),
        (_, Value::String(text)) => *text = mutated_text(text, rng, fuzzer),
        (_, value) => *value = number(value, rng),
    }
}

/// The number of values in a document, itself included.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

fn nth<'a>(value: &'a mut Value, left: &mut usize) -> Option<&'a mut Value> {
    if *left == 0 {
        return Some(value);
    }
    *left -= 1;
    match value {
        Value::Array(items) => items.iter_mut().find_map(|item| nth(item, left)),
        Value::Object(members) => members.values_mut().find_map(|member| nth(member, left)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn any_of(document: &Value, mut at: usize) -> Value {
    nth(&mut document.clone(), &mut at).map(Value::take).unwrap_or_default()
}

fn any_key(document: &Value, rng: &mut Rng) -> String {
    fn keys<'a>(value: &'a Value, found: &mut Vec<&'a String>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| keys(item, found)),
            Value::Object(members) => {
                found.extend(members.keys());
                members.values().for_each(|member| keys(member, found));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut found = Vec::new();
    keys(document, &mut found);
    found.get(rng.usize(..found.len().max(1))).map(|key| (*key).clone()).unwrap_or_default()
}

fn replaced(value: Value, other: Value, rng: &mut Rng) -> Value {
    match rng.u8(..8) {
        0 => Value::Null,
        1 => Value::Bool(rng.bool()),
        2 => json!([value]),
        3 => json!({}),
        4 => json!([]),
        5 => number(&Value::Null, rng),
        _ => other,
    }
}

fn mutate_object(members: &mut Map<String, Value>, other: Value, key: String, rng: &mut Rng) {
    let own = members.keys().nth(rng.usize(..members.len().max(1))).cloned();
    match (own, rng.u8(..4)) {
        (Some(own), 0) => drop(members.remove(&own)),
        (Some(own), 1) => {
            let value = members.remove(&own).unwrap_or_default();
            members.insert(key, value);
        }
        (Some(own), 2) => drop(members.insert(own, other)),
        _ => drop(members.insert(key, other)),
    }
}

fn mutate_list(items: &mut Vec<Value>, other: Value, rng: &mut Rng) {
    let at = rng.usize(..items.len().max(1));
    match (items.get(at).cloned(), rng.u8(..5)) {
        (Some(_), 0) => drop(items.remove(at)),
        (Some(item), 1) => items.push(item),
        (Some(item), 2) => items.insert(0, item),
        (Some(_), 3) => items.swap(0, at),
        _ => items.push(other),
    }
}

fn mutated_text(text: &str, rng: &mut Rng, fuzzer: Fuzzer) -> String {
    match rng.u8(..8) {
        0 => TEXTS.get(rng.usize(..TEXTS.len())).copied().unwrap_or_default().to_owned(),
        1 => text.to_uppercase(),
        2 => format!("{text}{text}"),
        _ => {
            let mut bytes = text.as_bytes().to_vec();
            let (size, max) = (bytes.len(), bytes.len() + 16);
            bytes.resize(max, 0);
            let size = fuzzer(&mut bytes, size, max);
            bytes.truncate(size);
            String::from_utf8_lossy(&bytes).into_owned()
        }
    }
}

fn number(value: &Value, rng: &mut Rng) -> Value {
    let whole = value.as_i64().unwrap_or_default();
    match rng.u8(..9) {
        0 => json!(whole.wrapping_add(1)),
        1 => json!(whole.wrapping_sub(1)),
        2 => json!(whole.wrapping_neg()),
        3 => json!(u64::MAX),
        4 => json!(i64::MIN),
        5 => json!(1e300),
        6 => json!(0.5),
        7 => json!(rng.u32(..)),
        _ => json!(!value.as_bool().unwrap_or_default()),
    }
}
