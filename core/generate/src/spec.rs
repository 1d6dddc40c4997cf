//! The checked settings: everything that the generated documents depend on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use doctor::pipeline::StagePlace;
use iam::Pattern;
use names::{AccountId, FunctionRef, Partition, StageGlob};

use super::guardrail_options::Guardrails;
use super::name::{IdentityCenter, Prefix, RoleName, SamlProvider, is_plain, saml_audience};
use super::proving::Proving;
use super::settings::{MechanismName, MfaAge, Settings};
use super::slot::{Slot, SlotName, SlotPattern, Slots};
use super::spec_error::SpecError;
use super::target::Targets;
use super::topic::Topics;

/// Everything that the documents depend on. Its parts are consistent with each other.
#[derive(Clone, Debug)]
pub struct Spec {
    pub(crate) targets: Targets,
    pub(crate) slots: Slots,
    /// The names of the people of each slot, as the user wrote them.
    pub(crate) members: BTreeMap<String, Vec<String>>,
    pub(crate) mechanism: Mechanism,
    /// Whether the policy of a slot denies the other slots.
    pub(crate) exclusive: bool,
    pub(crate) approve_only: bool,
    pub(crate) mfa: Option<Mfa>,
    pub(crate) guardrails: Option<Guardrails>,
    /// Whether to write the gate's own role and policies.
    pub(crate) gate: bool,
    /// What its role needs to prove releases.
    pub(crate) proving: Option<Proving>,
    pub(crate) gate_function: FunctionRef,
    pub(crate) service_roles: Vec<RoleName>,
    /// The topics that tell people that an approval waits.
    pub(crate) topics: Topics,
    /// Whether to write the stage as a file. Then the stage and the slots are plain names.
    pub(crate) stage_json: bool,
    /// The file of a pipeline that gets the stage. Then the stage and the slots are plain names.
    patch: Option<PathBuf>,
    /// Where the user wants the stage.
    pub(crate) place: Option<Wanted>,
    pub(crate) prefix: Prefix,
}

/// How a person is kept from having two slots.
#[derive(Clone, Debug)]
pub(crate) enum Mechanism {
    Groups,
    Tag,
    Roles(WayIn),
    /// Nothing in IAM keeps the slots apart: the gate counts signatures. The approvers share one
    /// role, or one group if there is no way into a role.
    Signed(Option<WayIn>),
    /// As `Signed`, but only the desk may answer.
    Desk {
        way_in: Option<WayIn>,
        function: FunctionRef,
    },
}

/// Who creates the roles, and the principals that may assume them.
#[derive(Clone, Debug)]
pub(crate) enum WayIn {
    Role(Trust),
    /// Roles that IAM Identity Center creates.
    PermissionSet(IdentityCenter),
}

/// The principals that may assume the roles.
#[derive(Clone, Debug)]
pub(crate) enum Trust {
    Saml { provider: SamlProvider, audience: &'static str },
    Accounts(Vec<AccountId>),
}

/// The required second factor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mfa {
    pub(crate) max_age: Option<MfaAge>,
}

/// Where the user wants the stage in a pipeline.
#[derive(Clone, Debug)]
pub(crate) enum Wanted {
    Before(StagePlace),
    After(StagePlace),
}

impl Spec {
    /// Checks the settings and fills in the defaults.
    ///
    /// # Errors
    /// [`SpecError`] if they do not fit together.
    pub fn new(settings: Settings) -> Result<Self, SpecError> {
        let stage_json = is_on(settings.stage_json);
        let guardrails = guardrails(&settings)?;
        let gate = gate(&settings)?;
        let proving = Proving::of(&settings)?;
        let targets = Targets::new(
            settings.partition,
            settings.region,
            settings.account,
            settings.pipeline,
            settings.stage,
        )?;
        let slots = slots(settings.slot, settings.slot_pattern, &targets)?;
        let mechanism = mechanism(
            settings.mechanism.unwrap_or_default(),
            (settings.trust_saml, settings.trust_account, settings.identity_center),
            settings.desk_function,
            targets.partition(),
        )?;
        let is_desk = matches!(mechanism, Mechanism::Desk { .. });
        if (is_desk || matches!(mechanism, Mechanism::Signed(_))) && settings.exclusive.is_some() {
            return Err(SpecError::needs(
                "--exclusive or --no-exclusive",
                "--mechanism groups, tag or roles",
            ));
        }
        for (option, is_given) in [
            ("--approve-only", is_on(settings.approve_only)),
            ("--require-mfa", is_on(settings.require_mfa)),
        ] {
            if is_desk && is_given {
                return Err(SpecError::needs(option, "--mechanism groups, tag, roles or signed"));
            }
        }
        let gate_function =
            settings.gate_function.map_or_else(|| "two-person-rule-gate".parse(), Ok)?;
        if !targets.may_hold(&gate_function) {
            return Err(SpecError::GateElsewhere(gate_function.to_string()));
        }
        if matches!(mechanism, Mechanism::Tag) {
            plain_slots(&slots, "`--mechanism tag`")?;
        }
        let mfa = mfa(is_on(settings.require_mfa), settings.mfa_max_age, &mechanism)?;
        if stage_json || settings.patch_pipeline.is_some() {
            plain_slots(&slots, "a stage")?;
            plain_stage(targets.stage())?;
        } else if !settings.notification_arn.is_empty() {
            return Err(SpecError::needs("--notification-arn", "--stage-json or --patch-pipeline"));
        }
        let topics = Topics::new(settings.notification_arn, &slots)?;
        let place = match (settings.before, settings.after) {
            (None, None) => None,
            _ if settings.patch_pipeline.is_none() => {
                return Err(SpecError::needs("--before` or `--after", "--patch-pipeline"));
            }
            (Some(_), Some(_)) => return Err(SpecError::TwoPlaces),
            (Some(before), None) => Some(Wanted::Before(before)),
            (None, Some(after)) => Some(Wanted::After(after)),
        };
        Ok(Self {
            topics,
            stage_json,
            targets,
            slots,
            members: settings.members,
            mechanism,
            exclusive: settings.exclusive.unwrap_or(true),
            approve_only: is_on(settings.approve_only),
            mfa,
            guardrails,
            gate,
            proving,
            gate_function,
            service_roles: settings.service_role,
            patch: settings.patch_pipeline,
            place,
            prefix: settings.prefix.map_or_else(|| "TwoPersonRule-".parse(), Ok)?,
        })
    }

    /// The file of the pipeline that gets the stage, if one is given.
    pub fn pipeline_file(&self) -> Option<&Path> {
        self.patch.as_deref()
    }

    /// Whether the generated policies are about this pipeline.
    pub(crate) fn covers(&self, pipeline: &str) -> bool {
        self.targets.pipelines().iter().any(|glob| Pattern::new(glob).matches(pipeline))
    }
}

fn is_on(switch: Option<bool>) -> bool {
    switch.unwrap_or_default()
}

/// The slots, or ApprovalA and ApprovalB if none is given.
fn slots(
    names: Vec<SlotName>,
    patterns: Vec<SlotPattern>,
    targets: &Targets,
) -> Result<Slots, SpecError> {
    let named = names.into_iter().map(Slot::from);
    let mut slots: Vec<Slot> = named.chain(patterns.into_iter().map(Slot::from)).collect();
    if slots.is_empty() {
        for name in ["ApprovalA", "ApprovalB"] {
            slots.push(Slot::from(name.parse::<SlotName>()?));
        }
    }
    Ok(Slots::new(slots, targets)?)
}

fn mechanism(
    name: MechanismName,
    ways_in: (Option<SamlProvider>, Vec<AccountId>, Option<IdentityCenter>),
    desk: Option<FunctionRef>,
    partition: Partition,
) -> Result<Mechanism, SpecError> {
    let way_in = match ways_in {
        (None, accounts, None) if accounts.is_empty() => None,
        (Some(provider), accounts, None) if accounts.is_empty() => {
            let audience = saml_audience(partition).ok_or(SpecError::SamlAudience(partition))?;
            Some(WayIn::Role(Trust::Saml { provider, audience }))
        }
        (None, accounts, Some(instance)) if accounts.is_empty() => {
            Some(WayIn::PermissionSet(instance))
        }
        (None, accounts, None) => Some(WayIn::Role(Trust::Accounts(accounts))),
        (Some(_), _, _) | (None, _, Some(_)) => {
            return Err(match name {
                MechanismName::Groups | MechanismName::Tag => no_way_in(),
                MechanismName::Roles => SpecError::Trust,
                MechanismName::Signed => SpecError::SeveralWaysIn("signed"),
                MechanismName::Desk => SpecError::SeveralWaysIn("desk"),
            });
        }
    };
    if desk.is_some() && name != MechanismName::Desk {
        return Err(SpecError::needs("--desk-function", "--mechanism desk"));
    }
    match (name, way_in) {
        (MechanismName::Groups, None) => Ok(Mechanism::Groups),
        (MechanismName::Tag, None) => Ok(Mechanism::Tag),
        (MechanismName::Groups | MechanismName::Tag, Some(_)) => Err(no_way_in()),
        (MechanismName::Roles, Some(way_in)) => Ok(Mechanism::Roles(way_in)),
        (MechanismName::Roles, None) => Err(SpecError::Trust),
        (MechanismName::Signed, way_in) => Ok(Mechanism::Signed(way_in)),
        (MechanismName::Desk, way_in) => {
            let function = desk.map_or_else(|| "two-person-rule-desk".parse(), Ok)?;
            Ok(Mechanism::Desk { way_in, function })
        }
    }
}

/// The mechanism has no roles that anybody could assume.
fn no_way_in() -> SpecError {
    SpecError::needs(
        "--trust-saml, --trust-account or --identity-center",
        "--mechanism roles, signed or desk",
    )
}

fn guardrails(settings: &Settings) -> Result<Option<Guardrails>, SpecError> {
    let guardrails = Guardrails {
        scp: is_on(settings.scp),
        break_glass: settings.break_glass.clone(),
        job_workers: settings.job_worker.clone(),
        deploy_roles: settings.deploy_role.clone(),
        artifact_buckets: settings.artifact_bucket.clone(),
        deny_manual_start: is_on(settings.deny_manual_start),
        reviews_function: settings.reviews_function.clone(),
    };
    if is_on(settings.guardrails) {
        return Ok(Some(guardrails));
    }
    let given = [
        ("--scp", guardrails.scp),
        ("--break-glass", !guardrails.break_glass.is_empty()),
        ("--job-worker", !guardrails.job_workers.is_empty()),
        ("--deploy-role", !guardrails.deploy_roles.is_empty()),
        (
            "--artifact-bucket",
            !guardrails.artifact_buckets.is_empty() && settings.proof_key.is_none(),
        ),
        ("--deny-manual-start", guardrails.deny_manual_start),
        ("--reviews-function", guardrails.reviews_function.is_some()),
    ];
    match given.into_iter().find(|(_, is_given)| *is_given) {
        Some((option, _)) => Err(SpecError::needs(option, "--guardrails")),
        None => Ok(None),
    }
}

fn gate(settings: &Settings) -> Result<bool, SpecError> {
    let gate = is_on(settings.gate);
    if !gate && !settings.service_role.is_empty() {
        return Err(SpecError::needs("--service-role", "--gate"));
    }
    Ok(gate)
}

fn plain_slots(slots: &Slots, wanted_by: &'static str) -> Result<(), SpecError> {
    let pattern = slots.iter().find(|slot| slot.action().is_none());
    pattern.map_or(Ok(()), |slot| Err(SpecError::PatternSlot(slot.to_string(), wanted_by)))
}

fn plain_stage(stage: &StageGlob) -> Result<(), SpecError> {
    if is_plain(stage) { Ok(()) } else { Err(SpecError::PatternStage(stage.to_string())) }
}

fn mfa(
    required: bool,
    max_age: Option<MfaAge>,
    mechanism: &Mechanism,
) -> Result<Option<Mfa>, SpecError> {
    if !required {
        return if max_age.is_some() {
            Err(SpecError::needs("--mfa-max-age", "--require-mfa"))
        } else {
            Ok(None)
        };
    }
    let way_in = match mechanism {
        Mechanism::Groups | Mechanism::Tag => None,
        Mechanism::Roles(way_in) => Some(way_in),
        Mechanism::Signed(way_in) | Mechanism::Desk { way_in, .. } => way_in.as_ref(),
    };
    match way_in {
        Some(WayIn::Role(Trust::Saml { .. }) | WayIn::PermissionSet(_)) => {
            Err(SpecError::FederatedMfa)
        }
        None | Some(WayIn::Role(Trust::Accounts(_))) => Ok(Some(Mfa { max_age })),
    }
}
