//! The settings of `policygen generate`. Flags and the TOML file share one type, so that both can
//! set the same things.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};
use doctor::pipeline::StagePlace;
use jiff::SignedDuration;
use names::{
    AccountGlob, AccountId, FunctionRef, KmsKeyArn, NameError, Partition, PipelineGlob, S3Uri,
    StageGlob,
};
use serde::{Deserialize, Deserializer};

use super::name::{
    BucketName, IdentityCenter, Prefix, RegionOrAny, RoleName, RoleRef, SamlProvider,
};
use super::slot::{SlotName, SlotPattern};
use super::topic::SlotTopic;

/// How a person is kept from having two slots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Mechanism"))]
pub enum MechanismName {
    /// A group and a managed policy for each slot
    #[default]
    Groups,
    /// One policy for all approvers; a tag on each principal names its slot
    Tag,
    /// A role for each slot, assumed through SAML, IAM Identity Center or from accounts
    Roles,
    /// One group or role for all approvers; the gate counts the people who sign, not the principals
    Signed,
    /// Nobody but the desk answers, with signatures; one group or role lets the approvers look
    Desk,
}

/// The format of the generated files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Format {
    /// One JSON file for each document
    #[default]
    Json,
    /// A CloudFormation template in YAML
    Cloudformation,
    /// A Terraform configuration
    Terraform,
    /// A Terraform configuration in JSON syntax
    TerraformJson,
    /// A bash script of AWS CLI commands
    AwsCli,
}

/// How old a second factor may be, in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct MfaAge(u32);

impl MfaAge {
    pub(crate) fn seconds(self) -> u32 {
        self.0
    }
}

impl FromStr for MfaAge {
    type Err = NameError;

    /// At most 36 hours: GetSessionToken gives no credentials for longer (STS API reference), so an
    /// older second factor cannot occur.
    fn from_str(text: &str) -> Result<Self, NameError> {
        let seconds = text.parse::<SignedDuration>().ok().map(|age| age.as_secs());
        let seconds = seconds.and_then(|seconds| u32::try_from(seconds).ok());
        let age = seconds.filter(|seconds| (1..=36 * 3600).contains(seconds));
        age.map(Self)
            .ok_or_else(|| NameError::new(text, "a time such as 15m or 1h, of at most 36h"))
    }
}

impl TryFrom<String> for MfaAge {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

/// The settings. The keys of the TOML file are the long names of the flags, and `members`.
#[derive(Clone, Debug, Default, Args, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Approvers"))]
pub struct Settings {
    /// The AWS partition [default: that of the regions]
    #[arg(long, value_name = "PARTITION", help_heading = "What is approved")]
    pub partition: Option<Partition>,
    /// A region of the pipelines, or '*'
    #[arg(long, value_name = "REGION", help_heading = "What is approved")]
    pub region: Vec<RegionOrAny>,
    /// An account of the pipelines, or '*'
    #[arg(long, value_name = "ACCOUNT", help_heading = "What is approved")]
    pub account: Vec<AccountGlob>,
    /// A pipeline, or a pattern of pipeline names
    #[arg(long, value_name = "NAME", help_heading = "What is approved")]
    pub pipeline: Vec<PipelineGlob>,
    /// The stage of the approvals, or a pattern of stage names
    #[arg(long, value_name = "NAME", help_heading = "What is approved")]
    pub stage: Option<StageGlob>,
    /// An approval action [default: ApprovalA and ApprovalB]
    #[arg(long, value_name = "NAME", help_heading = "What is approved")]
    pub slot: Vec<SlotName>,
    /// A slot for all approval actions whose names match a pattern
    #[arg(long, value_name = "NAME=PATTERN", help_heading = "What is approved")]
    pub slot_pattern: Vec<SlotPattern>,

    /// How a person is kept from having two slots [default: groups]
    #[arg(long, value_enum, help_heading = "Who approves")]
    pub mechanism: Option<MechanismName>,
    /// The people of each slot, in the table `members` of the file.
    #[arg(skip)]
    pub members: BTreeMap<String, Vec<String>>,
    /// Deny the other slots explicitly, so that a person with two slots can approve neither (the
    /// default)
    #[arg(
        long,
        num_args = 0,
        default_missing_value = "true",
        overrides_with = "no_exclusive",
        help_heading = "Who approves"
    )]
    pub exclusive: Option<bool>,
    /// Deny nothing; another policy may then give a person a second slot
    #[arg(long, overrides_with = "exclusive", help_heading = "Who approves")]
    #[serde(skip)]
    pub no_exclusive: bool,
    /// Allow only to approve; leave out the permissions to see the pipelines
    #[arg(long, num_args = 0, default_missing_value = "true", help_heading = "Who approves")]
    pub approve_only: Option<bool>,
    /// Allow approvals only with a second factor; federated sessions carry none, so they cannot
    /// approve then
    #[arg(long, num_args = 0, default_missing_value = "true", help_heading = "Who approves")]
    pub require_mfa: Option<bool>,
    /// The maximum age of the second factor, such as 15m
    #[arg(long, value_name = "TIME", help_heading = "Who approves")]
    pub mfa_max_age: Option<MfaAge>,
    /// Roles, signed, desk: a SAML provider whose users may assume them
    #[arg(long, value_name = "ARN", help_heading = "Who approves")]
    pub trust_saml: Option<SamlProvider>,
    /// Roles, signed, desk: an account whose IAM users may assume them, under their own names
    #[arg(long, value_name = "ACCOUNT", help_heading = "Who approves")]
    pub trust_account: Vec<AccountId>,
    /// Roles, signed, desk: create them as permission sets of this IAM Identity Center instance
    #[arg(long, value_name = "INSTANCE_ARN", help_heading = "Who approves")]
    pub identity_center: Option<IdentityCenter>,

    /// Add a policy that denies every way to bypass the gate
    #[arg(
        long,
        num_args = 0,
        default_missing_value = "true",
        help_heading = "What guards the rule"
    )]
    pub guardrails: Option<bool>,
    /// Add the same as a service control policy
    #[arg(
        long,
        num_args = 0,
        default_missing_value = "true",
        help_heading = "What guards the rule"
    )]
    pub scp: Option<bool>,
    /// A role that the guardrails do not bind, by name or ARN
    #[arg(long, value_name = "ROLE", help_heading = "What guards the rule")]
    pub break_glass: Vec<RoleRef>,
    /// A role, other than the gate's, that reports results of CodePipeline jobs
    #[arg(long, value_name = "ROLE", help_heading = "What guards the rule")]
    pub job_worker: Vec<RoleRef>,
    /// A role that the pipelines or their deployments have, by name or ARN: deny becoming it
    #[arg(long, value_name = "ROLE", help_heading = "What guards the rule")]
    pub deploy_role: Vec<RoleRef>,
    /// A bucket of the pipelines' artifacts: deny replacing them, and let a gate that proves
    /// releases read them
    #[arg(long, value_name = "BUCKET", help_heading = "What guards the rule")]
    pub artifact_bucket: Vec<BucketName>,
    /// Also deny starting the pipelines by hand
    #[arg(
        long,
        num_args = 0,
        default_missing_value = "true",
        help_heading = "What guards the rule"
    )]
    pub deny_manual_start: Option<bool>,
    /// Guardrails: deny changing this function too, which `reviews` of the rule names
    #[arg(long, value_name = "FUNCTION", help_heading = "What guards the rule")]
    #[serde(deserialize_with = "function")]
    pub reviews_function: Option<FunctionRef>,

    /// Add the gate's execution role, and the policy that lets a pipeline invoke the gate
    #[arg(long, num_args = 0, default_missing_value = "true", help_heading = "The gate")]
    pub gate: Option<bool>,
    /// The gate's function, by its name or its ARN [default: two-person-rule-gate]
    #[arg(long, value_name = "FUNCTION", help_heading = "The gate")]
    #[serde(deserialize_with = "function")]
    pub gate_function: Option<FunctionRef>,
    /// Desk: its function, by its name or its ARN [default: two-person-rule-desk]
    #[arg(long, value_name = "FUNCTION", help_heading = "What guards the rule")]
    #[serde(deserialize_with = "function")]
    pub desk_function: Option<FunctionRef>,
    /// Gate: the KMS key that signs proofs of releases, as `proof` of the gate's rule names it
    #[arg(long, value_name = "ARN", help_heading = "The gate")]
    pub proof_key: Option<KmsKeyArn>,
    /// Gate: where proofs are stored, as `proof` of the gate's rule says it: s3://bucket/prefix
    #[arg(long, value_name = "S3-URI", help_heading = "The gate")]
    pub proof_store: Option<S3Uri>,
    /// A service role of the pipelines; it gets the policy to invoke the gate
    #[arg(long, value_name = "ROLE", help_heading = "The gate")]
    pub service_role: Vec<RoleName>,
    /// Add the stage with the approvals and the gate, as part of a pipeline of type V2
    #[arg(long, num_args = 0, default_missing_value = "true", help_heading = "The gate")]
    pub stage_json: Option<bool>,
    /// Insert that stage into the pipeline in this file, before the stage that deploys. The file is
    /// the output of `aws codepipeline get-pipeline` or a CloudFormation template; `-` for standard
    /// input
    #[arg(long, value_name = "FILE", help_heading = "The gate")]
    pub patch_pipeline: Option<PathBuf>,
    /// The SNS topic that tells the approvers of a slot of that stage, as SLOT=ARN
    #[arg(long, value_name = "SLOT=ARN", help_heading = "The gate")]
    pub notification_arn: Vec<SlotTopic>,
    /// Insert it before this stage; or insert the approvals and the gate into the stage before this
    /// action
    #[arg(
        long,
        value_name = "STAGE[/ACTION]",
        conflicts_with = "after",
        help_heading = "The gate"
    )]
    #[serde(deserialize_with = "place")]
    #[cfg_attr(
        feature = "schema",
        schemars(with = "Option<String>", regex(pattern = r"^[^/]+(/[^/]+)?$"))
    )]
    pub before: Option<StagePlace>,
    /// Insert it after this stage, or the approvals and the gate after this action
    #[arg(long, value_name = "STAGE[/ACTION]", help_heading = "The gate")]
    #[serde(deserialize_with = "place")]
    #[cfg_attr(
        feature = "schema",
        schemars(with = "Option<String>", regex(pattern = r"^[^/]+(/[^/]+)?$"))
    )]
    pub after: Option<StagePlace>,

    /// The beginning of all generated IAM names [default: TwoPersonRule-]
    #[arg(long, value_name = "TEXT", help_heading = "Output")]
    pub prefix: Option<Prefix>,
    /// The output format [default: json]
    #[arg(long, value_enum, help_heading = "Output")]
    pub format: Option<Format>,
    /// Write the files into this directory instead of to standard output
    #[arg(long, value_name = "DIR", conflicts_with = "print", help_heading = "Output")]
    pub out: Option<PathBuf>,
    /// Print only this file, such as stage.json or pipeline.json
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub print: Option<String>,
}

impl Settings {
    /// Reads the content of a TOML file.
    ///
    /// # Errors
    /// The place of the error, and the key if it is unknown or has a wrong value.
    pub fn from_toml(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// Fills in the settings that are missing here from `file`.
    pub fn over(self, file: Self) -> Self {
        let gives_slots = !self.slot.is_empty() || !self.slot_pattern.is_empty();
        let (slot, slot_pattern) = if gives_slots {
            (self.slot, self.slot_pattern)
        } else {
            (file.slot, file.slot_pattern)
        };
        let gives_after = self.after.is_some();
        Self {
            exclusive: if self.no_exclusive {
                Some(false)
            } else {
                self.exclusive.or(file.exclusive)
            },
            no_exclusive: false,
            partition: self.partition.or(file.partition),
            region: either(self.region, file.region),
            account: either(self.account, file.account),
            pipeline: either(self.pipeline, file.pipeline),
            stage: self.stage.or(file.stage),
            // The two options form one list, so the file's slots count only if no flag gives one.
            slot,
            slot_pattern,
            members: if self.members.is_empty() { file.members } else { self.members },
            mechanism: self.mechanism.or(file.mechanism),
            approve_only: self.approve_only.or(file.approve_only),
            require_mfa: self.require_mfa.or(file.require_mfa),
            mfa_max_age: self.mfa_max_age.or(file.mfa_max_age),
            trust_saml: self.trust_saml.or(file.trust_saml),
            trust_account: either(self.trust_account, file.trust_account),
            identity_center: self.identity_center.or(file.identity_center),
            guardrails: self.guardrails.or(file.guardrails),
            scp: self.scp.or(file.scp),
            deploy_role: either(self.deploy_role, file.deploy_role),
            artifact_bucket: either(self.artifact_bucket, file.artifact_bucket),
            break_glass: either(self.break_glass, file.break_glass),
            job_worker: either(self.job_worker, file.job_worker),
            deny_manual_start: self.deny_manual_start.or(file.deny_manual_start),
            reviews_function: self.reviews_function.or(file.reviews_function),
            gate: self.gate.or(file.gate),
            gate_function: self.gate_function.or(file.gate_function),
            desk_function: self.desk_function.or(file.desk_function),
            proof_key: self.proof_key.or(file.proof_key),
            proof_store: self.proof_store.or(file.proof_store),
            service_role: either(self.service_role, file.service_role),
            stage_json: self.stage_json.or(file.stage_json),
            patch_pipeline: self.patch_pipeline.or(file.patch_pipeline),
            notification_arn: either(self.notification_arn, file.notification_arn),
            // A place on the command line overrides the other place of the file.
            after: self.after.or_else(|| file.after.filter(|_| self.before.is_none())),
            before: self.before.or_else(|| file.before.filter(|_| !gives_after)),
            prefix: self.prefix.or(file.prefix),
            format: self.format.or(file.format),
            out: self.out.or(file.out),
            print: self.print.or(file.print),
        }
    }
}

/// Reads a function with the same grammar as the flag.
fn function<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<FunctionRef>, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

/// Reads a place with the same grammar as the flag.
fn place<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<StagePlace>, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

fn either<T>(flags: Vec<T>, file: Vec<T>) -> Vec<T> {
    if flags.is_empty() { file } else { flags }
}
