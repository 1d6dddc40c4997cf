//! Who is in front of the browser: a cookie of 15 minutes.

use axum::http::{HeaderMap, header};
use facts::CallError;
use jiff::{SignedDuration, Timestamp};
use rule::{ReasonCode, RequireSignature};
use serde::{Deserialize, Serialize};
use signing::{Answer, SigningKey};

use super::seal::Purpose;
use super::{Ports, Web};
use crate::answering::Answering;
use crate::look::{Known, Situation};
use crate::pipeline::Pipeline;
use crate::report::json::Standing;
use crate::rule_source::StageRule;
use crate::standing;

/// How long a person stays signed in.
const SESSION: SignedDuration = SignedDuration::from_mins(15);

/// Why a passkey that could be on another device does not count.
pub(super) const COPYABLE: &str = "the passkey that you signed in with may be synced to other devices, and `requireSignature` \
     asks for keys that cannot leave their device; sign in with such a key";

/// A person who has signed in, and the passkey that they did it with. The same key signs answers.
#[derive(Clone, Debug)]
pub(super) struct Visitor {
    pub(super) person: String,
    pub(super) key: SigningKey,
    /// Whether the key cannot leave its device, as far as the device says so.
    pub(super) device_bound: bool,
}

/// What the cookie holds.
#[derive(Serialize, Deserialize)]
struct Session {
    person: String,
    key: String,
    device_bound: bool,
}

/// The standing of everybody as long as nobody can sign in.
const NO_PASSKEYS: &str = "the rule has no passkeys, and answering here needs one";

/// Who looks at a page.
#[derive(Clone, Debug)]
pub(super) enum Viewer {
    /// A person who has signed in.
    Person(Visitor),
    /// Anybody: see [`Web::open`].
    Anybody,
}

impl Viewer {
    /// The person's name.
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::Person(visitor) => Some(&visitor.person),
            Self::Anybody => None,
        }
    }

    /// The principal that CodePipeline would record for an answer.
    pub(super) async fn principal(&self, ports: &impl Ports) -> Result<String, CallError> {
        ports.principal(self.name().unwrap_or("anybody")).await
    }

    /// Whether an approval of this viewer would count.
    pub(super) fn standing(
        &self,
        pipeline: &Pipeline,
        situation: &Situation,
        known: &Known,
        caller: &str,
    ) -> Standing {
        match self {
            Self::Person(visitor) => visitor.standing(pipeline, situation, known, caller),
            Self::Anybody => Standing::unknown(NO_PASSKEYS),
        }
    }
}

impl<P: Ports> Web<P> {
    /// Who may look at pages: a person who has signed in, or anybody if nobody can.
    pub(super) fn viewer(&self, headers: &HeaderMap) -> Option<Viewer> {
        let nobody = || self.is_open.then_some(Viewer::Anybody);
        self.visitor(headers).map(Viewer::Person).or_else(nobody)
    }

    /// The person who has signed in. The rule must still have the key.
    pub(super) fn visitor(&self, headers: &HeaderMap) -> Option<Visitor> {
        let name = self.cookie_name();
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|it| it.to_str().ok());
        let mut cookies = cookies.flat_map(|it| it.split(';')).filter_map(|it| it.split_once('='));
        let (_, value) = cookies.find(|(known, _)| known.trim() == name)?;
        let Session { person, key, device_bound } =
            self.seal.open(Purpose::Session, value.trim(), Timestamp::now())?;
        let mut keys = self.rule().public_keys();
        let (_, key) = keys.find(|(of, known)| *of == person && known.id().to_string() == key)?;
        Some(Visitor { person, key: key.clone(), device_bound })
    }

    /// The header that signs a person in.
    pub(super) fn cookie(&self, visitor: &Visitor) -> Option<String> {
        let session = Session {
            person: visitor.person.clone(),
            key: visitor.key.id().to_string(),
            device_bound: visitor.device_bound,
        };
        let value = self.seal.close(Purpose::Session, session, Timestamp::now() + SESSION)?;
        Some(self.set_cookie(&value, SESSION.as_secs()))
    }

    /// The header that signs a person out.
    pub(super) fn no_cookie(&self) -> String {
        self.set_cookie("", 0)
    }

    fn set_cookie(&self, value: &str, seconds: i64) -> String {
        let (name, secure) = (self.cookie_name(), if self.is_secure() { "; Secure" } else { "" });
        format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
    }

    /// `__Host-` keeps other hosts of the domain from setting it. Not every browser accepts that,
    /// or `Secure`, on <http://localhost>.
    fn cookie_name(&self) -> &'static str {
        if self.is_secure() { "__Host-desk" } else { "desk" }
    }

    fn is_secure(&self) -> bool {
        self.desk.origin().starts_with("https://")
    }
}

impl Visitor {
    /// Whether the rule would not count this key, no matter what it signs.
    pub(super) fn is_copyable_for(&self, situation: &Situation) -> bool {
        let bound = |it: &StageRule| it.rule.require_signature() == RequireSignature::DeviceBound;
        !self.device_bound && situation.rule.as_ref().is_ok_and(bound)
    }

    /// Whether an approval of this person would count.
    pub(super) fn standing(
        &self,
        pipeline: &Pipeline,
        situation: &Situation,
        known: &Known,
        caller: &str,
    ) -> Standing {
        if self.is_copyable_for(situation) {
            return Standing {
                counts: Some(false),
                reason: Some(ReasonCode::NotSigned.as_str()),
                ..Standing::unknown(COPYABLE)
            };
        }
        let answering = Answering {
            pipeline: &pipeline.name,
            situation,
            known,
            answer: Answer::Approved,
            caller,
            words: "",
        };
        standing::rehearsed(&answering, Some(&self.key), Timestamp::now())
    }
}
