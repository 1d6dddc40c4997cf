//! The last satisfied release: what is reviewed is what came after it.

use std::collections::BTreeSet;

use facts::{
    Budget, CallError, CodePipeline, Executions, HistoryEntry, Listed, Operation, read_history,
};
use names::FunctionRef;
use rule::{ActionKind, Status, Verdict, output_variable};

/// The most executions on a page of ListPipelineExecutions.
const PAGE: i32 = 100;
/// How many succeeded executions are read until one is the release.
const READ: usize = 100;

/// Where the search looks, and what it looks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Search<'a> {
    pub(crate) account: &'a str,
    pub(crate) pipeline: &'a str,
    /// The execution that runs now.
    pub(crate) own: &'a str,
    /// The gate's function, with its account and region.
    pub(crate) gate: &'a FunctionRef,
}

/// What the search found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    /// The last satisfied release: its id and its history.
    pub(crate) release: Option<(String, Vec<HistoryEntry>)>,
    /// If the execution that runs now is a rollback: the one that it goes back to.
    pub(crate) rolls_back_to: Option<String>,
}

/// Goes back through the list, newest first.
///
/// INVARIANT (fail closed): after a rollback, an older revision is deployed. The base is then the
/// execution that was rolled back to, or an older one, so that what was taken back is looked at
/// again. That also holds for a rollback that failed, or that began after the execution that runs
/// now. An older base only makes the range longer.
#[derive(Debug)]
struct Walk<'a> {
    own: &'a str,
    has_passed_own: bool,
    /// Targets of rollbacks that the walk has not come to yet.
    ahead: BTreeSet<String>,
}

impl Walk<'_> {
    /// Whether this execution, the next one in the list, may be the base.
    fn may_be_base(&mut self, listed: &Listed) -> bool {
        self.ahead.remove(&listed.id);
        let is_rollback = listed.kind.as_deref() == Some("ROLLBACK");
        if is_rollback {
            // Without a target, nothing that is left may be the base.
            self.ahead.insert(listed.rollback_target.clone().unwrap_or_default());
        }
        let was_passed = self.has_passed_own;
        self.has_passed_own |= listed.id == self.own;
        was_passed
            && !is_rollback
            && self.ahead.is_empty()
            && listed.status.as_deref() == Some("Succeeded")
    }
}

impl Search<'_> {
    /// Finds the last satisfied release.
    ///
    /// # Errors
    /// [`CallError`] if a call gave no answer, or the list lacks the execution that runs now.
    pub(crate) async fn find(
        self,
        executions: &impl Executions,
        codepipeline: &impl CodePipeline,
        budget: Budget,
    ) -> Result<Found, CallError> {
        const OPERATION: Operation = Operation::LIST_PIPELINE_EXECUTIONS;
        let mut walk = Walk { own: self.own, has_passed_own: false, ahead: BTreeSet::new() };
        let mut found = Found::default();
        let mut left = READ;
        let mut seen = BTreeSet::new();
        let mut token: Option<String> = None;
        loop {
            let call = || executions.executions(self.pipeline, PAGE, token.as_deref());
            let page = budget.call(OPERATION, call).await?;
            for listed in &page.executions {
                if listed.id == self.own {
                    found.rolls_back_to.clone_from(&listed.rollback_target);
                }
                if !walk.may_be_base(listed) {
                    continue;
                }
                if left == 0 {
                    return Ok(found);
                }
                left -= 1;
                let history = read_history(codepipeline, self.pipeline, &listed.id, budget).await?;
                if history.iter().any(|entry| self.is_satisfied_gate(entry, &listed.id)) {
                    found.release = Some((listed.id.clone(), history));
                    return Ok(found);
                }
            }
            token = page.next_token;
            match &token {
                // If a page comes twice, reading would never end.
                Some(next) if !seen.insert(next.clone()) => {
                    return Err(CallError::Malformed {
                        operation: OPERATION,
                        problem: "it names a page that was read already",
                    });
                }
                Some(_) => {}
                None if walk.has_passed_own => return Ok(found),
                None => {
                    return Err(CallError::Transient {
                        operation: OPERATION,
                        problem: "it does not show this execution yet".to_owned(),
                    });
                }
            }
        }
    }

    /// Whether this is a run of the gate that was satisfied with its execution. The function must
    /// be the one in this account and region, and its very version: an older one may have an older
    /// rule.
    fn is_satisfied_gate(&self, entry: &HistoryEntry, execution: &str) -> bool {
        let HistoryEntry { attempt, outputs, ran, .. } = entry;
        let Some([category, owner, provider]) = &ran.type_id else { return false };
        let output = |name: &str| outputs.get(name).map(String::as_str);
        let runs_gate = |it: &String| self.gate.is_run_by(it, ran.role.as_deref(), self.account);
        ActionKind::invokes_lambda(Some(category), Some(owner), Some(provider))
            && ran.function.as_ref().is_some_and(runs_gate)
            && ran.region.as_deref().is_none_or(|region| self.gate.may_be_in(region))
            && entry.execution_id.as_deref() == Some(execution)
            && attempt.status == Status::Succeeded
            && output(output_variable::VERDICT) == Some(Verdict::Satisfied.as_str())
            && output(output_variable::PIPELINE_EXECUTION_ID) == Some(execution)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(id: &str, status: &str, target: Option<&str>) -> Listed {
        Listed {
            id: id.to_owned(),
            status: Some(status.to_owned()),
            kind: target.map(|_| "ROLLBACK".to_owned()),
            rollback_target: target.filter(|it| !it.is_empty()).map(str::to_owned),
            ..Listed::default()
        }
    }

    /// The executions of a list, newest first, that may be the base of `own`.
    fn candidates(list: &[(&str, &str, Option<&str>)]) -> String {
        let mut walk = Walk { own: "own", has_passed_own: false, ahead: BTreeSet::new() };
        let may_be = |(id, status, target): &(&str, &str, Option<&str>)| {
            walk.may_be_base(&listed(id, status, *target)).then(|| (*id).to_owned())
        };
        list.iter().filter_map(may_be).collect::<Vec<_>>().join(" ")
    }

    const OWN: (&str, &str, Option<&str>) = ("own", "InProgress", None);

    #[test]
    fn only_older_executions_that_succeeded_may_be_the_base() {
        let list = [
            ("newer", "Succeeded", None),
            OWN,
            ("failed", "Failed", None),
            ("b", "Succeeded", None),
            ("stopped", "Stopped", None),
            ("a", "Succeeded", None),
        ];
        assert_eq!(candidates(&list), "b a");
    }

    #[test]
    fn after_a_rollback_the_base_is_not_newer_than_its_target() {
        for status in ["Succeeded", "Failed", "InProgress"] {
            let list = [
                OWN,
                ("r", status, Some("a")),
                ("b", "Succeeded", None),
                ("a", "Succeeded", None),
                ("z", "Succeeded", None),
            ];
            assert_eq!(candidates(&list), "a z", "{status}");
        }
        let after = [OWN, ("c", "Succeeded", None), ("r", "Succeeded", Some("a")), OWN];
        assert_eq!(candidates(&after), "c");
        let meanwhile = [
            ("r", "Succeeded", Some("a")),
            OWN,
            ("b", "Succeeded", None),
            ("a", "Succeeded", None),
        ];
        assert_eq!(candidates(&meanwhile), "a");
    }

    #[test]
    fn a_rollback_from_a_rollback_needs_both_targets() {
        let list = [
            OWN,
            ("s", "Failed", Some("b")),
            ("r", "Succeeded", Some("a")),
            ("b", "Succeeded", None),
            ("a", "Succeeded", None),
        ];
        assert_eq!(candidates(&list), "a");
    }

    #[test]
    fn a_rollback_whose_target_is_unknown_leaves_no_base() {
        let list = [OWN, ("r", "Succeeded", Some("")), ("a", "Succeeded", None)];
        assert_eq!(candidates(&list), "");
    }
}
