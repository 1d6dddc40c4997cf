//! Looks up events in CloudTrail.

use std::sync::atomic::Ordering;
use std::time::Duration;

use aws_sdk_cloudtrail::primitives::DateTime;
use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};
use evidence::{APPROVAL, CloudTrail, Period};
use jiff::Timestamp;

use super::{Aws, CallError, incomplete};

/// The pause between two pages. AWS allows two requests per second (CloudTrail API Reference,
/// "LookupEvents").
const LOOKUP_PAUSE: Duration = Duration::from_millis(500);

/// The number of seconds around the start of a session where its event is looked for.
const LOOKUP_MARGIN: i64 = 5;

impl CloudTrail for Aws {
    type Error = CallError;

    async fn approval_events(&self, period: Period) -> Result<Vec<String>, CallError> {
        // Without an end: an execution of the period may have been approved after it.
        let start = period.since.map(|since| DateTime::from_secs(since.as_second()));
        self.look_up(LookupAttributeKey::EventName, APPROVAL, start, None).await
    }

    async fn events_of_resource(
        &self,
        name: &str,
        around: Option<Timestamp>,
    ) -> Result<Vec<String>, CallError> {
        tokio::time::sleep(LOOKUP_PAUSE).await;
        let second = around.map(Timestamp::as_second);
        let start = second.map(|second| DateTime::from_secs(second.saturating_sub(LOOKUP_MARGIN)));
        let end = second.map(|second| DateTime::from_secs(second.saturating_add(LOOKUP_MARGIN)));
        self.look_up(LookupAttributeKey::ResourceName, name, start, end).await
    }
}

impl Aws {
    /// Reads all pages of LookupEvents for one attribute, with pauses for the limit of AWS.
    async fn look_up(
        &self,
        key: LookupAttributeKey,
        value: &str,
        start: Option<DateTime>,
        end: Option<DateTime>,
    ) -> Result<Vec<String>, CallError> {
        const ACTION: &str = "cloudtrail:LookupEvents";
        let attribute = LookupAttribute::builder()
            .attribute_key(key)
            .attribute_value(value)
            .build()
            .map_err(|_| incomplete(ACTION, "lookup attribute"))?;
        let cloudtrail = aws_sdk_cloudtrail::Client::new(&self.0);
        let mut events = Vec::new();
        let mut token = None;
        loop {
            self.1.fetch_add(1, Ordering::Relaxed);
            let call = cloudtrail.lookup_events().lookup_attributes(attribute.clone());
            let call = call.set_start_time(start).set_end_time(end).set_next_token(token.clone());
            let reply = call.send().await.map_err(|error| CallError::new(ACTION, &error))?;
            for event in reply.events.unwrap_or_default() {
                events.push(
                    event
                        .cloud_trail_event
                        .ok_or_else(|| incomplete(ACTION, "`CloudTrailEvent`"))?,
                );
            }
            match reply.next_token {
                None => return Ok(events),
                Some(next) if token.as_ref() == Some(&next) => {
                    return Err(incomplete(ACTION, "next page"));
                }
                Some(next) => token = Some(next),
            }
            tokio::time::sleep(LOOKUP_PAUSE).await;
        }
    }
}
