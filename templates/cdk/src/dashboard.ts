import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as events from 'aws-cdk-lib/aws-events';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { dashboardBody } from './dashboard-body';
import { tag } from './tag';

/** Options of a dashboard. */
export interface DashboardOptions {
  /**
   * The dashboard's name, and that of the rule that keeps the events.
   *
   * @default 'two-person-rule'
   */
  readonly dashboardName?: string;

  /**
   * The log group for the events of approvals. Its name begins with `/aws/events/`.
   *
   * @default '/aws/events/two-person-rule-approvals'
   */
  readonly eventLogGroupName?: string;

  /**
   * How long the events are kept. An approval that is open for longer is not shown.
   *
   * @default logs.RetentionDays.THREE_MONTHS
   */
  readonly eventRetention?: logs.RetentionDays;

  /**
   * A KMS key for the events. Its policy must let CloudWatch Logs use it.
   *
   * @default - a key that AWS owns
   */
  readonly encryptionKey?: kms.IKey;
}

/** Properties of a `TwoPersonDashboard`. */
export interface TwoPersonDashboardProps extends DashboardOptions {
  /** The gate's log group, with the decision records. */
  readonly gateLogGroup: logs.ILogGroup;
}

/**
 * A dashboard of the time until approvals are given, refusals by reason, and the approvals that are
 * open.
 *
 * The gate writes the metrics. It does not run while an approval waits, so the open ones are read
 * from the events of CodePipeline, which a rule writes to a log group. No event has a credential or
 * an approval's token.
 */
export class TwoPersonDashboard extends Construct {
  /** Where the events of approvals are. */
  public readonly eventLogGroup: logs.ILogGroup;
  /** The dashboard's name. */
  public readonly dashboardName: string;

  constructor(scope: Construct, id: string, props: TwoPersonDashboardProps) {
    super(scope, id);
    const name = props.dashboardName ?? 'two-person-rule';
    const stack = Stack.of(this);
    tag(this);

    this.eventLogGroup = new logs.LogGroup(this, 'Events', {
      logGroupName: props.eventLogGroupName ?? '/aws/events/two-person-rule-approvals',
      retention: props.eventRetention ?? logs.RetentionDays.THREE_MONTHS,
      encryptionKey: props.encryptionKey,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const mayWrite = this.mayWriteEvents(name);
    const rule = new events.Rule(this, 'Rule', {
      ruleName: name,
      description: 'Two-person rule: a manual approval opens or ends',
      eventPattern: {
        source: ['aws.codepipeline'],
        detailType: ['CodePipeline Action Execution State Change'],
        detail: { type: { category: ['Approval'], owner: ['AWS'], provider: ['Manual'] } },
      },
      // Not the target for log groups of aws-events-targets, which deploys a function to write the
      // policy.
      targets: [{ bind: () => ({ arn: this.eventLogGroup.logGroupArn }) }],
    });
    rule.node.addDependency(mayWrite);

    const dashboard = new cloudwatch.CfnDashboard(this, 'Dashboard', {
      dashboardName: name,
      dashboardBody: stack.toJsonString(
        dashboardBody(
          stack.region,
          props.gateLogGroup.logGroupName,
          this.eventLogGroup.logGroupName,
        ),
      ),
    });
    this.dashboardName = dashboard.ref;
  }

  /** Lets this rule write to this log group (EventBridge User Guide, "Using resource-based
   * policies"). It names the rule by its ARN as text, because the rule is created later. */
  private mayWriteEvents(ruleName: string): logs.CfnResourcePolicy {
    const stack = Stack.of(this);
    const statement = {
      Effect: 'Allow',
      Principal: { Service: ['events.amazonaws.com', 'delivery.logs.amazonaws.com'] },
      Resource: this.eventLogGroup.logGroupArn,
    };
    const rule = stack.formatArn({
      service: 'events',
      resource: 'rule',
      resourceName: ruleName,
    });
    return new logs.CfnResourcePolicy(this, 'MayWriteEvents', {
      policyName: ruleName,
      policyDocument: stack.toJsonString({
        Version: '2012-10-17',
        Statement: [
          { Sid: 'OpenStreams', ...statement, Action: 'logs:CreateLogStream' },
          {
            Sid: 'WriteEvents',
            ...statement,
            Action: 'logs:PutLogEvents',
            Condition: { ArnEquals: { 'aws:SourceArn': rule } },
          },
        ],
      }),
    });
  }
}
