//! The structure of a pipeline, as far as approvals depend on it.

use jiff::SignedDuration;
use names::FunctionRef;

/// The variable that CodePipeline replaces with the id of the execution in the configuration of an
/// action (CodePipeline User Guide, "Variables reference"). GetPipeline shows it as it is written.
pub(crate) const EXECUTION_VARIABLE: &str = "#{codepipeline.PipelineExecutionId}";

/// How long an approval waits by default (CodePipeline User Guide, "Quotas").
const DEFAULT_TIMEOUT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pipeline {
    pub(crate) name: String,
    /// The account, from the pipeline's ARN: 12 digits.
    pub(crate) account: String,
    pub(crate) is_parallel: bool,
    pub(crate) stages: Vec<Stage>,
}

/// One stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stage {
    pub(crate) name: String,
    pub(crate) actions: Vec<Action>,
}

/// One action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Action {
    pub(crate) name: String,
    pub(crate) run_order: i32,
    pub(crate) kind: Kind,
}

/// What an action does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Approval/AWS/Manual.
    Approval(Approval),
    /// Invoke/AWS/Lambda: it may be the gate.
    Lambda {
        /// `None` if the name is not one of a function.
        function: Option<FunctionRef>,
        user_parameters: Option<String>,
    },
    Other,
}

/// The settings of a manual approval.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Approval {
    pub(crate) timeout_minutes: Option<i32>,
    /// `CustomData`: what the pipeline's author wants the approver to know.
    pub(crate) note: Option<String>,
    /// `ExternalEntityLink`: what the approver should look at.
    pub(crate) link: Option<String>,
}

impl Approval {
    /// How long it waits for an answer.
    pub(crate) fn timeout(&self) -> SignedDuration {
        let minutes = self.timeout_minutes.map(i64::from);
        minutes.map_or(DEFAULT_TIMEOUT, SignedDuration::from_mins)
    }
}

/// A Lambda action that runs after the approvals of its stage, so that it can be their gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GateAction<'a> {
    pub(crate) action: &'a str,
    pub(crate) function: Option<&'a FunctionRef>,
    pub(crate) user_parameters: Option<&'a str>,
}

impl Pipeline {
    pub(crate) fn stage(&self, name: &str) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.name == name)
    }

    /// The settings of a manual approval.
    pub(crate) fn approval(&self, stage: &str, action: &str) -> Option<&Approval> {
        let mut actions = self.stage(stage)?.actions.iter();
        match &actions.find(|known| known.name == action)?.kind {
            Kind::Approval(approval) => Some(approval),
            Kind::Lambda { .. } | Kind::Other => None,
        }
    }

    /// How long the most patient approval waits.
    pub(crate) fn longest_timeout(&self) -> SignedDuration {
        let actions = self.stages.iter().flat_map(|stage| &stage.actions);
        let timeouts = actions.filter_map(|action| match &action.kind {
            Kind::Approval(approval) => Some(approval.timeout()),
            Kind::Lambda { .. } | Kind::Other => None,
        });
        timeouts.max().unwrap_or(DEFAULT_TIMEOUT)
    }
}

impl Stage {
    /// Whether somebody has to answer here.
    pub(crate) fn has_approvals(&self) -> bool {
        self.actions.iter().any(|action| matches!(action.kind, Kind::Approval(_)))
    }

    /// The actions that can be the gate of this stage: Lambda actions that run after all of its
    /// approvals.
    pub(crate) fn gates(&self) -> impl Iterator<Item = GateAction<'_>> {
        let approvals = self.actions.iter().filter(|it| matches!(it.kind, Kind::Approval(_)));
        let last_approval = approvals.map(|action| action.run_order).max();
        self.actions.iter().filter_map(move |action| match &action.kind {
            Kind::Lambda { function, user_parameters }
                if Some(action.run_order) > last_approval =>
            {
                Some(GateAction {
                    action: &action.name,
                    function: function.as_ref(),
                    user_parameters: user_parameters.as_deref(),
                })
            }
            Kind::Lambda { .. } | Kind::Approval(_) | Kind::Other => None,
        })
    }

    /// The names of its manual approvals.
    pub(crate) fn approvals(&self) -> impl Iterator<Item = &str> {
        let approvals = self.actions.iter().filter(|it| matches!(it.kind, Kind::Approval(_)));
        approvals.map(|action| action.name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action(name: &str, run_order: i32, kind: Kind) -> Action {
        Action { name: name.to_owned(), run_order, kind }
    }

    fn lambda(function: &str) -> Kind {
        Kind::Lambda { function: function.parse().ok(), user_parameters: None }
    }

    #[test]
    fn a_gate_runs_after_every_approval_of_its_stage() {
        let stage = Stage {
            name: "Release".to_owned(),
            actions: vec![
                action("Before", 1, lambda("smoke-test")),
                action("ApprovalA", 1, Kind::Approval(Approval::default())),
                action("Between", 2, lambda("smoke-test")),
                action("ApprovalB", 2, Kind::Approval(Approval::default())),
                action("Gate", 3, lambda("two-person-rule-gate")),
                action("Deploy", 3, Kind::Other),
            ],
        };
        let gates: Vec<&str> = stage.gates().map(|gate| gate.action).collect();
        assert_eq!(gates, ["Gate"]);
    }

    #[test]
    fn an_approval_waits_a_week_unless_it_says_otherwise() {
        let approval = |timeout_minutes| Approval { timeout_minutes, ..Approval::default() };
        assert_eq!(approval(None).timeout(), SignedDuration::from_hours(168));
        assert_eq!(approval(Some(90)).timeout(), SignedDuration::from_mins(90));
    }
}
