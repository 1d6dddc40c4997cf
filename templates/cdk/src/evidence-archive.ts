import { CfnDeletionPolicy, Duration, RemovalPolicy, Resource, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { ArchiveAlarms } from './archive-alarms';
import { type ArchiveBucketOptions, newArchiveBucket } from './archive-bucket';
import {
  allow,
  checkedPattern,
  RULE_FILE,
  TWO_RULES,
  writeLog,
} from './function-settings';
import type { TwoPersonRule } from './rule';
import { ruleJson, ruleProblems, withDefaults } from './rule-check';
import { tag } from './tag';

/** Properties of an `EvidenceArchive`. */
export interface EvidenceArchiveProps extends ArchiveBucketOptions {
  /**
   * The function's program, such as `lambda.Code.fromAsset('archive.zip')`. `templates/package
   * --archive` writes the zip.
   */
  readonly code: lambda.Code;

  /**
   * The pipeline to keep, or a pattern such as `team-*`.
   *
   * @default '*'
   */
  readonly pipeline?: string;

  /**
   * The name of the gate's function.
   *
   * @default 'two-person-rule-gate'
   */
  readonly gateFunctionName?: string;

  /**
   * The gate's rule, which the reports are made by. As for the gate, `excludeInitiator` is true
   * unless it says otherwise.
   *
   * @default - `excludeInitiator` is true, as the gate's default
   */
  readonly rule?: TwoPersonRule;

  /**
   * A version of a layer with the rule in `two-person-rule/rule.json`, instead of `rule`: the
   * gate's own layer.
   *
   * @default - the rule is in the function's environment
   */
  readonly ruleLayer?: lambda.ILayerVersion;

  /**
   * When it runs.
   *
   * @default - every day at 03:17 UTC
   */
  readonly schedule?: events.Schedule;

  /**
   * How many days an execution is read again after it has changed, from 2 to 366. Until it has
   * ended, it is read every time. A failure of the function that lasts longer leaves a hole, which
   * you fill by hand.
   *
   * @default 7
   */
  readonly days?: number;

  /**
   * The archive's bucket if another stack created it, in any account.
   *
   * @default - a new bucket
   */
  readonly bucket?: s3.IBucket;

  /**
   * The account of `bucket`. Nothing is written into a bucket of another one.
   *
   * @default - needed with `bucket`
   */
  readonly bucketOwner?: string;

  /**
   * The function's name. Its role is called the same, followed by the region.
   *
   * @default 'two-person-rule-archive'
   */
  readonly functionName?: string;

  /**
   * The processor that policygen in the zip was built for.
   *
   * @default lambda.Architecture.ARM_64
   */
  readonly architecture?: lambda.Architecture;

  /**
   * How long the function's log is kept.
   *
   * @default logs.RetentionDays.ONE_YEAR
   */
  readonly logRetention?: logs.RetentionDays;
}

/**
 * The archive: keeps the history of pipelines, which CodePipeline forgets after 12 months, in a
 * bucket where nothing is replaced, and reports about it.
 */
export class EvidenceArchive extends Resource {
  /** The function. Invoke it once without days, to keep what CodePipeline still knows. */
  public readonly archiveFunction: lambda.IFunction;
  /** The bucket. */
  public readonly bucket: s3.IBucket;
  /** The function's role. The bucket's policy knows it by its name. */
  public readonly role: iam.IRole;
  /** Where the function's log is. */
  public readonly logGroup: logs.ILogGroup;
  /** The history of a pipeline was not kept, or no report was made. */
  public readonly failedAlarm: cloudwatch.Alarm;
  /** The function has not run for a day. */
  public readonly silentAlarm: cloudwatch.Alarm;

  constructor(scope: Construct, id: string, props: EvidenceArchiveProps) {
    super(scope, id);
    tag(this);
    const functionName = props.functionName ?? 'two-person-rule-archive';
    this.bucket = props.bucket ?? newArchiveBucket(this, functionName, props);
    this.logGroup = new logs.LogGroup(this, 'Logs', {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: props.logRetention ?? logs.RetentionDays.ONE_YEAR,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // An update that renames the function leaves the log of the old one.
    const log = this.logGroup.node.defaultChild as logs.CfnLogGroup;
    log.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.RETAIN;
    // The region, because roles are global and pipelines are not.
    const roleName = `${functionName}-${Stack.of(this).region}`;
    const role = new iam.Role(this, 'Role', {
      roleName,
      description: 'Two-person rule: keeps the history of pipelines',
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    });
    this.role = role.withoutPolicyUpdates();
    const pipelines = checkedPattern('pipeline', props.pipeline ?? '*');
    const policy = new iam.ManagedPolicy(this, 'Policy', {
      managedPolicyName: roleName,
      description: 'Two-person rule: what the function that keeps the history may do',
      roles: [role],
      statements: this.statements(functionName, pipelines),
    });
    const archiveFunction = new lambda.Function(this, 'Function', {
      functionName,
      description: 'Two-person rule: keeps the history of pipelines',
      code: props.code,
      handler: 'handler.handler',
      runtime: lambda.Runtime.PYTHON_3_13,
      architecture: props.architecture ?? lambda.Architecture.ARM_64,
      // The whole history of a busy pipeline, and its report, fit into both.
      memorySize: 1769,
      timeout: Duration.minutes(15),
      role: this.role,
      environment: this.environment(props),
      layers: props.ruleLayer ? [props.ruleLayer] : undefined,
      logGroup: this.logGroup,
    });
    archiveFunction.node.addDependency(policy);
    this.archiveFunction = archiveFunction;
    this.everyDay(archiveFunction, props);
    const alarms = new ArchiveAlarms(this, functionName, archiveFunction);
    this.failedAlarm = alarms.failed;
    this.silentAlarm = alarms.silent;
    this.node.addValidation({ validate: () => this.problems(props) });
  }

  /** Adds an action to each alarm of the archive. */
  public addAlarmAction(...actions: cloudwatch.IAlarmAction[]): void {
    for (const alarm of [this.failedAlarm, this.silentAlarm]) {
      alarm.addAlarmAction(...actions);
    }
  }

  /** Lets somebody read what is kept, for `policygen evidence --input` or for Athena. */
  public grantRead(grantee: iam.IGrantable): iam.Grant {
    return this.bucket.grantRead(grantee);
  }

  private statements(functionName: string, pipelines: string): iam.PolicyStatement[] {
    const stack = Stack.of(this);
    const { region, account } = stack;
    const history = ['codepipeline:ListPipelineExecutions', 'codepipeline:ListActionExecutions'];
    const pipelineArn = stack.formatArn({ service: 'codepipeline', resource: pipelines });
    const itself = `arn:${stack.partition}:lambda:${region}:${account}:function:${functionName}`;
    return [
      // It has no resource (Service Authorization Reference, CodePipeline).
      allow('ListPipelines', ['codepipeline:ListPipelines'], ['*']),
      allow('ReadHistory', history, [pipelineArn]),
      // Only what is not there yet, and only under its own account. It can read and delete nothing.
      new iam.PolicyStatement({
        sid: 'Keep',
        actions: ['s3:PutObject'],
        resources: [
          this.bucket.arnForObjects(`lists/${account}/${region}/*`),
          this.bucket.arnForObjects(`reports/${account}/${region}/*`),
          this.bucket.arnForObjects(`rules/${account}/*`),
        ],
        conditions: { Null: { 's3:if-none-match': 'false' } },
      }),
      // Once for each pipeline.
      allow('InvokeItself', ['lambda:InvokeFunction'], [itself]),
      writeLog('KeepLog', this.logGroup.logGroupArn),
    ];
  }

  private environment(props: EvidenceArchiveProps): { [name: string]: string } {
    return {
      ARCHIVE_BUCKET: this.bucket.bucketName,
      ARCHIVE_BUCKET_OWNER: props.bucketOwner ?? Stack.of(this).account,
      ARCHIVE_PIPELINES: props.pipeline ?? '*',
      ARCHIVE_GATE_FUNCTION: props.gateFunctionName ?? 'two-person-rule-gate',
      ...(props.ruleLayer
        ? { TWO_PERSON_RULE_FILE: RULE_FILE }
        : { TWO_PERSON_RULE: ruleJson(this, withDefaults(props.rule)) }),
    };
  }

  private everyDay(archiveFunction: lambda.Function, props: EvidenceArchiveProps): void {
    const days = props.days ?? 7;
    if (!Number.isInteger(days) || days < 2 || days > 366) {
      throw new Error(`\`days\` is ${days}; give a whole number from 2 to 366`);
    }
    // Not `targets.LambdaFunction`, which names the permission and the target in its own way.
    const rule = new events.CfnRule(this, 'EveryDay', {
      description: 'Two-person rule: keep the history of pipelines',
      scheduleExpression: (props.schedule ?? DAILY).expressionString,
      targets: [{ id: 'archive', arn: archiveFunction.functionArn, input: `{"days": ${days}}` }],
    });
    new lambda.CfnPermission(this, 'StartEveryDay', {
      functionName: archiveFunction.functionName,
      action: 'lambda:InvokeFunction',
      principal: 'events.amazonaws.com',
      sourceArn: rule.attrArn,
    });
  }

  private problems(props: EvidenceArchiveProps): string[] {
    const problems = [];
    if (props.bucket && !props.bucketOwner) {
      problems.push('`bucketOwner` is missing, the account of `bucket`');
    }
    if (props.bucketOwner && !props.bucket) {
      problems.push('`bucket` is missing, the bucket of `bucketOwner`');
    }
    for (const option of ['organizationId', 'retentionMode', 'retentionYears'] as const) {
      if (props.bucket && props[option] !== undefined) {
        problems.push(`\`${option}\` is for a new bucket; leave it out with \`bucket\``);
      }
    }
    if (props.ruleLayer) {
      return props.rule ? [...problems, TWO_RULES] : problems;
    }
    return [...problems, ...ruleProblems(this, withDefaults(props.rule))];
  }
}

const DAILY = events.Schedule.cron({ minute: '17', hour: '3' });
