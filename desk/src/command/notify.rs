//! `desk` as the Lambda function that tells people what awaits them.

use std::error::Error;

use lambda_runtime::{LambdaEvent, service_fn};
use names::PipelineGlob;
use serde::Serialize;
use serde_json::Value;

use crate::aws::{Connected, Connection, LiveWays, RoleArn, SecretArn, TopicArn};
use crate::exit::Exit;
use crate::look::Eyes;
use crate::notify::{Notice, Occasion, Told, Watch, tell};
use crate::output;
use crate::report::pending::Unreadable;
use crate::rule_source::{RuleFile, RuleSource};
use crate::web::NoDesk;

/// What the environment says, apart from the rule.
#[derive(Debug)]
pub(super) struct Settings {
    /// The role that answers are given with. It is named, and not assumed.
    pub(super) role: RoleArn,
    pub(super) pipelines: Option<PipelineGlob>,
    pub(super) topic: Option<TopicArn>,
    pub(super) secret: Option<SecretArn>,
}

/// The reply to EventBridge, which nobody reads, and to people who try the function.
#[derive(Serialize)]
struct Done {
    notices: usize,
}

/// Nobody was told, so Lambda should try the event again.
#[derive(Debug, thiserror::Error)]
#[error("a notice about {pipeline} reached nobody: {problems}")]
struct NobodyTold {
    pipeline: String,
    problems: String,
}

/// A pipeline that is left out, because the others must not wait for it.
#[derive(Debug, thiserror::Error)]
#[error("{pipeline} is left out: {problem}")]
struct LeftOut {
    pipeline: String,
    problem: String,
}

/// A way that failed, while others did not.
#[derive(Debug, thiserror::Error)]
#[error("a notice about {pipeline} did not go every way: {problems}")]
struct NotEveryWay {
    pipeline: String,
    problems: String,
}

/// Everything that an invocation needs.
struct Function {
    file: RuleFile,
    origin: String,
    settings: Settings,
    connected: Connected,
    ways: LiveWays,
}

/// Serves until Lambda ends the process.
pub(super) async fn serve(settings: Settings, file: RuleFile) -> Result<Exit, Box<dyn Error>> {
    let origin = file.rule.desk().ok_or(NoDesk)?.origin().to_owned();
    let connection = Connection::default();
    let connected = connection.open().await?;
    let ways =
        LiveWays::open(&connection, settings.topic.as_ref(), settings.secret.as_ref()).await?;
    let function = Function { file, origin, settings, connected, ways };
    let run = |event: LambdaEvent<Value>| {
        let function = &function;
        async move { function.invoked(&event.payload).await }
    };
    lambda_runtime::run(service_fn(run)).await.map_err(|error| -> Box<dyn Error> { error })?;
    Ok(Exit::Done)
}

impl Function {
    async fn invoked(&self, event: &Value) -> Result<Done, Box<dyn Error + Send + Sync>> {
        let occasion = Occasion::of(event)?;
        let rules = RuleSource::new(Some(self.file.clone()));
        let Connected { aws, reader, iam } = &self.connected;
        let eyes = Eyes { aws, codepipeline: reader, roles: iam, rules: &rules };
        let watch = Watch {
            eyes: &eyes,
            glob: self.settings.pipelines.as_ref(),
            session: &|person| self.settings.role.session(person),
            origin: &self.origin,
        };
        let seen = Box::pin(watch.look(&occasion)).await?;
        for Unreadable { pipeline, problem } in seen.unreadable {
            output::print_error(&LeftOut { pipeline, problem });
        }
        let mut failed = None;
        for notice in &seen.notices {
            failed = self.tell(notice).await.err().or(failed);
        }
        match failed {
            Some(nobody) => Err(nobody.into()),
            None => Ok(Done { notices: seen.notices.len() }),
        }
    }

    async fn tell(&self, notice: &Notice) -> Result<(), NobodyTold> {
        let Told { ways, problems } = tell(&self.ways, notice).await;
        let pipeline = notice.pipeline.clone();
        let problems = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        match (ways, problems.is_empty()) {
            (0, _) => Err(NobodyTold { pipeline, problems }),
            (_, true) => Ok(()),
            (_, false) => {
                output::print_error(&NotEveryWay { pipeline, problems });
                Ok(())
            }
        }
    }
}
