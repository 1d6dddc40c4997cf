//! An open approval, as a person who is asked for it sees it.

use std::fmt::Display;

use emulator::aws::{Answer, Caller, OpenApproval};
use emulator::signer::nonce;
use signing::{Approval, Statement};

use crate::STAGE;

/// An open approval of an execution, and what the execution releases, according to the API.
#[derive(Debug)]
pub struct Request<'a> {
    open: OpenApproval<'a>,
    execution_id: String,
    revisions: Vec<String>,
}

impl<'a> Request<'a> {
    /// Waits until an approval of [`STAGE`] is open.
    pub async fn read(
        caller: &Caller,
        pipeline: &'a str,
        execution_id: &str,
        slot: &'a str,
    ) -> Self {
        let open = caller.open_approval(pipeline, STAGE, slot).await.unwrap();
        let revisions = caller.revisions(pipeline, execution_id).await.unwrap();
        assert!(!revisions.is_empty());
        Self { open, execution_id: execution_id.to_owned(), revisions }
    }

    /// The statement that approves it.
    #[must_use]
    pub fn statement(&self) -> Statement {
        self.statement_about(|approval| approval)
    }

    /// The same statement, changed in some field.
    pub fn statement_about(
        &self,
        change: impl for<'s> FnOnce(Approval<'s>) -> Approval<'s>,
    ) -> Statement {
        let revisions: Vec<&str> = self.revisions.iter().map(String::as_str).collect();
        let approval = Approval {
            pipeline: self.open.pipeline,
            execution: &self.execution_id,
            stage: self.open.stage,
            action: self.open.action,
            attempt: &self.open.attempt,
            answer: Answer::Approved,
            revisions: &revisions,
        };
        Statement::new(&change(approval), &nonce().unwrap()).unwrap()
    }

    /// Approves it with this comment.
    pub async fn approve(&self, caller: &Caller, comment: impl Display) {
        caller.put_answer(&self.open, Answer::Approved, &comment.to_string()).await.unwrap();
    }
}
