import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';

/** The alarms of an archive. @internal */
export class ArchiveAlarms {
  public readonly failed: cloudwatch.Alarm;
  public readonly silent: cloudwatch.Alarm;

  constructor(scope: Construct, functionName: string, archiveFunction: lambda.IFunction) {
    const { TreatMissingData, ComparisonOperator } = cloudwatch;
    this.failed = new cloudwatch.Alarm(scope, 'FailedAlarm', {
      alarmName: `${functionName}-failed`,
      alarmDescription:
        'The history of a pipeline was not kept, or no report was made; the log says why',
      metric: archiveFunction.metricErrors({ period: Duration.minutes(5) }),
      evaluationPeriods: 1,
      threshold: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    // A function that is not started reports no error.
    this.silent = new cloudwatch.Alarm(scope, 'SilentAlarm', {
      alarmName: `${functionName}-silent`,
      alarmDescription: 'The function has not run for a day; check the schedule',
      metric: archiveFunction.metricInvocations({ period: Duration.days(1) }),
      evaluationPeriods: 1,
      threshold: 1,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.BREACHING,
    });
  }
}
