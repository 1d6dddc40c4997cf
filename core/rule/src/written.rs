//! The keys of a rule as people write them: JSON in camelCase. Unknown keys are refused.
//!
//! The comments on the keys are what editors show (`policygen schema rule`). The first paragraph is
//! the row of the key in `docs/gate.md`, word for word. A second paragraph marks the keys that only
//! the floor may have.

use names::Object;
use serde::Deserialize;

use crate::proof::ProofFile;
use crate::reviews::ReviewsFile;
#[cfg(feature = "schema")]
use crate::schema;
use crate::signing_keys::RequireSignature;
use crate::strict::{NoRepeats, WholeNumber, present};
use crate::trusted_role::SharedRoles;

/// What a release needs, and who is who: the rule of the gate.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Rule"))]
pub(crate) struct RuleFile {
    /// How many distinct persons are required; never below 2.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "schema", schemars(range(min = 2), extend("default" = 2)))]
    pub(crate) quorum: Option<WholeNumber>,
    /// The actions that must be approved; at least `quorum` of them. Name them: the gate then
    /// notices if somebody removes one from the pipeline.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(
        feature = "schema",
        schemars(with = "Option<Vec<names::ActionName>>", length(min = 1))
    )]
    pub(crate) actions: Option<Vec<String>>,
    /// The stage that holds the approvals. Keep the approvals and the gate in one stage: a refused
    /// stage can be reopened, an earlier one cannot. UserParameters may name the gate's own stage
    /// or the floor's.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<names::StageName>"))]
    pub(crate) stage: Option<String>,
    /// `"reject"`: sessions of an untrusted role do not count. `"collapse"`: they count together as
    /// one person, unless one of them signs: then only signed approvals through that role count.
    /// That is an assumption, and every report names it.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "schema", schemars(extend("default" = "reject")))]
    pub(crate) shared_roles: Option<SharedRoles>,
    /// `true`: only signed approvals count. `{"deviceBound": true}`: and only by keys that cannot
    /// be copied or synced. Needs `signingKeys`.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "schema", schemars(extend("default" = false)))]
    pub(crate) require_signature: Option<RequireSignature>,
    /// Only persons that `people` or `signingKeys` names, by proven keys, count.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "schema", schemars(extend("default" = false)))]
    pub(crate) only_people: Option<bool>,
    /// The person who started the execution by hand does not count. If a session of an untrusted
    /// role started it, anybody may have, so nobody counts, unless the floor's `notPeople` names
    /// the role.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "schema", schemars(extend("default" = false)))]
    pub(crate) exclude_initiator: Option<bool>,
    /// The people who wrote or pushed what is released do not count, as the function of `reviews`
    /// says in this execution. If it did not run, looked at other revisions or says that a change
    /// is not reviewed, nobody counts.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "schema", schemars(extend("default" = false)))]
    pub(crate) exclude_authors: Option<bool>,
    /// Older approvals do not count.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub(crate) max_age_minutes: Option<WholeNumber>,
    /// Affixes that are removed from a handle before it is compared.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(
        feature = "schema",
        schemars(
            with = "Option<Vec<crate::handle::Affix>>",
            extend("default" = ["-admin", "admin-", "-adm", "adm-"])
        )
    )]
    pub(crate) handle_affixes: Option<Vec<String>>,
    /// Patterns of role or user names that are machines; they never count, signed or not. In the
    /// floor also users of a forge, such as `github:dependabot[bot]`.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(
        feature = "schema",
        schemars(with = "Option<Vec<crate::glob::NameGlob>>", extend("default" = []))
    )]
    pub(crate) not_people: Option<Vec<String>>,
    /// Set it to `#{codepipeline.PipelineExecutionId}`. It is a cross-check, and the gate needs it
    /// if CodePipeline does not tell the job its execution.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "schema::execution_id"))]
    pub(crate) pipeline_execution_id: Option<String>,
    /// Roles whose session names an identity provider sets, by their exact names. The gate believes
    /// a pattern, such as `AWSReservedSSO_*`, only for roles that `iam:GetRole` shows under
    /// `/aws-reserved/sso.amazonaws.com/`.
    ///
    /// UserParameters may not have it.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(
        feature = "schema",
        schemars(
            with = "Option<Vec<crate::trusted_role::TrustedRole>>",
            extend("default" = [])
        )
    )]
    pub(crate) trusted_session_roles: Option<Vec<String>>,
    /// The principals of each person: `{"alice": ["arn:aws:iam::111122223333:user/alice",
    /// "arn:aws:sts::*:assumed-role/AWSReservedSSO_*/alice@example.com"]}`. The name at the end is
    /// literal, and the path of a user is ignored. Also their users of a forge, for
    /// `excludeAuthors`: `github:alice-gh`, `gitlab:alice`, or with the number that stays if the
    /// login changes, `github:alice-gh/583231`.
    ///
    /// UserParameters may not have it.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(
        feature = "schema",
        schemars(schema_with = "schema::people", extend("default" = {}))
    )]
    pub(crate) people: Option<NoRepeats<Vec<String>>>,
    /// The public keys of each person: `{"alice": ["ssh-ed25519 AAAA…", "passkey:<credential
    /// id>:<public key>"]}`. A key belongs to one person. With keys here, an approval whose comment
    /// carries a bad signature never counts.
    ///
    /// UserParameters may not have it.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(
        feature = "schema",
        schemars(schema_with = "schema::signing_keys", extend("default" = {}))
    )]
    pub(crate) signing_keys: Option<NoRepeats<Vec<String>>>,
    /// The site where passkeys are made and answers are given: `{"rpId": "approve.example.com",
    /// "origin": "https://approve.example.com"}`. Needed if `signingKeys` has passkeys.
    ///
    /// UserParameters may not have it.
    #[serde(default, deserialize_with = "present")]
    pub(crate) desk: Option<Object<DeskFile>>,
    /// The people who may count in an action, by proven keys: `{"ApprovalA": ["alice", "bob",
    /// "role/Deployer"], "ApprovalB": ["*"]}`. A name in `people` means that person, any other name
    /// is a handle, and `*` is anybody. A signed approval has the place of the person who signed,
    /// and not that of the user or role that carried it. If there is a roster, every required
    /// action needs an entry.
    ///
    /// UserParameters may not have it.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(
        feature = "schema",
        schemars(schema_with = "schema::roster", extend("default" = {}))
    )]
    pub(crate) roster: Option<NoRepeats<Vec<String>>>,
    /// The function that says who wrote and reviewed what is released: `{"function":
    /// "two-person-rule-reviews", "required": 1, "repositories": {"acme/shop": 2}}`. `required` is
    /// how many others must have reviewed each change (default 1), and a repository can ask for
    /// more.
    ///
    /// UserParameters may not have it.
    #[serde(default, deserialize_with = "present")]
    pub(crate) reviews: Option<Object<ReviewsFile>>,
    /// The gate proves each release to others: `{"key": "arn:aws:kms:…:key/…", "store":
    /// "s3://bucket/prefix", "environment": "prod", "validMinutes": 1440}`. `environment` is what
    /// the releases are for, and `validMinutes` how long a proof is valid (default: a day; at most
    /// a year). Both are optional.
    ///
    /// UserParameters may not have it.
    #[serde(default, deserialize_with = "present")]
    pub(crate) proof: Option<Object<ProofFile>>,
    /// The address or path of the JSON Schema, for editors. It means nothing, and the digest of the
    /// rule leaves it out.
    #[serde(rename = "$schema", default, deserialize_with = "present")]
    _schema: Option<String>,
}

/// The JSON Schema of a rule.
#[cfg(feature = "schema")]
#[must_use]
pub fn rule_schema(generator: schemars::SchemaGenerator) -> schemars::Schema {
    generator.into_root_schema_for::<RuleFile>()
}

/// The site of the desk, which passkeys are bound to.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Desk"))]
pub(crate) struct DeskFile {
    /// The domain that passkeys are bound to: the host of `origin`, or a domain that it is in.
    #[cfg_attr(feature = "schema", schemars(schema_with = "schema::rp_id"))]
    pub(crate) rp_id: String,
    /// Where answers are given: `https://` and a host, with a port if it is not 443.
    #[cfg_attr(feature = "schema", schemars(schema_with = "schema::origin"))]
    pub(crate) origin: String,
}
