-- The people whose approvals counted, by the number of those approvals, and for how many pipelines.
-- A person has the same name in two accounts if both rules call the person the same.
SELECT
    person,
    count(*) AS approvals,
    count(DISTINCT execution.executionId) AS releases,
    count(DISTINCT pipelineArn) AS pipelines
FROM two_person_rule.executions
CROSS JOIN UNNEST(transform(execution.approvals, item -> item.person)) AS people (person)
WHERE person IS NOT NULL
GROUP BY person
ORDER BY approvals DESC, person;
