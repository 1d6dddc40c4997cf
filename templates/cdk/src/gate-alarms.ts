import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { TwoPersonGateBase } from './gate-base';

const MINUTE = { period: Duration.minutes(1) };

/** The alarms of a gate. @internal */
export class GateAlarms {
  public readonly errors: cloudwatch.Alarm;
  public readonly refusals: cloudwatch.Alarm;
  public readonly noDecision: cloudwatch.Alarm;

  constructor(gate: TwoPersonGateBase, functionName: string, gateFunction: lambda.IFunction) {
    const alarm = (
      id: string,
      name: string,
      alarmDescription: string,
      metric: cloudwatch.IMetric,
    ) =>
      new cloudwatch.Alarm(gate, id, {
        alarmName: `${functionName}-${name}`,
        alarmDescription,
        metric,
        evaluationPeriods: 1,
        threshold: 1,
        treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      });
    // Lambda retries it twice.
    this.errors = alarm(
      'ErrorAlarm',
      'errors',
      'The gate ended without a result for its job. Lambda retries; the job fails within 20 ' +
        'minutes',
      gateFunction.metricErrors(MINUTE),
    );
    // Too few people tried to release.
    this.refusals = alarm(
      'RefusalAlarm',
      'refusals',
      'A release was refused; the decision record in the log says who approved what, and why',
      gate.metricUnsatisfied(MINUTE),
    );
    // Either the gate said so (a bad rule, a missing permission or an outage), or Lambda dropped
    // the event after all its retries. Both are counted when they happen, so a late metric delays
    // the alarm and never raises a false one. Subtracting decisions from invocations could do that.
    this.noDecision = alarm(
      'NoDecisionAlarm',
      'no-decision',
      'The gate could not judge a job, so the release did not pass; the log says why',
      new cloudwatch.MathExpression({
        label: 'Jobs without a verdict',
        expression: 'FILL(none, 0) + FILL(dropped, 0)',
        usingMetrics: {
          none: gate.metricUndecided(),
          dropped: gateFunction.metric('AsyncEventsDropped', { statistic: 'Sum' }),
        },
        ...MINUTE,
      }),
    );
  }
}
