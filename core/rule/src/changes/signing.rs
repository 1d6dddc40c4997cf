//! The public keys of people, and where passkeys are used.

use std::collections::BTreeMap;

use signing::{Desk, KeyId, KeyKind, SigningKey};

use super::change::{AddedKey, Change, Compared, Effect};

const KEYS: &str = "signingKeys";

pub(super) fn compare(compared: &mut Compared<'_>) {
    added(compared);
    gone(compared);
    desk(compared);
}

/// The keys by their ids, which signatures name.
fn by_id<'a>(
    keys: impl Iterator<Item = (&'a str, &'a SigningKey)>,
) -> BTreeMap<KeyId, (&'a str, &'a SigningKey)> {
    keys.map(|(person, key)| (key.id(), (person, key))).collect()
}

fn kind(key: &SigningKey) -> &'static str {
    match key.kind() {
        KeyKind::Passkey => "passkey",
        KeyKind::Ssh | KeyKind::SshSecurityKey => "SSH key",
    }
}

/// Somebody who holds a new key can sign with it, so its fingerprint must be compared.
fn added(compared: &mut Compared<'_>) {
    let before = by_id(compared.old.public_keys());
    for (id, (person, key)) in by_id(compared.new.public_keys()) {
        let owner = match before.get(&id) {
            Some(same) if *same == (person, key) => continue,
            Some((owner, _)) if *owner != person => format!(", which was the key of `{owner}`"),
            Some(_) | None => String::new(),
        };
        let message = match compared.old.signer_names().any(|name| name == person) {
            true => format!("`{person}` has the new {} {id}{owner}", kind(key)),
            false => format!("`{person}` can sign, with the {} {id}{owner}", kind(key)),
        };
        let added_key = Some(AddedKey { person: person.to_owned(), id: id.to_string() });
        compared.found.push(Change { effect: Effect::Loosens, key: KEYS, message, added_key });
    }
}

fn gone(compared: &mut Compared<'_>) {
    let (old, new) = (compared.old, compared.new);
    let after = by_id(new.public_keys());
    for (id, (person, key)) in by_id(old.public_keys()) {
        // A key that has another owner is reported as the new key of that owner.
        if !after.contains_key(&id) {
            let message = format!("`{person}` no longer has the {} {id}", kind(key));
            compared.tightens(KEYS, message);
        }
    }
    if old.has_signing_keys() && !new.has_signing_keys() {
        compared.loosens(
            KEYS,
            "signatures are ignored: an approval with a signature that proves nothing counts \
             like one without",
        );
        return;
    }
    // A principal that is named like a person of the rule cannot send the signature of another.
    let is_named = |name: &str| new.signer_names().chain(new.people_names()).any(|it| it == name);
    for person in old.signer_names().filter(|name| !is_named(name)) {
        compared.loosens(
            KEYS,
            format!(
                "the rule no longer knows `{person}`, so a principal of that name may send what \
                 somebody else signed"
            ),
        );
    }
}

/// The desk matters for passkeys only.
fn desk(compared: &mut Compared<'_>) {
    let (old, new) = (compared.old.desk(), compared.new.desk());
    let has_passkeys = compared.new.public_keys().any(|(_, key)| key.kind() == KeyKind::Passkey);
    if old == new || !has_passkeys {
        return;
    }
    let place = |desk: Option<&Desk>| match desk {
        Some(desk) => format!("{} (`{}`)", desk.origin(), desk.rp_id()),
        None => "no site".to_owned(),
    };
    let message = format!("passkeys are used on {}, and no longer on {}", place(new), place(old));
    compared.loosens("desk", message);
}
