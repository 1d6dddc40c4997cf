//! The Lambda function.

use std::error::Error;

use facts::{Budget, Floor};
use jiff::Timestamp;
use job::{Called, Failed, Function, serve};
use serde_json::value::RawValue;

use crate::aws::Live;
use crate::event::Event;
use crate::handler::{Occasion, Ports, handle};
use crate::settings::Settings;

static FUNCTION: Function = Function {
    name: "relay",
    log_target: env!("CARGO_PKG_NAME"),
    runs: "inside AWS Lambda, or as `relay run -- COMMAND`",
};

/// Serves until Lambda ends the process.
///
/// # Errors
/// If this is not a Lambda runtime, or the settings are wrong.
pub(crate) fn run() -> Result<(), Box<dyn Error + Send + Sync>> {
    serve(&FUNCTION, async || {
        let floor = Floor::from_environment();
        let ready = match Settings::from_environment() {
            Ok(settings) => Ok((Live::from_environment(&settings).await, settings)),
            Err(error) => Err(error),
        };
        async move |called: Called<Box<RawValue>>| {
            let misconfigured = |error| Failed::new("Misconfigured", error);
            let (live, settings) = ready.as_ref().map_err(misconfigured)?;
            let event = Event::parse(&called.event);
            let event = event.map_err(|error| Failed::new("Unreadable", &error))?;
            let occasion = Occasion {
                settings,
                floor: &floor,
                request_id: &called.request_id,
                budget: Budget::of(called.left).unwatched(),
                now: Timestamp::now(),
            };
            let Live { releases, feedback, elsewhere } = live;
            let ports = Ports { releases, feedback, elsewhere };
            Box::pin(handle(&ports, occasion, event)).await
        }
    })
}
