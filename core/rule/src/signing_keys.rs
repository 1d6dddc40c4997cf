//! The public keys of people: `signingKeys` and `requireSignature` of the rule.

use std::collections::BTreeMap;
use std::sync::Arc;

use names::{Object, is_iam_name};
use serde::{Deserialize, Serialize};
use signing::{KeyId, SigningKey};

use crate::error::RuleError;

// The greater value is the stricter one.
/// Which approvals must be signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum RequireSignature {
    /// None.
    #[default]
    No,
    /// All, by any key of the rule.
    Any,
    /// All, by keys that cannot leave their device.
    DeviceBound,
}

/// How people write it.
#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "write `true`, `false` or `{\"deviceBound\": true}`")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
enum Written {
    Plain(bool),
    Detailed(Object<Detailed>),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
struct Detailed {
    /// Only by keys that cannot be copied or synced.
    device_bound: bool,
}

impl From<Written> for RequireSignature {
    fn from(written: Written) -> Self {
        match written {
            Written::Plain(false) => Self::No,
            Written::Plain(true) | Written::Detailed(Object(Detailed { device_bound: false })) => {
                Self::Any
            }
            Written::Detailed(Object(Detailed { device_bound: true })) => Self::DeviceBound,
        }
    }
}

impl From<RequireSignature> for Written {
    fn from(required: RequireSignature) -> Self {
        match required {
            RequireSignature::No => Self::Plain(false),
            RequireSignature::Any => Self::Plain(true),
            RequireSignature::DeviceBound => {
                Self::Detailed(Object(Detailed { device_bound: true }))
            }
        }
    }
}

/// The public keys of each person. A key belongs to one person.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct SigningKeys {
    /// The keys as the rule has them, by person.
    texts: Arc<BTreeMap<String, Vec<String>>>,
    /// Each key and its person.
    by_id: BTreeMap<KeyId, (String, SigningKey)>,
}

impl SigningKeys {
    /// # Errors
    /// [`RuleError`] that names the person whose keys have no meaning, or who has a key of somebody
    /// else.
    pub(crate) fn parse(file: Option<&BTreeMap<String, Vec<String>>>) -> Result<Self, RuleError> {
        let (mut written_keys, mut by_id) = (BTreeMap::new(), BTreeMap::<KeyId, _>::new());
        // INVARIANT (merge only): one key under two names would be two people. It has the same
        // bytes and another id if it is written once as an SSH key and once as a passkey.
        let mut owners: BTreeMap<Vec<u8>, String> = BTreeMap::new();
        for (written, texts) in file.into_iter().flatten() {
            let wrong = |problem| RuleError::value(format!("signingKeys.{written}"), problem);
            if !is_iam_name(written) {
                return Err(wrong("a person's name consists of A-Z a-z 0-9 _ + = , . @ -".into()));
            }
            if texts.is_empty() {
                return Err(wrong("lists no key of that person".into()));
            }
            let name = written.to_lowercase();
            for text in texts {
                let key: SigningKey = text.parse().map_err(|error| wrong(format!("{error}")))?;
                let owner = owners.entry(key.public_key().to_owned()).or_insert(name.clone());
                if *owner != name {
                    return Err(wrong(format!(
                        "the key {} is also listed for `{owner}`; a key belongs to one person, so \
                         remove it from one of them",
                        key.id()
                    )));
                }
                by_id.insert(key.id(), (name.clone(), key));
            }
            if written_keys.insert(name, texts.clone()).is_some() {
                return Err(wrong(
                    "is there twice, in different cases; put all keys of a person into one entry"
                        .into(),
                ));
            }
        }
        Ok(Self { texts: Arc::new(written_keys), by_id })
    }

    /// The key with this id, and its person.
    pub(crate) fn find(&self, id: KeyId) -> Option<(&str, &SigningKey)> {
        self.by_id.get(&id).map(|(name, key)| (name.as_str(), key))
    }

    /// Each key and its person.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &SigningKey)> {
        self.by_id.values().map(|(name, key)| (name.as_str(), key))
    }

    /// The people who have a key.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.texts.keys().map(String::as_str)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// The keys as the rule has them, for the record.
    pub(crate) fn texts(&self) -> &Arc<BTreeMap<String, Vec<String>>> {
        &self.texts
    }
}
