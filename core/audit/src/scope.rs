//! What is audited: the slots, the pipelines that have them, and the gate.

use std::str::FromStr;
use std::sync::LazyLock;

use iam::account::Account;
use iam::{Alphabet, Frame, FramePart};
use names::{
    AccountId, ActionName, Arn, FunctionRef, NameError, PipelineGlob, RegionGlob, StageGlob,
    is_pipeline_name_char, is_region_char,
};

use crate::action::On;
use crate::declared::{DeclaredMembers, DeployedRule, MemberPlace};
use crate::release::Release;

/// The characters of names of pipelines, stages and actions.
static NAME: LazyLock<Alphabet> = LazyLock::new(|| Alphabet::from_fn(is_pipeline_name_char));
static REGION: LazyLock<Alphabet> = LazyLock::new(|| Alphabet::from_fn(is_region_char));

/// A slot as the user writes it: `NAME` or `NAME=GROUP`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The name of the approval action.
    pub action: ActionName,
    /// The group that serves it, if the user named one.
    pub group: Option<String>,
}

/// Why a text is not a slot.
#[derive(Debug, thiserror::Error)]
pub enum SlotError {
    /// A name that CodePipeline does not allow.
    #[error(transparent)]
    Action(#[from] NameError),
    /// An empty name of a group.
    #[error("`{}` has no group after the `=`", names::shown(.0))]
    Group(String),
}

impl FromStr for Slot {
    type Err = SlotError;

    fn from_str(text: &str) -> Result<Self, SlotError> {
        let (action, group) = match text.split_once('=') {
            None => (text, None),
            Some((_, "")) => return Err(SlotError::Group(text.to_owned())),
            Some((action, group)) => (action, Some(group.to_owned())),
        };
        Ok(Self { action: action.parse()?, group })
    }
}

/// The place of a slot in [`Scope::slots`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SlotIx(usize);

/// What is audited.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The slots: at least two, with different names.
    pub slots: Vec<Slot>,
    /// The regions of the pipelines; `None` for all.
    pub region: Option<RegionGlob>,
    /// The names of the pipelines; `None` for all.
    pub pipeline: Option<PipelineGlob>,
    /// The names of the stages that have the approvals; `None` for all.
    pub stage: Option<StageGlob>,
    /// The gate's function.
    pub gate: FunctionRef,
    /// The name of the role that the desk answers with. Nobody else should answer if there is one.
    pub desk: Option<String>,
    /// What is released, and with which roles.
    pub release: Release,
    /// The people that code puts into groups, or gives permission sets or tags.
    pub declared: Vec<DeclaredMembers>,
    /// The rule that the gate's function applies, to compare with the rule in code.
    pub deployed: Option<DeployedRule>,
}

impl Scope {
    /// These slots in all pipelines of the account, without a desk and without code to compare
    /// with.
    #[must_use]
    pub fn of_all(slots: Vec<Slot>, gate: FunctionRef) -> Self {
        Self {
            slots,
            region: None,
            pipeline: None,
            stage: None,
            gate,
            desk: None,
            release: Release::default(),
            declared: Vec::new(),
            deployed: None,
        }
    }

    /// All slots, each with its place.
    pub(crate) fn slots_by_ix(&self) -> impl Iterator<Item = (SlotIx, &Slot)> {
        (0..).map(SlotIx).zip(&self.slots)
    }

    /// The places of every two different slots, in order.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = [SlotIx; 2]> + use<> {
        let slots = self.slots.len();
        (0..slots).flat_map(move |a| (a + 1..slots).map(move |b| [SlotIx(a), SlotIx(b)]))
    }

    /// Whether code names people for this permission set.
    pub(crate) fn declares_set(&self, set: &str) -> bool {
        self.declared.iter().any(|declared| match &declared.place {
            MemberPlace::PermissionSet(name) => name == set,
            MemberPlace::Group(_) | MemberPlace::Tag { .. } => false,
        })
    }

    /// The name of a slot's approval action.
    pub(crate) fn name(&self, slot: SlotIx) -> &str {
        self.slots.get(slot.0).map_or("", |slot| &slot.action)
    }

    /// The resources that matter for actions of a kind. Those of pipelines, stages and approvals
    /// are `arn:P:codepipeline:REGION:ACCOUNT:PIPELINE/STAGE/ACTION`, cut after the pipeline or the
    /// stage.
    pub(super) fn resources(&self, account: &Account, on: On) -> Frame {
        let slash = FramePart::Text("/");
        match on {
            On::Pipelines => self.pipelines(account, &[]),
            On::Stages => self.pipelines(account, &[slash, self.stage()]),
            On::AllStages => self.pipelines(account, &[slash, FramePart::Glob("*", &NAME)]),
            On::ServedSlots => {
                self.pipelines(account, &[slash, self.stage(), slash, FramePart::Glob("*", &NAME)])
            }
            On::Gate => self.gate(account, &[]),
            // This allows more than versions and aliases; `gate_forms` is exact.
            On::InvokedGate => self.gate(account, &[FramePart::Anything]),
            On::Users => iam(account, "user/"),
            On::Roles => iam(account, "role/"),
            On::Everything => Frame::new(&[FramePart::Text("*")]),
            On::Anything | On::Released => Frame::new(&[FramePart::Anything]),
        }
    }

    /// The gate's function without and with a version or an alias.
    pub(super) fn gate_forms(&self, account: &Account) -> [Frame; 2] {
        self.function_forms(account, &self.gate)
    }

    /// The ARN of the gate's function, followed by `rest`.
    fn gate(&self, account: &Account, rest: &[FramePart<'_>]) -> Frame {
        self.function(account, &self.gate, rest)
    }

    /// The ARN of a function, followed by `rest`. What its reference does not say comes from the
    /// account and the scope.
    pub(super) fn function(
        &self,
        account: &Account,
        function: &FunctionRef,
        rest: &[FramePart<'_>],
    ) -> Frame {
        if let Some(arn) = function.unqualified_arn() {
            return Frame::new(&[&[FramePart::Text(&arn)], rest].concat());
        }
        let region = function.region().map_or(self.region(), |region| FramePart::Text(region));
        let id = function.account().map_or(account.id.as_str(), AccountId::as_str);
        let name = [FramePart::Text("function:"), FramePart::Text(function.name())];
        frame(account, "lambda", region, id, &[&name, rest].concat())
    }

    /// A function without and with a version or an alias (Lambda API model, `FunctionName`).
    pub(super) fn function_forms(&self, account: &Account, function: &FunctionRef) -> [Frame; 2] {
        let version = [FramePart::Text(":"), FramePart::Glob("*", &NAME)];
        [self.function(account, function, &[]), self.function(account, function, &version)]
    }

    /// The ARNs of a service's resources in the account, in a region or in those of the scope. The
    /// resource is a name, or a pattern with `*`.
    pub(super) fn of_service(
        &self,
        account: &Account,
        service: &str,
        region: Option<&str>,
        resource: &str,
    ) -> Frame {
        let region = region.map_or(self.region(), FramePart::Text);
        let mut parts = Vec::new();
        for (at, text) in resource.split('*').enumerate() {
            if at > 0 {
                parts.push(FramePart::Anything);
            }
            parts.push(FramePart::Text(text));
        }
        frame(account, service, region, &account.id, &parts)
    }

    /// The ARNs of the pipelines, each followed by `rest`.
    fn pipelines(&self, account: &Account, rest: &[FramePart<'_>]) -> Frame {
        let pipeline = FramePart::Glob(self.pipeline.as_deref().unwrap_or("*"), &NAME);
        let resource = [&[pipeline], rest].concat();
        frame(account, "codepipeline", self.region(), &account.id, &resource)
    }

    /// The subject of a finding about a slot: the pattern of its ARNs.
    pub(super) fn slot_arn(&self, account: &Account, slot: &Slot) -> String {
        let pipeline = self.pipeline.as_deref().unwrap_or("*");
        let stage = self.stage.as_deref().unwrap_or("*");
        let arn = Arn {
            partition: &account.partition,
            service: "codepipeline",
            region: self.region.as_deref().unwrap_or("*"),
            account: &account.id,
            resource: &format!("{pipeline}/{stage}/{}", slot.action),
        };
        arn.to_string()
    }

    fn region(&self) -> FramePart<'_> {
        FramePart::Glob(self.region.as_deref().unwrap_or("*"), &REGION)
    }

    fn stage(&self) -> FramePart<'_> {
        FramePart::Glob(self.stage.as_deref().unwrap_or("*"), &NAME)
    }
}

/// The ARNs of a service's resources.
fn frame(
    account: &Account,
    service: &str,
    region: FramePart<'_>,
    id: &str,
    resource: &[FramePart<'_>],
) -> Frame {
    let parts = [
        FramePart::Text("arn:"),
        FramePart::Text(&account.partition),
        FramePart::Text(":"),
        FramePart::Text(service),
        FramePart::Text(":"),
        region,
        FramePart::Text(":"),
        FramePart::Text(id),
        FramePart::Text(":"),
    ];
    Frame::new(&[&parts, resource].concat())
}

/// The ARNs of IAM's users or roles, under any path.
fn iam(account: &Account, kind: &str) -> Frame {
    let beginning = format!("arn:{}:iam::{}:{kind}", account.partition, account.id);
    Frame::new(&[FramePart::Text(&beginning), FramePart::Anything, FramePart::Glob("*", &NAME)])
}
