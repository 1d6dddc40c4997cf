const DAY = 86400;

/** The dashboard of `templates/dashboard.yaml`. */
export function dashboardBody(region: string, gateLogs: string, eventLogs: string): object {
  const series = { region, view: 'timeSeries', period: DAY };
  const search = (metric: string, statistic: string) =>
    `SEARCH('${metric}', '${statistic}', ${DAY})`;
  const timeToApprove = '{TwoPersonRule,Pipeline} MetricName="TimeToApprove"';
  const refusals = '{TwoPersonRule,Verdict,Reason} MetricName="Decisions" Verdict="unsatisfied"';
  const decided = (verdict: string, label: string) => [
    'TwoPersonRule',
    'Decisions',
    'Verdict',
    verdict,
    { label },
  ];
  return {
    start: '-P7D',
    widgets: [
      {
        ...at('metric', 0, 0, 12),
        properties: {
          title: 'Time until an approval is given, in seconds',
          ...series,
          metrics: [
            [{ expression: search(timeToApprove, 'p50'), label: 'median' }],
            [{ expression: search(timeToApprove, 'Maximum'), label: 'longest' }],
          ],
        },
      },
      {
        ...at('metric', 12, 0, 12),
        properties: {
          title: 'Refusals by reason',
          ...series,
          stacked: true,
          metrics: [[{ expression: search(refusals, 'Sum'), label: '' }]],
        },
      },
      {
        ...at('log', 0, 6, 24),
        properties: {
          title: 'Open approvals, the oldest first',
          region,
          view: 'table',
          query: [
            `SOURCE '${eventLogs}'`,
            'fields detail.pipeline as Pipeline, detail.stage as Stage, detail.action as Action, ' +
              'detail.`execution-id` as Execution, detail.`start-time` as Opened, ' +
              'detail.state as State',
            'stats latest(State) as Now by Pipeline, Stage, Action, Execution, Opened',
            "filter Now = 'STARTED'",
            'sort Opened asc',
          ].join(' | '),
        },
      },
      {
        ...at('metric', 0, 12, 12),
        properties: {
          title: 'Releases: passed, refused, not judged',
          ...series,
          stacked: true,
          stat: 'Sum',
          metrics: [
            decided('satisfied', 'passed'),
            decided('unsatisfied', 'refused'),
            decided('none', 'not judged'),
          ],
        },
      },
      {
        ...at('log', 12, 12, 12),
        properties: {
          title: 'The last refusals',
          region,
          view: 'table',
          query: [
            `SOURCE '${gateLogs}'`,
            "filter verdict = 'unsatisfied' and schemaVersion = 1",
            'fields decidedAt, pipeline, executionId, reasons.0.code, reasons.0.message',
            'sort decidedAt desc',
            'limit 20',
          ].join(' | '),
        },
      },
    ],
  };
}

function at(type: string, x: number, y: number, width: number): object {
  return { type, x, y, width, height: 6 };
}
