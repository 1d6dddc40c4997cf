-- Releases, of all accounts and years, that were not approved by enough people: refused, without a
-- gate, or with a broken record.
SELECT
    account,
    region,
    pipeline,
    execution.executionId AS executionId,
    execution.startedAt AS startedAt,
    execution.verdict AS verdict,
    execution.problem AS problem
FROM two_person_rule.executions
WHERE execution.released AND execution.verdict <> 'satisfied'
ORDER BY startedAt DESC, executionId;
