//! What is asked for, checked as a whole.

use std::path::PathBuf;

use super::name::{
    AccountId, FunctionName, IdentityCenter, PipelineGlob, Prefix, RoleName, RoleRef, SamlProvider,
};
use super::name::{NameError, is_plain};
use super::partition::Partition;
use super::settings::{MechanismName, MfaAge, Settings};
use super::slot::{Slots, SlotsError};
use super::target::{TargetError, Targets};

/// Everything that the documents are made from. Can only hold what goes together.
#[derive(Clone, Debug)]
pub struct Spec {
    pub targets: Targets,
    pub slots: Slots,
    pub mechanism: Mechanism,
    /// Whether the other slots are denied.
    pub exclusive: bool,
    pub approve_only: bool,
    pub mfa: Option<Mfa>,
    pub guardrails: Option<Guardrails>,
    /// Whether the gate's own policies are wanted.
    pub gate: bool,
    pub gate_function: FunctionName,
    pub service_roles: Vec<RoleName>,
    /// Whether the stage is wanted as a file; then the stage and the slots are plain names.
    pub stage_json: bool,
    /// The file of a pipeline to put the stage into; then the stage and the slots are plain names.
    pub patch: Option<PathBuf>,
    pub prefix: Prefix,
}

/// How slots are held apart.
#[derive(Clone, Debug)]
pub enum Mechanism {
    Groups,
    Tag,
    Roles(Trust),
    /// Roles that IAM Identity Center makes.
    PermissionSets(IdentityCenter),
}

/// Who may assume the roles.
#[derive(Clone, Debug)]
pub enum Trust {
    Saml { provider: SamlProvider, audience: &'static str },
    Accounts(Vec<AccountId>),
}

/// A second factor.
#[derive(Clone, Copy, Debug)]
pub struct Mfa {
    pub max_age: Option<MfaAge>,
}

/// What the guardrails are to do.
#[derive(Clone, Debug)]
pub struct Guardrails {
    pub scp: bool,
    pub break_glass: Vec<RoleRef>,
    pub job_workers: Vec<RoleRef>,
    pub deny_manual_start: bool,
}

/// Why what is asked for does not go together.
#[derive(Debug, thiserror::Error)]
pub enum SpecError {
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Slots(#[from] SlotsError),
    #[error(transparent)]
    Name(#[from] NameError),
    #[error("`{option}` means nothing without `{needs}`; add that, or leave it out")]
    Needs { option: &'static str, needs: &'static str },
    #[error(
        "the mechanism `roles` needs exactly one way in: give one of `--trust-saml`, `--trust-account` and `--identity-center`"
    )]
    Trust,
    #[error(
        "the audience of SAML sign-ins to the partition `{0}` is not known; use `--identity-center` or `--trust-account`"
    )]
    SamlAudience(Partition),
    #[error(
        "`--require-mfa` would let nobody approve: federated sessions carry no second factor; require it at the identity provider, and leave it out here"
    )]
    FederatedMfa,
    #[error(
        "the slot `{0}` is a pattern, and {1} needs the name of one action; give the slot as a plain name"
    )]
    PatternSlot(String, &'static str),
    #[error(
        "the stage `{0}` is a pattern, and a stage needs a name; give `--stage` as a plain name"
    )]
    PatternStage(String),
}

impl Spec {
    pub fn new(settings: Settings) -> Result<Self, SpecError> {
        let yes = |switch: Option<bool>| switch.unwrap_or_default();
        let targets = Targets::new(
            settings.partition,
            settings.region,
            settings.account,
            settings.pipeline,
            settings.stage,
        )?;
        let slots = if settings.slot.is_empty() {
            vec!["ApprovalA".parse()?, "ApprovalB".parse()?]
        } else {
            settings.slot
        };
        let slots = Slots::new(slots, &targets)?;
        let name = settings.mechanism.unwrap_or_default();
        let ways_in = (settings.trust_saml, settings.trust_account, settings.identity_center);
        let mechanism = match (name, ways_in) {
            (MechanismName::Groups, (None, accounts, None)) if accounts.is_empty() => {
                Mechanism::Groups
            }
            (MechanismName::Tag, (None, accounts, None)) if accounts.is_empty() => Mechanism::Tag,
            (MechanismName::Groups | MechanismName::Tag, _) => {
                return Err(needs(
                    "--trust-saml, --trust-account or --identity-center",
                    "--mechanism roles",
                ));
            }
            (MechanismName::Roles, (Some(provider), accounts, None)) if accounts.is_empty() => {
                let partition = targets.partition();
                let audience =
                    partition.saml_audience().ok_or(SpecError::SamlAudience(partition))?;
                Mechanism::Roles(Trust::Saml { provider, audience })
            }
            (MechanismName::Roles, (None, accounts, Some(instance))) if accounts.is_empty() => {
                Mechanism::PermissionSets(instance)
            }
            (MechanismName::Roles, (None, accounts, None)) if !accounts.is_empty() => {
                Mechanism::Roles(Trust::Accounts(accounts))
            }
            (MechanismName::Roles, _) => return Err(SpecError::Trust),
        };
        if matches!(mechanism, Mechanism::Tag) {
            plain_slots(&slots, "`--mechanism tag`")?;
        }
        let mfa = mfa(yes(settings.require_mfa), settings.mfa_max_age, &mechanism)?;
        let guardrails = yes(settings.guardrails).then(|| Guardrails {
            scp: yes(settings.scp),
            break_glass: settings.break_glass.clone(),
            job_workers: settings.job_worker.clone(),
            deny_manual_start: yes(settings.deny_manual_start),
        });
        if guardrails.is_none() {
            for (option, given) in [
                ("--scp", yes(settings.scp)),
                ("--break-glass", !settings.break_glass.is_empty()),
                ("--job-worker", !settings.job_worker.is_empty()),
                ("--deny-manual-start", yes(settings.deny_manual_start)),
            ] {
                if given {
                    return Err(needs(option, "--guardrails"));
                }
            }
        }
        let gate = yes(settings.gate);
        if !gate && !settings.service_role.is_empty() {
            return Err(needs("--service-role", "--gate"));
        }
        let wants_stage = yes(settings.stage_json) || settings.patch_pipeline.is_some();
        if wants_stage {
            plain_slots(&slots, "a stage")?;
            let stage = targets.stage();
            if !is_plain(stage) {
                return Err(SpecError::PatternStage(stage.to_string()));
            }
        }
        Ok(Self {
            stage_json: yes(settings.stage_json),
            targets,
            slots,
            mechanism,
            exclusive: settings.exclusive.unwrap_or(true),
            approve_only: yes(settings.approve_only),
            mfa,
            guardrails,
            gate,
            gate_function: settings
                .gate_function
                .map_or_else(|| "two-person-rule-gate".parse(), Ok)?,
            service_roles: settings.service_role,
            patch: settings.patch_pipeline,
            prefix: settings.prefix.map_or_else(|| "TwoPersonRule-".parse(), Ok)?,
        })
    }

    /// Whether a policy is about this pipeline.
    pub fn covers(&self, pipeline: &str) -> bool {
        self.targets.pipelines().iter().any(|glob: &PipelineGlob| glob.matches(pipeline))
    }
}

fn needs(option: &'static str, needs: &'static str) -> SpecError {
    SpecError::Needs { option, needs }
}

fn plain_slots(slots: &Slots, wanted_by: &'static str) -> Result<(), SpecError> {
    match slots.iter().find(|slot| slot.action().is_none()) {
        Some(slot) => Err(SpecError::PatternSlot(slot.to_string(), wanted_by)),
        None => Ok(()),
    }
}

fn mfa(
    required: bool,
    max_age: Option<MfaAge>,
    mechanism: &Mechanism,
) -> Result<Option<Mfa>, SpecError> {
    if !required {
        return if max_age.is_some() {
            Err(needs("--mfa-max-age", "--require-mfa"))
        } else {
            Ok(None)
        };
    }
    match mechanism {
        Mechanism::Roles(Trust::Saml { .. }) | Mechanism::PermissionSets(_) => {
            Err(SpecError::FederatedMfa)
        }
        Mechanism::Groups | Mechanism::Tag | Mechanism::Roles(Trust::Accounts(_)) => {
            Ok(Some(Mfa { max_age }))
        }
    }
}
