import { Duration, RemovalPolicy, type ResourceProps } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { type DashboardOptions, TwoPersonDashboard } from './dashboard';
import {
  allow,
  checkedPattern,
  concurrency,
  RULE_FILE,
  TWO_RULES,
} from './function-settings';
import { GateAlarms } from './gate-alarms';
import { type ITwoPersonGate, TwoPersonGateBase } from './gate-base';
import { gateStatements, seeApprovals } from './gate-permissions';
import { newProofKey, type ProofOptions, proofRule, proofStatements } from './gate-proof';
import type { TwoPersonRule } from './rule';
import { ruleJson, ruleProblems, withDefaults } from './rule-check';
import { tag } from './tag';

/** Properties of a `TwoPersonGate`. */
export interface TwoPersonGateProps {
  /**
   * The gate's program, such as `lambda.Code.fromAsset('bootstrap.zip')`. `templates/package`
   * writes the zip.
   */
  readonly code: lambda.Code;

  /**
   * The gate's own rule, which no pipeline can loosen. It is checked at synthesis.
   *
   * @default - `excludeInitiator` is true, and each key that you leave out has its own default: two
   * persons, each manual approval of the gate's stage, by anybody who can be identified
   */
  readonly rule?: TwoPersonRule;

  /**
   * A version of a layer with the rule in `two-person-rule/rule.json`, instead of `rule`. All
   * environment variables of a function together hold 4 KB, too little for 50 signing keys.
   *
   * @default - the rule is in the function's environment
   */
  readonly ruleLayer?: lambda.ILayerVersion;

  /**
   * The pipelines that the gate may read, by name or by a pattern such as `team-*`. It may always
   * read the pipeline of `rule-pipeline.yaml`.
   *
   * @default - the pipelines that are given to `addPipeline`
   */
  readonly pipelines?: string[];

  /**
   * Where the gate stores a proof of each release.
   *
   * @default - no proofs
   */
  readonly proof?: ProofOptions;

  /**
   * The function's name. Guardrails of `policygen generate` protect the default.
   *
   * @default 'two-person-rule-gate'
   */
  readonly functionName?: string;

  /**
   * The name of the function's role and of its policy. Guardrails of `policygen generate` protect
   * the default.
   *
   * @default 'TwoPersonRule-Gate'
   */
  readonly roleName?: string;

  /**
   * The processor that the program was built for.
   *
   * @default lambda.Architecture.ARM_64
   */
  readonly architecture?: lambda.Architecture;

  /**
   * How many jobs the gate can judge at once (reserved concurrency); -1 reserves nothing.
   *
   * @default 5
   */
  readonly reservedConcurrency?: number;

  /**
   * A KMS key for the function's environment, the log group and the queue. Its policy must let
   * CloudWatch Logs use it.
   *
   * @default - keys that AWS owns
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * How long decision records are kept.
   *
   * @default logs.RetentionDays.ONE_YEAR
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * Whether to keep events that Lambda drops in a queue for a day. They hold the job's artifact
   * credentials, which stay valid for a while: readers of the queue can read the pipeline's
   * artifacts.
   *
   * @default false
   */
  readonly keepLostEvents?: boolean;
}

/**
 * The gate: a Lambda action that lets a release pass if enough different people approved it.
 *
 * One gate serves every pipeline of an account and region. Its metrics are split by verdict and not
 * by function, so a second gate would share its alarms.
 */
export class TwoPersonGate extends TwoPersonGateBase {
  /** A gate of another stack or another app, by the ARN of its function. */
  public static fromFunctionArn(scope: Construct, id: string, arn: string): ITwoPersonGate {
    return new ImportedGate(scope, id, { environmentFromArn: arn }, (gate) =>
      lambda.Function.fromFunctionAttributes(gate, 'Function', {
        functionArn: arn,
        skipPermissions: true,
      }),
    );
  }

  /** A gate of this account and region, by the name of its function. */
  public static fromFunctionName(scope: Construct, id: string, name: string): ITwoPersonGate {
    return new ImportedGate(scope, id, {}, (gate) =>
      lambda.Function.fromFunctionName(gate, 'Function', name),
    );
  }

  public readonly gateFunction: lambda.IFunction;
  /** The function's role. Nobody else should be able to assume or change it. */
  public readonly role: iam.IRole;
  /** The log group with the decision records. They are kept if the gate is deleted. */
  public readonly logGroup: logs.ILogGroup;
  /** An invocation ended without a result for its job. */
  public readonly errorAlarm: cloudwatch.Alarm;
  /** A release was refused. */
  public readonly refusalAlarm: cloudwatch.Alarm;
  /** The gate could not judge a job. */
  public readonly noDecisionAlarm: cloudwatch.Alarm;
  /** The key that signs proofs, if there are proofs. */
  public readonly proofKey?: kms.IKey;
  /** The events that Lambda dropped, if they are kept. */
  public readonly lostEvents?: sqs.IQueue;

  /**
   * How many persons its rule requires, as far as this app knows.
   *
   * @internal
   */
  public readonly _quorum: number;
  /** The same role, for the policies of this construct alone. */
  private readonly ownRole: iam.Role;
  private readsPipelines: boolean;

  constructor(scope: Construct, id: string, props: TwoPersonGateProps) {
    super(scope, id);
    const functionName = props.functionName ?? 'two-person-rule-gate';
    const roleName = props.roleName ?? 'TwoPersonRule-Gate';
    tag(this);
    this._quorum = props.rule?.quorum ?? 2;
    const pipelines = (props.pipelines ?? []).map((it) => checkedPattern('pipelines', it));
    this.readsPipelines = pipelines.length > 0;

    const logGroup = new logs.LogGroup(this, 'Logs', {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: props.logRetention ?? logs.RetentionDays.ONE_YEAR,
      encryptionKey: props.encryptionKey,
      // The decision records are evidence: keep them when the gate is deleted.
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    this.logGroup = logGroup;
    this.lostEvents = props.keepLostEvents ? this.queue(functionName, props) : undefined;
    const role = this.newRole(roleName);
    this.ownRole = role;
    // What the gate may do is stated here, and nothing in an app adds to it.
    this.role = role.withoutPolicyUpdates();
    const policy = new iam.ManagedPolicy(this, 'Policy', {
      // The name that `policygen generate` expects, so that its guardrails protect the policy.
      managedPolicyName: roleName,
      description: 'Two-person rule: what the gate may do',
      roles: [role],
      statements: gateStatements(this, logGroup, functionName, pipelines),
    });
    if (props.encryptionKey) {
      this.addInline('UseKey', [
        allow('UseKey', ['kms:Decrypt', 'kms:GenerateDataKey'], [props.encryptionKey.keyArn]),
      ]);
    }
    if (props.proof) {
      this.proofKey = props.proof.key ?? newProofKey(this, role);
      this.addInline('Prove', proofStatements(props.proof, this.proofKey));
    }

    const gateFunction = new lambda.Function(this, 'Function', {
      functionName,
      description: 'Two-person rule: lets a release pass if enough different people approved it',
      code: props.code,
      handler: 'bootstrap',
      runtime: lambda.Runtime.PROVIDED_AL2023,
      architecture: props.architecture ?? lambda.Architecture.ARM_64,
      // To hash artifacts takes more of both.
      memorySize: props.proof ? 512 : 128,
      timeout: Duration.seconds(props.proof ? 300 : 30),
      role: this.role,
      reservedConcurrentExecutions: concurrency(props.reservedConcurrency, 5),
      environmentEncryption: props.encryptionKey,
      environment: this.environment(props),
      layers: props.ruleLayer ? [props.ruleLayer] : undefined,
      // Text, because the gate writes its own JSON lines and its metrics are log lines.
      loggingFormat: lambda.LoggingFormat.TEXT,
      logGroup,
    });
    gateFunction.node.addDependency(policy);
    this.gateFunction = gateFunction;
    this.invokeConfig(gateFunction);

    const alarms = new GateAlarms(this, functionName, gateFunction);
    this.errorAlarm = alarms.errors;
    this.refusalAlarm = alarms.refusals;
    this.noDecisionAlarm = alarms.noDecision;
    this.node.addValidation({ validate: () => this.problems(props) });
  }

  /** Adds an action to each alarm of the gate. */
  public addAlarmAction(...actions: cloudwatch.IAlarmAction[]): void {
    for (const alarm of [this.errorAlarm, this.refusalAlarm, this.noDecisionAlarm]) {
      alarm.addAlarmAction(...actions);
    }
  }

  /** Adds a dashboard: the time until approvals are given, refusals, and open approvals. */
  public addDashboard(options: DashboardOptions = {}): TwoPersonDashboard {
    return new TwoPersonDashboard(this, 'Dashboard', {
      gateLogGroup: this.logGroup,
      ...options,
    });
  }

  /** Lets the gate read a pipeline, which may be in another stack of this account and region. */
  public addPipeline(pipeline: codepipeline.IPipeline): void {
    const id = `ReadBy${this.node.addr}`;
    this.readsPipelines = true;
    if (pipeline.node.tryFindChild(id)) {
      return;
    }
    // Beside the pipeline, and not a part of the gate's policy: the pipeline needs the function,
    // which needs its policy. A policy that named the pipeline would close the circle.
    new iam.Policy(pipeline, id, {
      roles: [this.ownRole],
      statements: [seeApprovals([pipeline.pipelineArn])],
    });
  }

  /** The rule in the function's environment. The gate would refuse every release if it had two. */
  private environment(props: TwoPersonGateProps): { [name: string]: string } {
    return props.ruleLayer
      ? { TWO_PERSON_RULE_FILE: RULE_FILE }
      : { TWO_PERSON_RULE: ruleJson(this, this.rule(props)) };
  }

  private rule(props: TwoPersonGateProps): TwoPersonRule {
    const proof = props.proof && this.proofKey && proofRule(props.proof, this.proofKey);
    return { ...(proof && { proof }), ...withDefaults(props.rule) };
  }

  private problems(props: TwoPersonGateProps): string[] {
    const problems = [];
    if (!this.readsPipelines) {
      problems.push('the gate may read no pipeline; name those that ask it in `pipelines`');
    }
    if (props.rule && props.ruleLayer) {
      problems.push(TWO_RULES);
    }
    if (props.rule?.proof) {
      problems.push('`rule.proof` gives the gate no permission; give `proof` instead');
    }
    return props.ruleLayer ? problems : [...problems, ...ruleProblems(this, this.rule(props))];
  }

  private queue(functionName: string, props: TwoPersonGateProps): sqs.Queue {
    return new sqs.Queue(this, 'LostEvents', {
      queueName: `${functionName}-lost-events`,
      retentionPeriod: Duration.days(1),
      encryption: props.encryptionKey ? sqs.QueueEncryption.KMS : sqs.QueueEncryption.SQS_MANAGED,
      encryptionMasterKey: props.encryptionKey,
      // Its events are useless without the gate, and they hold credentials.
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }

  private newRole(roleName: string): iam.Role {
    const queue = this.lostEvents;
    return new iam.Role(this, 'Role', {
      roleName,
      description: 'Two-person rule: the gate',
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      // Inline: Lambda accepts a destination only if the function may already send to it.
      inlinePolicies: queue && {
        KeepLostEvents: new iam.PolicyDocument({
          statements: [allow('KeepLostEvents', ['sqs:SendMessage'], [queue.queueArn])],
        }),
      },
    });
  }

  private addInline(name: string, statements: iam.PolicyStatement[]): void {
    new iam.Policy(this, name, { policyName: name, roles: [this.ownRole], statements });
  }

  private invokeConfig(gateFunction: lambda.Function): void {
    const queue = this.lostEvents;
    new lambda.EventInvokeConfig(this, 'Invocations', {
      function: gateFunction,
      // CodePipeline gives up on a job after 20 minutes without a result (CodePipeline User Guide,
      // "Invoke an AWS Lambda function in a pipeline"), so an older event cannot change anything.
      maxEventAge: Duration.minutes(20),
      retryAttempts: 2,
      // Not `SqsDestination`, which would also grant to read the queue's attributes.
      onFailure: queue && { bind: () => ({ destination: queue.queueArn }) },
    });
  }
}

class ImportedGate extends TwoPersonGateBase {
  public readonly gateFunction: lambda.IFunction;

  constructor(
    scope: Construct,
    id: string,
    props: ResourceProps,
    find: (gate: Construct) => lambda.IFunction,
  ) {
    super(scope, id, props);
    this.gateFunction = find(this);
  }

  public addPipeline(): void {
    // The role of an imported gate is not known.
  }
}
