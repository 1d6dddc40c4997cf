//! What is audited: the slots, the pipelines that have them, and the gate.

use std::str::FromStr;

use iam::account::Account;
use iam::{Alphabet, Frame, FramePart};

use super::action::On;
use doctor::GateFunction;
use names::{PipelineGlob, RegionGlob, StageGlob};

/// The characters of names of pipelines, stages and actions (CodePipeline API Reference).
const NAME: &Alphabet =
    &Alphabet::new(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.@_-");
/// The characters of names of regions.
const REGION: &Alphabet = &Alphabet::new(b"abcdefghijklmnopqrstuvwxyz0123456789-");

/// A slot as the user writes it: `NAME` or `NAME=GROUP`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The name of the approval action.
    pub action: String,
    /// The group that serves it, if the user named one.
    pub group: Option<String>,
}

/// Why a text is not a slot.
#[derive(Debug, thiserror::Error)]
pub enum SlotError {
    /// A name that CodePipeline does not allow.
    #[error(
        "`{0}` is not the name of an action: CodePipeline takes 1 to 100 of A-Z, a-z, 0-9 and .@_-"
    )]
    Action(String),
    /// An empty name of a group.
    #[error("`{0}` has no group after the `=`")]
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
        let of_names = |c: char| c.is_ascii_alphanumeric() || ".@_-".contains(c);
        if !(1..=100).contains(&action.len()) || !action.chars().all(of_names) {
            return Err(SlotError::Action(action.to_owned()));
        }
        let action = action.to_owned();
        Ok(Self { action, group })
    }
}

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
    pub gate: GateFunction,
}

impl Scope {
    /// The resources of an action that matter here. Of pipelines, stages and approvals these are
    /// `arn:P:codepipeline:REGION:ACCOUNT:PIPELINE/STAGE/ACTION`, as far as each goes.
    pub(super) fn resources(&self, account: &Account, on: On) -> Frame {
        let pipelines = |rest: &[FramePart<'_>]| {
            self.frame(account, "codepipeline", &[&[self.pipeline()], rest].concat())
        };
        let slash = FramePart::Text("/");
        match on {
            On::Pipelines => pipelines(&[]),
            On::Stages => pipelines(&[slash, self.stage()]),
            On::Approvals => pipelines(&[slash, self.stage(), slash, FramePart::Glob("*", NAME)]),
            On::Gate => self.gate(account, &[]),
            // Whatever follows its name: which of these it is, is asked of `gate_forms`.
            On::InvokedGate => self.gate(account, &[FramePart::Anything]),
            On::Users => iam(account, "user/"),
            On::Roles => iam(account, "role/"),
            On::Everything => Frame::new(&[FramePart::Text("*")]),
            On::Anything => Frame::new(&[FramePart::Anything]),
        }
    }

    /// The gate's function by itself, and with a version or an alias (Lambda API model,
    /// `FunctionName`).
    pub(super) fn gate_forms(&self, account: &Account) -> [Frame; 2] {
        let version = [FramePart::Text(":"), FramePart::Glob("*", NAME)];
        [self.gate(account, &[]), self.gate(account, &version)]
    }

    fn gate(&self, account: &Account, rest: &[FramePart<'_>]) -> Frame {
        match self.gate.arn() {
            Some(arn) => Frame::new(&[&[FramePart::Text(&arn)], rest].concat()),
            // In whichever region it may be.
            None => {
                let name = [FramePart::Text("function:"), FramePart::Text(self.gate.name())];
                self.frame(account, "lambda", &[&name, rest].concat())
            }
        }
    }

    /// How a slot is called where no pipeline is meant in particular.
    pub(super) fn slot_arn(&self, account: &Account, slot: &Slot) -> String {
        format!(
            "arn:{}:codepipeline:{}:{}:{}/{}/{}",
            account.partition,
            self.region.as_deref().unwrap_or("*"),
            account.id,
            self.pipeline.as_deref().unwrap_or("*"),
            self.stage.as_deref().unwrap_or("*"),
            slot.action,
        )
    }

    fn frame(&self, account: &Account, service: &str, resource: &[FramePart<'_>]) -> Frame {
        let region = self.region.as_deref().unwrap_or("*");
        let parts = [
            FramePart::Text("arn:"),
            FramePart::Text(&account.partition),
            FramePart::Text(":"),
            FramePart::Text(service),
            FramePart::Text(":"),
            FramePart::Glob(region, REGION),
            FramePart::Text(":"),
            FramePart::Text(&account.id),
            FramePart::Text(":"),
        ];
        Frame::new(&[&parts, resource].concat())
    }

    fn pipeline(&self) -> FramePart<'_> {
        FramePart::Glob(self.pipeline.as_deref().unwrap_or("*"), NAME)
    }

    fn stage(&self) -> FramePart<'_> {
        FramePart::Glob(self.stage.as_deref().unwrap_or("*"), NAME)
    }
}

/// Everything of a kind that IAM has, under any path.
fn iam(account: &Account, kind: &str) -> Frame {
    let beginning = format!("arn:{}:iam::{}:{kind}", account.partition, account.id);
    Frame::new(&[FramePart::Text(&beginning), FramePart::Anything, FramePart::Glob("*", NAME)])
}
