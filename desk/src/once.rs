//! AWS for one page or one report: each question is asked once, no matter how many approvals depend
//! on the answer, and only so many are asked at the same time.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::rc::Rc;

use evidence::history::PipelineExecution;
use facts::{CallError, CodePipeline, ExecutionPage, Roles, Started, StateEntry};
use names::FunctionRef;
use rule::Initiator;
use signing::Answer;
use tokio::sync::{OnceCell, Semaphore};

use crate::look::Eyes;
use crate::open::OpenRun;
use crate::pipeline::Pipeline;
use crate::port::{Aws, Execution, Listed, Page, Run};

/// The answers so far. Errors are not kept, so that a retry asks again.
#[derive(Debug)]
struct Answers<K, T>(RefCell<HashMap<K, Rc<OnceCell<T>>>>);

impl<K: Eq + Hash, T: Clone> Answers<K, T> {
    fn new() -> Self {
        Self(RefCell::default())
    }

    /// The answer. Those who ask while the call runs wait for it.
    async fn get(
        &self,
        key: K,
        call: impl AsyncFnOnce() -> Result<T, CallError>,
    ) -> Result<T, CallError> {
        let cell = Rc::clone(self.0.borrow_mut().entry(key).or_default());
        // On the heap: a page waits for hundreds of calls, each inside of others.
        cell.get_or_try_init(|| Box::pin(call())).await.cloned()
    }
}

/// A pipeline, and one of its executions.
type Place = (String, String);

/// The ports behind some eyes.
#[derive(Debug)]
pub(crate) struct Once<'a, A, C, R> {
    eyes: &'a Eyes<'a, A, C, R>,
    places: Semaphore,
    pipelines: Answers<String, Pipeline>,
    states: Answers<String, Vec<StateEntry>>,
    executions: Answers<Place, Execution>,
    histories: Answers<(Place, Option<String>), ExecutionPage>,
    roles: Answers<String, Option<String>>,
}

impl<'a, A: Aws, C: CodePipeline, R: Roles> Once<'a, A, C, R> {
    /// The same ports, with at most this many calls at the same time.
    pub(crate) fn new(eyes: &'a Eyes<'a, A, C, R>, at_once: usize) -> Self {
        Self {
            eyes,
            places: Semaphore::new(at_once),
            pipelines: Answers::new(),
            states: Answers::new(),
            executions: Answers::new(),
            histories: Answers::new(),
            roles: Answers::new(),
        }
    }

    /// Eyes that look through it.
    pub(crate) fn eyes(&self) -> Eyes<'_, Self, Self, Self> {
        Eyes { aws: self, codepipeline: self, roles: self, rules: self.eyes.rules }
    }

    async fn one<T>(
        &self,
        call: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, CallError> {
        // It is never closed.
        let place = self.places.acquire().await;
        let answer = call.await;
        drop(place);
        answer
    }
}

fn place(pipeline: &str, execution_id: &str) -> Place {
    (pipeline.to_owned(), execution_id.to_owned())
}

impl<A: Aws, C: CodePipeline, R: Roles> Aws for Once<'_, A, C, R> {
    async fn caller(&self) -> Result<String, CallError> {
        self.one(self.eyes.aws.caller()).await
    }

    async fn pipelines(&self, token: Option<&str>) -> Result<Page<Listed>, CallError> {
        self.one(self.eyes.aws.pipelines(token)).await
    }

    async fn pipeline(&self, name: &str) -> Result<Pipeline, CallError> {
        let call = async || self.one(self.eyes.aws.pipeline(name)).await;
        self.pipelines.get(name.to_owned(), call).await
    }

    async fn runs(&self, pipeline: &str, token: Option<&str>) -> Result<Page<Run>, CallError> {
        self.one(self.eyes.aws.runs(pipeline, token)).await
    }

    async fn execution(&self, pipeline: &str, execution_id: &str) -> Result<Execution, CallError> {
        let call = async || self.one(self.eyes.aws.execution(pipeline, execution_id)).await;
        self.executions.get(place(pipeline, execution_id), call).await
    }

    async fn past(&self, pipeline: &str, count: i32) -> Result<Vec<PipelineExecution>, CallError> {
        self.one(self.eyes.aws.past(pipeline, count)).await
    }

    async fn answer(
        &self,
        pipeline: &str,
        approval: &OpenRun,
        answer: Answer,
        comment: &str,
    ) -> Result<(), CallError> {
        self.one(self.eyes.aws.answer(pipeline, approval, answer, comment)).await
    }

    async fn environment(
        &self,
        function: &FunctionRef,
    ) -> Result<Option<BTreeMap<String, String>>, CallError> {
        self.one(self.eyes.aws.environment(function)).await
    }
}

impl<A: Aws, C: CodePipeline, R: Roles> CodePipeline for Once<'_, A, C, R> {
    async fn action_executions(
        &self,
        pipeline: &str,
        execution_id: &str,
        token: Option<&str>,
    ) -> Result<ExecutionPage, CallError> {
        let port = self.eyes.codepipeline;
        let call = async || self.one(port.action_executions(pipeline, execution_id, token)).await;
        let key = (place(pipeline, execution_id), token.map(str::to_owned));
        self.histories.get(key, call).await
    }

    async fn pipeline_state(&self, pipeline: &str) -> Result<Vec<StateEntry>, CallError> {
        let call = async || self.one(self.eyes.codepipeline.pipeline_state(pipeline)).await;
        self.states.get(pipeline.to_owned(), call).await
    }

    async fn started(&self, pipeline: &str, execution_id: &str) -> Result<Started, CallError> {
        // The same request.
        let Execution { releases, initiator, .. } = self.execution(pipeline, execution_id).await?;
        Ok(Started {
            initiator: initiator.unwrap_or(Initiator::Unknown),
            revisions: releases.into_iter().filter_map(|release| release.revision).collect(),
        })
    }
}

impl<A: Aws, C: CodePipeline, R: Roles> Roles for Once<'_, A, C, R> {
    async fn role_arn(&self, role: &str) -> Result<Option<String>, CallError> {
        let call = async || self.one(self.eyes.roles.role_arn(role)).await;
        self.roles.get(role.to_owned(), call).await
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use facts::Operation;

    use super::*;

    #[tokio::test]
    async fn a_question_is_asked_once_by_all_who_need_it_and_again_after_an_error() {
        let answers = Answers::new();
        let asked = Cell::new(0);
        let ask = |fails: bool| {
            let asked = &asked;
            async move || {
                asked.set(asked.get() + 1);
                tokio::task::yield_now().await;
                let (operation, problem) = (Operation::GET_PIPELINE_STATE, "no".to_owned());
                if fails { Err(CallError::Transient { operation, problem }) } else { Ok(7) }
            }
        };
        assert!(answers.get("a", ask(true)).await.is_err());
        let both = tokio::join!(answers.get("a", ask(false)), answers.get("a", ask(false)));
        assert_eq!((both, asked.get()), ((Ok(7), Ok(7)), 2));
        assert_eq!((answers.get("b", ask(false)).await, asked.get()), (Ok(7), 3));
    }
}
