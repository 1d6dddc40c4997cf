//! What started an invocation. An event says where to look. Nothing else in it is believed.

use jiff::{Timestamp, ToSpan as _, Unit};
use names::{ActionName, ExecutionId, PipelineName, StageName};
use serde::Deserialize;
use serde_json::Value;

/// Why the function runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// An attempt of an action has changed.
    Changed(Place),
    /// The hour that begins at this time: what the schedule starts.
    Hour(Timestamp),
}

/// One attempt of an action, as far as an event names it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Place {
    pub(crate) pipeline: PipelineName,
    pub(crate) execution_id: ExecutionId,
    pub(crate) stage: StageName,
    pub(crate) action: ActionName,
    pub(crate) action_execution_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Event {
    source: String,
    detail_type: String,
    time: Timestamp,
    detail: Value,
}

/// The event is not one that this function is for.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the event is neither a change of an action of CodePipeline nor of a schedule of EventBridge; \
     start this function by the rules of the template"
)]
pub(crate) struct NotOurs;

impl Occasion {
    /// Reads an event of EventBridge (CodePipeline User Guide, "Monitoring CodePipeline events",
    /// and `tests/recorded/approval-rejected-with-cloudtrail.json`; EventBridge User Guide,
    /// "Creating a rule that runs on a schedule").
    ///
    /// # Errors
    /// [`NotOurs`] if it is another one.
    pub(crate) fn of(event: &Value) -> Result<Self, NotOurs> {
        let Event { source, detail_type, time, detail } =
            Event::deserialize(event).map_err(|_| NotOurs)?;
        match (source.as_str(), detail_type.as_str()) {
            ("aws.codepipeline", "CodePipeline Action Execution State Change") => {
                Place::deserialize(&detail).map(Self::Changed).map_err(|_| NotOurs)
            }
            // A schedule is some seconds late, and each hour has one event.
            ("aws.events", "Scheduled Event") => Ok(Self::Hour(begin_of_hour(time))),
            _ => Err(NotOurs),
        }
    }
}

fn begin_of_hour(time: Timestamp) -> Timestamp {
    let floor = jiff::TimestampRound::new().smallest(Unit::Hour).mode(jiff::RoundMode::Floor);
    time.round(floor).unwrap_or(time)
}

/// Whether something that ends at this time ends a day after the hour.
pub(crate) fn is_a_day_after(hour: Timestamp, until: Timestamp) -> bool {
    let (first, end) = (hour.saturating_add(24.hours()), hour.saturating_add(25.hours()));
    first.is_ok_and(|first| first <= until) && end.is_ok_and(|end| until < end)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn changed() -> Value {
        json!({
            "version": "0", "id": "a1044c01", "source": "aws.codepipeline",
            "detail-type": "CodePipeline Action Execution State Change",
            "account": "111122223333", "time": "2026-09-28T17:48:47Z", "region": "us-east-1",
            "resources": ["arn:aws:codepipeline:us-east-1:111122223333:payments"],
            "detail": {
                "pipeline": "payments", "execution-id": "5135744a-05db-4d5c-b2b5-b6c2fa61fc83",
                "start-time": "2026-09-28T17:48:47.407Z", "stage": "Release",
                "action-execution-id": "9b83e7f0-d93b-4a1b-bceb-7efd4374761f",
                "action": "Approve", "state": "SUCCEEDED", "region": "us-east-1",
                "type": {"owner": "AWS", "provider": "Manual", "category": "Approval", "version": "1"},
                "version": 1.0, "pipeline-execution-attempt": 1.0,
            },
        })
    }

    #[test]
    fn an_event_says_where_to_look() {
        let Ok(Occasion::Changed(place)) = Occasion::of(&changed()) else { panic!() };
        assert_eq!(
            (&*place.pipeline, &*place.stage, &*place.action),
            ("payments", "Release", "Approve")
        );
        assert_eq!(&*place.execution_id, "5135744a-05db-4d5c-b2b5-b6c2fa61fc83");
        assert_eq!(place.action_execution_id, "9b83e7f0-d93b-4a1b-bceb-7efd4374761f");
    }

    #[test]
    fn another_event_is_an_error() {
        for (pointer, value) in [
            ("/source", json!("mallory")),
            ("/detail-type", json!("CodePipeline Stage Execution State Change")),
            ("/time", json!("today")),
            ("/detail/pipeline", json!("pay/ments")),
            ("/detail/execution-id", json!("../../../sign-out")),
            ("/detail/stage", json!(7)),
            ("/detail/action-execution-id", Value::Null),
        ] {
            let mut event = changed();
            *event.pointer_mut(pointer).unwrap() = value;
            assert_eq!(Occasion::of(&event), Err(NotOurs), "{pointer}");
        }
        assert_eq!(Occasion::of(&Value::Null), Err(NotOurs));
    }

    #[test]
    fn each_time_out_is_a_day_after_one_hour() {
        let time = |text: &str| text.parse::<Timestamp>().unwrap();
        let scheduled = json!({
            "source": "aws.events", "detail-type": "Scheduled Event",
            "time": "2026-11-26T08:00:41Z", "detail": {},
        });
        let hour = time("2026-11-26T08:00:00Z");
        assert_eq!(Occasion::of(&scheduled), Ok(Occasion::Hour(hour)));
        for (until, is_due) in [
            ("2026-11-27T07:59:59.999Z", false),
            ("2026-11-27T08:00:00Z", true),
            ("2026-11-27T08:59:59.999Z", true),
            ("2026-11-27T09:00:00Z", false),
            ("2026-11-26T09:00:00Z", false),
        ] {
            assert_eq!(is_a_day_after(hour, time(until)), is_due, "{until}");
        }
    }
}
