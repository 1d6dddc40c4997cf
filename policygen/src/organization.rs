//! Reads an organization: what `aws organizations list-roots`,
//! `list-organizational-units-for-parent`, `list-accounts` or `list-accounts-for-parent`,
//! `describe-policy` and `list-targets-for-policy` print, joined in one file.
//!
//! These outputs do not say everything about themselves. So a unit or an account has its parent
//! around it or as `ParentId`, and targets have their policy around them or as `PolicyId`.

use std::collections::{BTreeMap, BTreeSet};

use iam::account::Control;
use names::{AccountId, Arn};
use serde_json::{Map, Value};

/// An organization.
#[derive(Debug, Default)]
pub(crate) struct Organization {
    /// Roots, units and accounts, each with its parent if that is known.
    places: BTreeMap<String, Option<String>>,
    roots: BTreeSet<String>,
    /// The account that manages it.
    management: Option<String>,
    /// Whether a root says that it does not use service control policies.
    is_off: bool,
    policies: BTreeMap<String, Text>,
    /// The targets of each policy.
    targets: BTreeMap<String, BTreeSet<String>>,
}

/// What is known about a policy.
#[derive(Debug, Default)]
struct Text {
    name: Option<String>,
    kind: Option<String>,
    document: Option<String>,
}

/// Why an organization cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OrganizationError {
    #[error("the organization does not have the account {0}")]
    NoAccount(String),
}

/// The type of these policies in the AWS Organizations API.
pub(crate) const SERVICE_CONTROL_POLICY: &str = "SERVICE_CONTROL_POLICY";

/// The policy that AWS attaches everywhere. It allows everything.
const FULL_ACCESS: &str = "p-FullAWSAccess";

/// Why nothing is known about a policy that is attached.
const NO_CONTENT: &str =
    "its content is missing; add what `aws organizations describe-policy` prints about it";

/// The levels above an account, and a warning if they do not limit it as they seem to.
type Levels = (Vec<Vec<Control>>, Option<String>);

impl Organization {
    /// Whether a file is about an organization.
    pub(crate) fn is_one(json: &Value) -> bool {
        match json {
            Value::Array(many) => many.iter().any(Self::is_one),
            Value::Object(members) => ["Roots", "OrganizationalUnits", "Accounts"]
                .iter()
                .any(|key| members.contains_key(*key)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        }
    }

    /// Reads a file.
    pub(crate) fn read(json: &Value) -> Self {
        let mut organization = Self::default();
        organization.visit(json, None, None);
        organization
    }

    /// Reads a part of a file. `parent` is the root or unit around it, and `policy` the policy.
    fn visit(&mut self, json: &Value, parent: Option<&str>, policy: Option<&str>) {
        let members = match json {
            Value::Array(many) => {
                many.iter().for_each(|one| self.visit(one, parent, policy));
                return;
            }
            Value::Object(members) => members,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return,
        };
        let text = |key: &str| members.get(key).and_then(Value::as_str);
        let mut parent = text("ParentId").or(parent);
        let mut policy = text("PolicyId").or(policy);
        if let Some(id) = self.policy(members) {
            policy = Some(id);
        }
        if let (Some(target), Some(policy)) = (text("TargetId"), policy) {
            let targets = self.targets.entry(policy.to_owned()).or_default();
            targets.insert(target.to_owned());
        }
        if let Some(child) = text("ChildId") {
            let found =
                members.get("Parents").and_then(|parents| parents.get(0)?.get("Id")?.as_str());
            self.places.insert(child.to_owned(), found.map(str::to_owned));
        }
        if let Some(account) = text("MasterAccountId") {
            self.management = Some(account.to_owned());
        }
        if let Some(id) = text("Id").filter(|id| self.place(id, parent, members)) {
            parent = Some(id);
        }
        for (key, member) in members {
            // A list may be a member of an object by the ids of parents.
            let is_place = key.starts_with("r-") || key.starts_with("ou-");
            let is_policy = key.starts_with("p-");
            let parent = if is_place { Some(key.as_str()) } else { parent };
            self.visit(member, parent, if is_policy { Some(key) } else { policy });
        }
    }

    /// Reads what an object says about a policy. Returns the id of the policy.
    fn policy<'j>(&mut self, members: &'j Map<String, Value>) -> Option<&'j str> {
        let inner = members.get("Policy").and_then(Value::as_object).unwrap_or(members);
        let summary = inner.get("PolicySummary").and_then(Value::as_object).unwrap_or(inner);
        let text = |key: &str| summary.get(key).and_then(Value::as_str);
        let id = text("Id").filter(|id| id.starts_with("p-"))?;
        let known = self.policies.entry(id.to_owned()).or_default();
        known.name = text("Name").map(str::to_owned).or(known.name.take());
        known.kind = text("Type").map(str::to_owned).or(known.kind.take());
        let is_used = known.kind.as_deref().is_none_or(|kind| kind == SERVICE_CONTROL_POLICY);
        let json = Value::Object(inner.clone());
        if let Some((_, document)) = described(&json).filter(|_| is_used) {
            known.document = Some(document);
        }
        Some(id)
    }

    /// Reads a root, a unit or an account. Returns `false` if it is something else.
    fn place(&mut self, id: &str, parent: Option<&str>, members: &Map<String, Value>) -> bool {
        let is_root = id.starts_with("r-");
        let is_account = AccountId::is_valid(id);
        if !is_root && !is_account && !id.starts_with("ou-") {
            return false;
        }
        if is_root {
            self.roots.insert(id.to_owned());
            let types = members.get("PolicyTypes").and_then(Value::as_array);
            let is_on = |kind: &Value| {
                kind.get("Type").is_some_and(|kind| kind == SERVICE_CONTROL_POLICY)
                    && kind.get("Status").is_some_and(|status| status == "ENABLED")
            };
            self.is_off |= types.is_some_and(|types| !types.iter().any(is_on));
        }
        // "arn:aws:organizations::MANAGEMENT:account/o-…/ID" (AWS Organizations API Reference).
        let arn = members.get("Arn").and_then(Value::as_str).and_then(Arn::parse);
        if is_account && arn.is_some_and(|arn| arn.account == id) {
            self.management = Some(id.to_owned());
        }
        let parent = parent.filter(|parent| *parent != id && !is_root).map(str::to_owned);
        let known = self.places.entry(id.to_owned()).or_default();
        *known = parent.or(known.take());
        true
    }

    /// The service control policies of each level above an account, from the root.
    ///
    /// # Errors
    /// If the account is not in the organization.
    pub(crate) fn levels(&self, account: &str) -> Result<Levels, OrganizationError> {
        if !self.places.contains_key(account) {
            return Err(OrganizationError::NoAccount(account.to_owned()));
        }
        if self.management.as_deref() == Some(account) {
            let warning = "manages its organization, so service control policies do not limit it";
            return Ok((Vec::new(), Some(format!("the account {account} {warning}"))));
        }
        if self.is_off {
            let warning = "the organization does not use service control policies";
            return Ok((Vec::new(), Some(warning.to_owned())));
        }
        let mut path = vec![account];
        while let Some(Some(parent)) = path.last().and_then(|place| self.places.get(*place)) {
            if path.contains(&parent.as_str()) {
                break;
            }
            path.push(parent);
        }
        let mut warning = None;
        let top = path.last().copied().unwrap_or(account);
        if !self.roots.contains(top) {
            if self.places.keys().any(|place| place.starts_with("ou-")) {
                warning = Some(format!(
                    "the organization does not say which units have the account {account}, so \
                     their service control policies are left out; add the `ParentId` of each unit \
                     and account"
                ));
            }
            let root = self.roots.first().filter(|_| self.roots.len() == 1);
            path.extend(root.map(String::as_str));
        }
        let levels = path.iter().rev().map(|place| self.level(place));
        Ok((levels.filter(|level| !level.is_empty()).collect(), warning))
    }

    /// The service control policies of a root, a unit or an account.
    fn level(&self, place: &str) -> Vec<Control> {
        let mut level = Vec::new();
        for (id, _) in self.targets.iter().filter(|(_, targets)| targets.contains(place)) {
            let known = self.policies.get(id);
            let kind = known.and_then(|known| known.kind.as_deref());
            if kind.is_some_and(|kind| kind != SERVICE_CONTROL_POLICY) {
                continue;
            }
            let name = known.and_then(|known| known.name.as_deref()).unwrap_or(id);
            let name = format!("service control policy {name} of {place}");
            level.push(match known.and_then(|known| known.document.as_deref()) {
                Some(document) => Control::read(name, document),
                None if id == FULL_ACCESS => Control::allowing_everything(name),
                None => Control::unknown(name, NO_CONTENT),
            });
        }
        level
    }
}

/// The type and the text of what `aws organizations describe-policy` prints, or of a text that
/// holds a policy.
pub(crate) fn described(json: &Value) -> Option<(Option<&str>, String)> {
    if let Some(text) = json.as_str().filter(|text| text.trim_start().starts_with('{')) {
        return Some((None, text.to_owned()));
    }
    let policy = json.get("Policy").unwrap_or(json);
    let kind = policy.get("PolicySummary").unwrap_or(policy).get("Type");
    let content = policy.get("Content")?;
    let text = content.as_str().map_or_else(|| content.to_string(), str::to_owned);
    Some((kind.and_then(Value::as_str), text))
}
