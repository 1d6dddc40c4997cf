//! The event that starts the gate and the reviews function.

#[path = "../../job/src/event.rs"]
#[expect(clippy::module_inception, reason = "it is the file `event.rs` of another crate")]
#[expect(unreachable_pub, reason = "it is public in its own crate")]
mod event;

use event::Event;
use serde_json::Value;

/// What is read is in the event, and nothing else of the event is kept: above all not its
/// credentials.
pub fn check(data: &[u8]) {
    let Ok(event) = serde_json::from_slice::<Event>(data) else { return };
    let Ok(value) = serde_json::from_slice::<Value>(data) else { return };
    let shown = format!("{event:?}");
    let at = |path: &str| value.pointer(path).unwrap_or(&Value::Null);
    let (id, action) =
        (at("/CodePipeline.job/id"), at("/CodePipeline.job/data/actionConfiguration"));
    for secret in ["AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI", "MIICiTCCAfIC"] {
        let is_elsewhere = [id, action].into_iter().any(|it| it.to_string().contains(secret));
        assert!(is_elsewhere || !shown.contains(secret), "it keeps a credential");
    }
    match event.into_job() {
        Err(error) => assert!(!error.to_string().contains("AKIA")),
        Ok(job) => {
            assert_eq!(*id, Value::String(job.id));
            let configuration = action.get("configuration").unwrap_or(&Value::Null);
            if let Some(function) = job.function_name {
                assert_eq!(configuration.get("FunctionName"), Some(&Value::String(function)));
            }
            // INVARIANT (fail closed): what cannot be read is never absent.
            if job.user_parameters.is_none() {
                assert!(configuration.is_object(), "unread parameters count as none");
                let given = configuration.get("UserParameters").unwrap_or(&Value::Null);
                assert!(given.is_null(), "given parameters count as none");
            }
        }
    }
}
