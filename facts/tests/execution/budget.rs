//! How often a call is tried, and for how long.

use std::cell::Cell;
use std::time::Duration;

use facts::{Budget, CallError, Operation};
use tokio::time::Instant;

use crate::memory::{TIME, on_a_stopped_clock};

const OPERATION: Operation = Operation::of("sts", "GetCallerIdentity");

fn unavailable() -> CallError {
    CallError::Transient { operation: OPERATION, problem: "ThrottlingException".to_owned() }
}

#[test]
fn a_call_is_tried_again_while_it_may_help() {
    let tries = Cell::new(0);
    let fail_until = |last: usize, error: CallError| {
        tries.set(0);
        on_a_stopped_clock(async {
            let budget = Budget::of(TIME);
            let call = || {
                tries.set(tries.get() + 1);
                let reply = if tries.get() < last { Err(error.clone()) } else { Ok(()) };
                std::future::ready(reply)
            };
            budget.call(OPERATION, call).await
        })
    };
    assert_eq!(fail_until(3, unavailable()), Ok(()));
    assert_eq!(tries.get(), 3);
    assert_eq!(fail_until(usize::MAX, unavailable()), Err(unavailable()));
    assert_eq!(tries.get(), 9);
    let denied =
        CallError::AccessDenied { operation: OPERATION, message: "not authorized".to_owned() };
    assert_eq!(fail_until(3, denied.clone()), Err(denied));
    assert_eq!(tries.get(), 1);
}

#[test]
fn a_call_without_a_reply_ends_with_the_budget_and_not_later() {
    const SHORT: Duration = Duration::from_secs(20);
    const KEPT: Duration = Duration::from_secs(5);
    for (kept, most) in [(Duration::ZERO, SHORT), (KEPT, SHORT - KEPT)] {
        on_a_stopped_clock(async {
            let started = Instant::now();
            let budget = Budget::of(SHORT).without(kept);
            let call = budget.call(OPERATION, std::future::pending::<Result<(), CallError>>);
            assert!(matches!(call.await, Err(CallError::Transient { .. })));
            assert_eq!(started.elapsed(), most);
        });
    }
}

#[test]
fn an_error_of_a_service_is_sorted_by_what_to_do_about_it() {
    let sorted = |status, code| {
        CallError::of_service(OPERATION, status, code, "because".to_owned()).to_string()
    };
    assert_eq!(sorted(403, "AccessDenied"), "AWS refused GetCallerIdentity: because");
    assert_eq!(sorted(400, "AccessDeniedException"), "AWS refused GetCallerIdentity: because");
    for (status, code) in [
        (400, "Throttling"),
        (400, "TooManyRequestsException"),
        (429, "Anything"),
        (500, "InternalFailure"),
    ] {
        assert_eq!(sorted(status, code), format!("GetCallerIdentity is unavailable ({code})"));
    }
    assert_eq!(sorted(400, "NoSuchEntity"), "GetCallerIdentity answered NoSuchEntity: because");
    assert_eq!(OPERATION.iam_action(), "sts:GetCallerIdentity");
}
