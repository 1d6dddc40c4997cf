//! The pipeline of the demo.

use crate::aws::{Action, Kind};

pub(super) const PIPELINE: &str = "payments";
pub(super) const STAGE: &str = "Release";
pub(super) const GATE: &str = "TwoPersonRule";
pub(super) const DEPLOY: &str = "Deploy";
pub(super) const SLOTS: [&str; 2] = ["ApprovalA", "ApprovalB"];

/// The UserParameters of a gate that requires signatures.
pub(super) const REQUIRE_SIGNATURE: &str = r#"{"requireSignature": true}"#;

type Stages = [(&'static str, &'static [Action]); 3];

pub(super) const UNSIGNED: Stages = stages(&approve(None));
/// The same with a gate that requires signatures.
pub(super) const SIGNED: Stages = stages(&approve(Some(REQUIRE_SIGNATURE)));

const fn stages(approve: &'static [Action]) -> Stages {
    [
        ("Source", &[Action { name: "Source", kind: Kind::Source, run_order: 1 }]),
        (STAGE, approve),
        ("Deploy", &[Action { name: DEPLOY, kind: Kind::Deploy, run_order: 1 }]),
    ]
}

const fn approve(user_parameters: Option<&'static str>) -> [Action; 3] {
    [
        Action { name: SLOTS[0], kind: Kind::Approval, run_order: 1 },
        Action { name: SLOTS[1], kind: Kind::Approval, run_order: 1 },
        Action { name: GATE, kind: Kind::Gate(user_parameters), run_order: 2 },
    ]
}
