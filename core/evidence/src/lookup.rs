//! CloudTrail asked now: the approvals of a pipeline, and who took the sessions in which they were
//! given.

use std::collections::BTreeSet;

use super::event::{Event, EventError, Identity, read_event};
use super::period::Period;
use super::trail::CloudTrail;

/// Why there are no events.
#[derive(Debug, thiserror::Error)]
pub enum LookUpError<E> {
    #[error(transparent)]
    Call(E),
    #[error("an event that CloudTrail told cannot be read")]
    Event(#[from] EventError),
}

/// Looks up the approvals, and then the sessions of those of this pipeline, link by link.
/// `progress` is told of each session.
///
/// # Errors
/// [`LookUpError`] if AWS gives no answer, or an event that cannot be read.
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
        let made = who_took(cloudtrail, &session).await?;
        open.extend(made.iter().map(|event| event.by().clone()));
        events.extend(made);
        progress();
    }
    Ok(events)
}

/// The events that made a session: by its access key, or if that was not made by any, by who it is
/// and when it was made.
async fn who_took<C: CloudTrail>(
    cloudtrail: &C,
    session: &Identity,
) -> Result<Vec<Event>, LookUpError<C::Error>> {
    let of_resource = async |name: &str, around| {
        let found = cloudtrail.events_of_resource(name, around).await;
        Ok::<_, LookUpError<C::Error>>(sessions(&found.map_err(LookUpError::Call)?)?)
    };
    let mut made = Vec::new();
    if let Some(key) = &session.access_key {
        made = of_resource(key, None).await?;
    }
    if made.is_empty()
        && let (Some(id), Some(created)) = (&session.principal_id, session.created)
    {
        made = of_resource(id, Some(created)).await?;
    }
    Ok(made)
}

/// A key is also among the resources of other events than that which made it.
fn sessions(events: &[String]) -> Result<Vec<Event>, EventError> {
    let read = events.iter().map(|json| read_event(json));
    let read: Vec<Option<Event>> = read.collect::<Result<_, _>>()?;
    let is_session = |event: &Event| match event {
        Event::Session(_) => true,
        Event::Approval(_) => false,
    };
    Ok(read.into_iter().flatten().filter(is_session).collect())
}
