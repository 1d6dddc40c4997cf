//! Groups the exceptions of a report by what is wrong, so that each cause is said once.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::judge::evaluate::Evaluated;
use crate::judge::exception::Exception;
use crate::report::Report;

/// Exceptions with the same code, the same words and the same acceptance.
pub(crate) struct Cause<'a> {
    pub(crate) exception: &'a Exception,
    /// The executions, newest first, each with its position in the report.
    pub(crate) executions: Vec<(usize, &'a Evaluated)>,
}

/// The causes of all exceptions, the worst first. Accepted exceptions come last.
pub(crate) fn causes(report: &Report) -> Vec<Cause<'_>> {
    let mut position = HashMap::new();
    let mut causes: Vec<Cause<'_>> = Vec::new();
    for (at, evaluated) in report.executions.iter().enumerate() {
        for exception in &evaluated.exceptions {
            let known = *position.entry(key(exception)).or_insert(causes.len());
            match causes.get_mut(known) {
                // A retry can have the same exception twice in one execution.
                Some(cause) if cause.executions.last().is_some_and(|(last, _)| *last == at) => {}
                Some(cause) => cause.executions.push((at, evaluated)),
                None => causes.push(Cause { exception, executions: vec![(at, evaluated)] }),
            }
        }
    }
    causes.sort_by_key(|cause| {
        (!cause.exception.is_open(), Reverse(cause.exception.code.severity()))
    });
    causes
}

fn key(exception: &Exception) -> (&'static str, &str, Option<String>) {
    (exception.code.as_str(), &exception.message, super::acceptance(exception))
}
