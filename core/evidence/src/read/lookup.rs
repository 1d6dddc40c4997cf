//! Reads events from CloudTrail: the answers to a pipeline's approvals, and the start of the
//! sessions that gave them.

use std::collections::BTreeSet;
use std::future::Future;

use jiff::Timestamp;

use super::event::{Event, EventError, Identity, read_event};
use super::period::Period;

/// The calls that read events. Each returns the events as CloudTrail's JSON, from all pages.
pub trait CloudTrail {
    /// Why a call failed.
    type Error;

    /// LookupEvents by the name of the event of an approval.
    fn approval_events(
        &self,
        period: Period,
    ) -> impl Future<Output = Result<Vec<String>, Self::Error>>;

    /// LookupEvents by a resource: an access key, or the principal id of a session. CloudTrail
    /// lists both among the resources of the event that created them. With a time, only events
    /// within seconds of it.
    fn events_of_resource(
        &self,
        name: &str,
        around: Option<Timestamp>,
    ) -> impl Future<Output = Result<Vec<String>, Self::Error>>;
}

/// Why events cannot be read from CloudTrail.
#[derive(Debug, thiserror::Error)]
pub enum LookUpError<E> {
    /// A call failed.
    #[error(transparent)]
    Call(E),
    /// CloudTrail returned an event that cannot be read.
    #[error("CloudTrail returned an event that cannot be read")]
    Event(#[from] EventError),
}

/// Looks up the answers to approvals and, for those of this pipeline, the events that started their
/// sessions, link by link. `progress` is called once per session.
///
/// # Errors
/// [`LookUpError`] if a call fails or an event cannot be read.
pub async fn look_up<C: CloudTrail>(
    cloudtrail: &C,
    pipeline: &str,
    period: Period,
    progress: impl Fn(),
) -> Result<Vec<Event>, LookUpError<C::Error>> {
    let mut events = Vec::new();
    for json in cloudtrail.approval_events(period).await.map_err(LookUpError::Call)? {
        events.extend(read_event(&json)?);
    }
    let is_ours = |event: &&Event| match event {
        Event::Approval(approval) => approval.pipeline() == pipeline,
        Event::Session(_) => false,
    };
    let of_pipeline = events.iter().filter(is_ours);
    let mut open: Vec<Identity> = of_pipeline.map(|event| event.by().clone()).collect();
    let mut asked = BTreeSet::new();
    while let Some(session) = open.pop() {
        let name = (session.access_key.clone(), session.principal_id.clone(), session.created);
        if !session.is_a_session() || !asked.insert(name) {
            continue;
        }
        let started = start_of(cloudtrail, &session).await?;
        open.extend(started.iter().map(|event| event.by().clone()));
        events.extend(started);
        progress();
    }
    Ok(events)
}

/// The events that started a session: those that created its access key or, if there are none,
/// those with its principal id at the time of its start.
async fn start_of<C: CloudTrail>(
    cloudtrail: &C,
    session: &Identity,
) -> Result<Vec<Event>, LookUpError<C::Error>> {
    let of_resource = async |name: &str, around| {
        let found = cloudtrail.events_of_resource(name, around).await;
        Ok::<_, LookUpError<C::Error>>(sessions(&found.map_err(LookUpError::Call)?)?)
    };
    let mut started = Vec::new();
    if let Some(key) = &session.access_key {
        started = of_resource(key, None).await?;
    }
    if started.is_empty()
        && let (Some(id), Some(created)) = (&session.principal_id, session.created)
    {
        started = of_resource(id, Some(created)).await?;
    }
    Ok(started)
}

/// The session starts among these events. Other events can have an access key among their
/// resources, too.
fn sessions(events: &[String]) -> Result<Vec<Event>, EventError> {
    let read = events.iter().map(|json| read_event(json));
    let read: Vec<Option<Event>> = read.collect::<Result<_, _>>()?;
    let is_session = |event: &Event| match event {
        Event::Session(_) => true,
        Event::Approval(_) => false,
    };
    Ok(read.into_iter().flatten().filter(is_session).collect())
}
