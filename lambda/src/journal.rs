//! The log of an invocation: the decision record, and CloudWatch metrics in the embedded metric
//! format.

use std::collections::BTreeSet;
use std::io::Write;

use jiff::Timestamp;
use job::Failure;
use rule::{Decision, JudgedApproval, Record, Verdict};
use serde::Serialize;
use serde_json::{Value, json};

use crate::observation::Observation;

/// The CloudWatch namespace of the gate's metrics.
const NAMESPACE: &str = "TwoPersonRule";

/// A decision record, and the version of the gate that decided.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Logged<'a> {
    #[serde(flatten)]
    record: &'a Record,
    gate_version: &'a str,
}

/// Writes JSON lines. If the log cannot be written, the result is still reported.
#[derive(Debug)]
pub struct Journal<W>(W);

impl<W: Write> Journal<W> {
    /// A journal that writes to `out`: stdout in Lambda.
    pub fn new(out: W) -> Self {
        Self(out)
    }

    /// Writes what was seen of undocumented behaviour of AWS in one line, `{"facts": {…}}`.
    pub(crate) fn observation(&mut self, observation: &Observation) {
        self.line(&json!({"facts": observation}));
    }

    /// Writes the record of a decision in one line, and its metrics.
    pub(crate) fn decision(&mut self, decision: &Decision) {
        let record = decision.record();
        self.line(&Logged { record, gate_version: crate::VERSION });
        let reasons: BTreeSet<&str> = match record.verdict {
            Verdict::Satisfied => BTreeSet::new(),
            Verdict::Unsatisfied => {
                record.reasons.iter().map(|reason| reason.code.as_str()).collect()
            }
        };
        self.metrics(record.decided_at, record.verdict.as_str(), reasons);
        self.time_to_approve(record);
    }

    /// For a release that passes: how long its approvals were open, by `Pipeline`.
    fn time_to_approve(&mut self, record: &Record) {
        let took = |it: &JudgedApproval| Some(it.at?.duration_since(it.opened_at?).as_secs());
        let seconds: Vec<i64> = record.approvals.iter().filter_map(took).collect();
        if record.verdict == Verdict::Unsatisfied || seconds.is_empty() {
            return;
        }
        let metric = metric(record.decided_at, &["Pipeline"], "TimeToApprove", "Seconds");
        let line = json!({"_aws": metric, "Pipeline": record.pipeline, "TimeToApprove": seconds});
        self.line(&line);
    }

    /// Logs why there was no decision, or no proof of it, and writes the metrics.
    pub(crate) fn failure(&mut self, job_id: &str, failure: &Failure, now: Timestamp) {
        tracing::error!(job_id, kind = failure.kind.as_str(), "no success: {failure}");
        self.metrics(now, "none", BTreeSet::from([failure.kind.as_str()]));
    }

    /// Counts one `Decisions` by `Verdict`, and one by `Verdict` and `Reason` for each reason.
    fn metrics(&mut self, at: Timestamp, verdict: &str, reasons: BTreeSet<&str>) {
        let metric = |dimensions: &[&str]| metric(at, dimensions, "Decisions", "Count");
        self.line(&json!({"_aws": metric(&["Verdict"]), "Verdict": verdict, "Decisions": 1}));
        for reason in reasons {
            let line: Value = json!({"_aws": metric(&["Verdict", "Reason"]), "Verdict": verdict, "Reason": reason, "Decisions": 1});
            self.line(&line);
        }
    }

    /// Writes a line with its end in one write, so that nothing another program writes to the same
    /// log comes between them.
    fn line(&mut self, record: &impl Serialize) {
        let written = serde_json::to_string(record)
            .map_err(std::io::Error::other)
            .and_then(|line| self.0.write_all((line + "\n").as_bytes()));
        if let Err(error) = written {
            tracing::error!(%error, "a line of the journal could not be written");
        }
    }
}

/// Declares a metric in a line of the log (CloudWatch User Guide, "Specification: Embedded metric
/// format").
fn metric(at: Timestamp, dimensions: &[&str], name: &str, unit: &str) -> Value {
    json!({
        "Timestamp": at.as_millisecond(),
        "CloudWatchMetrics": [{
            "Namespace": NAMESPACE,
            "Dimensions": [dimensions],
            "Metrics": [{"Name": name, "Unit": unit}],
        }],
    })
}
