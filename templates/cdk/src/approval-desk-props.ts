import type { SecretValue } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type { TwoPersonRule } from './rule';

/** What an identity provider tells of a person that says who it is. */
export enum OidcClaim {
  /** The address of mails. */
  EMAIL = 'email',
  /** The identifier that the provider never gives to anybody else. */
  SUB = 'sub',
  /** The name to sign in with. */
  PREFERRED_USERNAME = 'preferred_username',
}

/** The load balancer of `desk-alb.yaml`, where people first sign in at an identity provider. */
export interface DeskLoadBalancer {
  /**
   * The ARN of the load balancer.
   *
   * @default - not there yet; a desk with a rule needs it
   */
  readonly loadBalancerArn?: string;

  /**
   * The issuer of the identity provider.
   *
   * @default - not there yet, like the load balancer
   */
  readonly oidcIssuer?: string;

  /**
   * The id that the identity provider gave the load balancer.
   *
   * @default - not there yet, like the load balancer
   */
  readonly oidcClientId?: string;

  /**
   * What the identity provider tells of a person that says who it is.
   *
   * @default OidcClaim.EMAIL
   */
  readonly oidcClaim?: OidcClaim;
}

/** Properties of an `ApprovalDesk`. */
export interface ApprovalDeskProps {
  /**
   * The desk's program, such as `lambda.Code.fromAsset('bootstrap.zip')`.
   * `templates/package --desk` writes the zip.
   */
  readonly code: lambda.Code;

  /** The pipeline that the desk shows and answers, or a pattern such as `team-*`. */
  readonly pipeline: string;

  /** The stage of the approvals, or a pattern. */
  readonly stage: string;

  /**
   * At least 32 random characters, such as a secret that Secrets Manager generated. All instances
   * of the function accept each other's cookies by it. A new key signs everybody out.
   */
  readonly cookieKey: SecretValue;

  /**
   * The approvals that can be answered here, by a name or a pattern.
   *
   * @default 'Approval?'
   */
  readonly approvals?: string;

  /**
   * The gate's own rule, with `desk` and `signingKeys`. As for the gate, `excludeInitiator` is true
   * unless it says otherwise.
   *
   * @default - none, for the first deployment, which tells the address
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
   * Whether people may start the pipelines at the desk. CodePipeline records a session of the
   * answering role, so with `excludeInitiator` nobody counts unless `trustedSessionRoles` names it.
   *
   * @default false
   */
  readonly letPeopleStart?: boolean;

  /**
   * The topic that tells the person who is asked to approve a new release.
   *
   * @default - people send the link themselves
   */
  readonly topic?: sns.ITopic;

  /**
   * The load balancer that is the only way to the desk.
   *
   * @default - people reach the desk by a function URL
   */
  readonly loadBalancer?: DeskLoadBalancer;

  /**
   * The function's name. Guardrails protect the default.
   *
   * @default 'two-person-rule-desk'
   */
  readonly functionName?: string;

  /**
   * The name of the function's role and of its policy. Guardrails protect the default.
   *
   * @default 'TwoPersonRule-Desk'
   */
  readonly roleName?: string;

  /**
   * The name of the role that answers are given with, and of its policy. `Approvers` expects the
   * default.
   *
   * @default 'TwoPersonRule-DeskAnswers'
   */
  readonly answeringRoleName?: string;

  /**
   * The processor that the program was built for.
   *
   * @default lambda.Architecture.ARM_64
   */
  readonly architecture?: lambda.Architecture;

  /**
   * How many requests are answered at once (reserved concurrency). Anybody on the internet may ask,
   * so this is also what limits the cost; -1 reserves nothing.
   *
   * @default 10
   */
  readonly reservedConcurrency?: number;

  /**
   * A KMS key for the function's environment and the log group, and that of the topic if it has
   * one. Its policy must let CloudWatch Logs use it.
   *
   * @default - keys that AWS owns
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * How long the function's log is kept.
   *
   * @default logs.RetentionDays.ONE_YEAR
   */
  readonly logRetention?: logs.RetentionDays;
}
