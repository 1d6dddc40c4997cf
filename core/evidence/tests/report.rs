//! A report as another program gets it, such as the desk.

#![cfg(test)]

use evidence::history::History;
use evidence::{AccountSource, Period, Question, Report, Verdict, read_saved};
use rule::{Account, Rule};
use serde_json::json;

#[test]
fn a_report_has_its_executions_newest_first() {
    let executions = [("older", "2026-01-01T10:00:00Z"), ("newer", "2026-01-02T10:00:00Z")];
    let executions = executions.map(|(id, started)| {
        json!({"pipelineExecutionId": id, "status": "InProgress", "startTime": started})
    });
    let saved = json!({"pipelineExecutionSummaries": executions, "actionExecutionDetails": []});
    let mut history = History::default();
    read_saved(&saved.to_string(), &mut history).unwrap();
    let question = Question {
        pipeline: "payments".to_owned(),
        period: Period::default(),
        execution: None,
        rule: Rule::default(),
        pipeline_arn: None,
        account: AccountSource::Given(Account::new("111122223333")),
        has_snapshot: false,
        gate: "two-person-rule-gate".parse().unwrap(),
    };
    let report = Report::new(question, history, None).unwrap();
    let found: Vec<_> =
        report.executions().iter().map(|it| (it.execution.id.as_str(), it.verdict)).collect();
    assert_eq!(found, [("newer", Verdict::NotFinished), ("older", Verdict::NotFinished)]);
}
