-- What somebody had to look at, by the month in which the execution started.
SELECT
    substr(execution.startedAt, 1, 7) AS month,
    exception,
    count(*) AS executions,
    count(DISTINCT pipelineArn) AS pipelines
FROM two_person_rule.executions
CROSS JOIN UNNEST(
    transform(execution.exceptions, item -> concat(item.severity, ': ', item.code))
) AS exceptions (exception)
GROUP BY 1, 2
ORDER BY month DESC, executions DESC, exception;
