//! The people that the configuration names as members, and where its mechanism puts them.

use std::collections::{BTreeMap, BTreeSet};

use names::is_iam_name;

use super::mechanism::signed;
use super::mechanism::tag::{TAG, Tags};
use super::plan::Plan;
use super::settings::Settings;
use super::spec::{Mechanism, Spec, WayIn};
use super::spec_error::SpecError;

/// What makes somebody an approver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The IAM group with this name.
    Group(String),
    /// The permission set of IAM Identity Center with this name.
    PermissionSet(String),
    /// A tag of users and roles.
    Tag {
        /// The key.
        key: &'static str,
        /// The value.
        value: String,
    },
}

/// Why members cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MembersError {
    /// Members of a slot that does not exist.
    #[error("`members.{0}` is about no slot; name each slot as `slot` does")]
    NoSlot(String),
    /// A member that cannot exist.
    #[error(
        "`members` has `{0}`, which cannot be a user; write the name of an IAM user without its \
         path, or with `identity-center` the user name of IAM Identity Center"
    )]
    Name(String),
    /// A person with two slots.
    #[error(
        "`members` puts `{name}` into {first} and {second}, and nobody may have two slots; remove \
         one of them"
    )]
    Two {
        /// The person.
        name: String,
        /// One slot.
        first: String,
        /// The other slot.
        second: String,
    },
    /// Roles that nobody is a member of.
    #[error(
        "`members` means nothing for a role that people assume through `trust-saml` or \
         `trust-account`; use groups or `identity-center`, or leave it out"
    )]
    Nowhere,
}

/// The names of people, by slot, as `[members]` has them.
struct Members(BTreeMap<String, BTreeSet<String>>);

impl Members {
    /// # Errors
    /// [`MembersError`] if a slot does not exist, a name cannot be one, a person would have two
    /// slots that are kept apart, or the mechanism gives nobody a group, a permission set or a tag.
    fn new(spec: &Spec) -> Result<Self, MembersError> {
        let Spec { members: written, slots, mechanism, .. } = spec;
        let is_slot = |name: &String| slots.iter().any(|slot| slot.to_string() == *name);
        if let Some(slot) = written.keys().find(|name| !is_slot(name)) {
            return Err(MembersError::NoSlot(slot.clone()));
        }
        let mut known: BTreeMap<String, &String> = BTreeMap::new();
        for (slot, names) in written {
            for name in names {
                if !is_member(name, mechanism) {
                    return Err(MembersError::Name(name.clone()));
                }
                let other = known.insert(name.to_lowercase(), slot);
                if let Some(other) = other.filter(|other| *other != slot && keeps_apart(mechanism))
                {
                    return Err(MembersError::Two {
                        name: name.clone(),
                        first: other.clone(),
                        second: slot.clone(),
                    });
                }
            }
        }
        let is_role = match mechanism {
            Mechanism::Groups | Mechanism::Tag => false,
            Mechanism::Roles(way_in) => matches!(way_in, WayIn::Role(_)),
            Mechanism::Signed(way_in) | Mechanism::Desk { way_in, .. } => {
                matches!(way_in, Some(WayIn::Role(_)))
            }
        };
        if is_role && !written.is_empty() {
            return Err(MembersError::Nowhere);
        }
        let sets =
            written.iter().map(|(slot, names)| (slot.clone(), names.iter().cloned().collect()));
        Ok(Self(sets.collect()))
    }

    fn of(&self, slot: &str) -> BTreeSet<String> {
        self.0.get(slot).cloned().unwrap_or_default()
    }

    fn all(&self) -> BTreeSet<String> {
        self.0.values().flatten().cloned().collect()
    }
}

/// Whether the mechanism gives each slot its own people.
fn keeps_apart(mechanism: &Mechanism) -> bool {
    match mechanism {
        Mechanism::Groups | Mechanism::Tag | Mechanism::Roles(_) => true,
        Mechanism::Signed(_) | Mechanism::Desk { .. } => false,
    }
}

/// Whether a text can name a member: an IAM user, with the mechanism `tag` also `role/NAME`, or a
/// user of IAM Identity Center.
fn is_member(name: &str, mechanism: &Mechanism) -> bool {
    let is_user = is_iam_name(name);
    let is_of_center = || !name.is_empty() && !name.chars().any(|c| c.is_control() || c == ' ');
    match mechanism {
        Mechanism::Groups | Mechanism::Signed(None) | Mechanism::Desk { way_in: None, .. } => {
            is_user
        }
        Mechanism::Tag => is_user || name.strip_prefix(ROLE).is_some_and(is_iam_name),
        Mechanism::Roles(_) | Mechanism::Signed(Some(_)) | Mechanism::Desk { .. } => is_of_center(),
    }
}

/// The beginning of the name of a role among members.
const ROLE: &str = "role/";

impl Spec {
    /// Reads what a configuration says about members and slots. What it leaves out about pipelines,
    /// and what it says about a stage to write, makes no difference here.
    ///
    /// # Errors
    /// As [`Spec::new`].
    pub fn of_members(mut settings: Settings) -> Result<Self, SpecError> {
        if settings.region.is_empty() {
            settings.region = vec!["*".parse()?];
        }
        if settings.account.is_empty() {
            settings.account = vec!["*".parse()?];
        }
        if settings.pipeline.is_empty() {
            settings.pipeline = vec!["*".parse()?];
        }
        if settings.stage.is_none() {
            settings.stage = Some("*".parse()?);
        }
        Self::new(Settings {
            stage_json: None,
            patch_pipeline: None,
            before: None,
            after: None,
            notification_arn: Vec::new(),
            ..settings
        })
    }

    /// The names of the approval actions. `None` if a slot is a pattern.
    #[must_use]
    pub fn actions(&self) -> Option<Vec<&str>> {
        self.slots.iter().map(|slot| slot.action()).collect()
    }

    /// Each place that makes somebody an approver, and the people who should be in it. Empty if the
    /// configuration names no members.
    ///
    /// # Errors
    /// [`MembersError`] if the configuration's `members` have no meaning.
    pub fn members(&self) -> Result<Vec<(Place, BTreeSet<String>)>, MembersError> {
        let members = Members::new(self)?;
        if members.0.is_empty() {
            return Ok(Vec::new());
        }
        let by_slot = |place: fn(String) -> Place| {
            let slots = self.slots.iter().map(ToString::to_string);
            let places =
                slots.map(|slot| (place(format!("{}{slot}", self.prefix)), members.of(&slot)));
            places.collect()
        };
        Ok(match &self.mechanism {
            Mechanism::Groups => by_slot(Place::Group),
            Mechanism::Tag => {
                let mut users = members.all();
                users.retain(|name| !name.starts_with(ROLE));
                let mut places = vec![(Place::Group(signed::name(self)), users)];
                let tags = Tags::new(&self.slots);
                places.extend(tags.pairs().map(|(action, value)| {
                    (Place::Tag { key: TAG, value: value.to_owned() }, members.of(action))
                }));
                places
            }
            Mechanism::Roles(_) => by_slot(Place::PermissionSet),
            Mechanism::Signed(way_in) | Mechanism::Desk { way_in, .. } => {
                let name = signed::name(self);
                let place = match way_in {
                    None => Place::Group(name),
                    Some(_) => Place::PermissionSet(name),
                };
                vec![(place, members.all())]
            }
        })
    }
}

/// Puts the members into their groups. A note says what the files cannot do.
///
/// # Errors
/// As [`Spec::members`].
pub(crate) fn add(plan: &mut Plan, spec: &Spec) -> Result<(), MembersError> {
    for (place, members) in spec.members()? {
        let names =
            || members.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        match place {
            Place::Group(name) => {
                let mut groups = plan.groups.iter_mut();
                if let Some(group) = groups.find(|group| group.name == name) {
                    group.members = members.into_iter().collect();
                }
            }
            _ if members.is_empty() => {}
            Place::PermissionSet(name) => plan.notes.push(format!(
                "assign the permission set `{name}` in each account of the pipelines to {}",
                names()
            )),
            Place::Tag { key, value } => {
                plan.notes.push(format!("set the tag `{key}={value}` of {}", names()));
            }
        }
    }
    Ok(())
}
