//! AWS, as the web needs it: the ports of the command line, and answers in the name of a person.

use std::future::Future;

use facts::{CallError, CodePipeline, Roles};
use signing::Answer;

use crate::notify::Notice;
use crate::open::OpenRun;
use crate::pipeline::Pipeline;
use crate::port::Aws;

/// AWS, as the web needs it.
pub(crate) trait Ports: Send + Sync + 'static {
    type Aws: Aws;
    type CodePipeline: CodePipeline;
    type Roles: Roles;

    fn aws(&self) -> &Self::Aws;
    fn codepipeline(&self) -> &Self::CodePipeline;
    fn roles(&self) -> &Self::Roles;

    /// The PEM file of a public key of a load balancer, at this address.
    fn public_key(&self, url: &str) -> impl Future<Output = Result<String, CallError>>;

    /// The principal that CodePipeline will record for an answer of this person.
    fn principal(&self, person: &str) -> impl Future<Output = Result<String, CallError>>;

    /// PutApprovalResult in the name of a person: one request, after the one for credentials if
    /// these are a session's.
    fn answer(
        &self,
        person: &str,
        pipeline: &Pipeline,
        approval: &OpenRun,
        answer: Answer,
        comment: &str,
    ) -> impl Future<Output = Result<(), CallError>>;

    /// Mails to people. Returns `None` if nothing is configured to send mails.
    fn tell(&self, notice: &Notice) -> impl Future<Output = Option<Result<(), CallError>>>;

    /// StartPipelineExecution in the name of a person, as an answer. Returns the execution's id.
    fn start(
        &self,
        person: &str,
        pipeline: &Pipeline,
    ) -> impl Future<Output = Result<String, CallError>>;
}
