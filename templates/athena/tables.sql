-- Tables over the reports in the archive. Replace BUCKET, and run the statements one by one in
-- Athena (engine version 3). Athena reads new reports without being told.

CREATE DATABASE IF NOT EXISTS two_person_rule;

-- One row for each report: one run of the function for one pipeline. These are the members that the
-- queries need; docs/evidence.md has the rest.
CREATE EXTERNAL TABLE IF NOT EXISTS two_person_rule.reports (
    pipeline string,
    cover struct<
        madeAt: string,
        pipelineArn: string,
        account: string
    >,
    executions array<struct<
        executionId: string,
        startedAt: string,
        status: string,
        verdict: string,
        problem: string,
        released: boolean,
        exceptions: array<struct<
            code: string,
            severity: string,
            message: string
        >>,
        approvals: array<struct<
            stage: string,
            action: string,
            principal: string,
            counting: string,
            person: string
        >>
    >>
)
ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
LOCATION 's3://BUCKET/reports/';

-- One row for each execution, as the newest report describes it. An execution is in the reports of
-- several days.
CREATE OR REPLACE VIEW two_person_rule.executions AS
SELECT account, region, pipeline, pipelineArn, execution
FROM (
    SELECT
        cover.account AS account,
        split_part(cover.pipelineArn, ':', 4) AS region,
        pipeline,
        cover.pipelineArn AS pipelineArn,
        executions[i] AS execution,
        row_number() OVER (
            PARTITION BY cover.pipelineArn, executions[i].executionId
            ORDER BY cover.madeAt DESC
        ) AS age
    FROM (SELECT * FROM two_person_rule.reports WHERE cardinality(executions) > 0)
    CROSS JOIN UNNEST(sequence(1, cardinality(executions))) AS numbers (i)
)
WHERE age = 1;
