import type { Duration } from 'aws-cdk-lib';
import type * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type { ITwoPersonGate } from './gate-base';
import type { RequireSignature, SharedRoles } from './rule';

/** One approval that a set of people gives. */
export interface ApprovalSlot {
  /** The name of the action. The policies of its approvers have this name in them. */
  readonly name: string;
  /**
   * The topic that tells its approvers.
   *
   * @default - the topic of all approvals, if there is one
   */
  readonly notificationTopic?: sns.ITopic;
  /**
   * Addresses that are told by mail, through the topic or a new one. Each must confirm.
   *
   * @default - nobody
   */
  readonly notifyEmails?: string[];
}

/** What one stage requires in addition to the function's rule. The stricter value applies. */
export interface StricterRule {
  /**
   * How many different people must approve: 2 or more.
   *
   * @default 2
   */
  readonly quorum?: number;
  /**
   * Whether sessions of a role that the function's rule does not trust count.
   *
   * @default SharedRoles.REJECT
   */
  readonly sharedRoles?: SharedRoles;
  /**
   * Which approvals have to be signed.
   *
   * @default RequireSignature.NONE
   */
  readonly requireSignature?: RequireSignature;
  /**
   * Whether only people count that the rule of the function names, by proven keys.
   *
   * @default false
   */
  readonly onlyPeople?: boolean;
  /**
   * Whether the person who started the execution by hand does not count.
   *
   * @default false
   */
  readonly excludeInitiator?: boolean;
  /**
   * Whether the people who wrote what is released do not count. Needs `reviews` in the function's
   * rule, and an action that runs that function.
   *
   * @default false
   */
  readonly excludeAuthors?: boolean;
  /**
   * Approvals that are older than this many minutes do not count.
   *
   * @default - approvals of any age count
   */
  readonly maxAgeMinutes?: number;
  /**
   * Affixes that are removed from a handle before it is compared, such as `-admin`.
   *
   * @default - those of the function's rule
   */
  readonly handleAffixes?: string[];
  /**
   * Patterns of role or user names that are machines. They never count.
   *
   * @default - those of the function's rule
   */
  readonly notPeople?: string[];
}

/** What `TwoPersonApproval` and `TwoPersonApprovalStep` have in common. */
export interface TwoPersonApprovalOptions {
  /** The gate that judges the approvals. It must be in the account and region of the pipeline. */
  readonly gate: ITwoPersonGate;
  /**
   * The approvals, which are asked for in parallel: at least as many as the quorum.
   *
   * @default - `ApprovalA` and `ApprovalB`
   */
  readonly approvals?: ApprovalSlot[];
  /**
   * The name of the gate's action.
   *
   * @default 'TwoPersonRule'
   */
  readonly gateActionName?: string;
  /**
   * What this stage requires more than the rule in the function.
   *
   * @default - nothing more
   */
  readonly rule?: StricterRule;
  /**
   * The topic that tells all approvers. An approval may have its own.
   *
   * @default - nobody is told
   */
  readonly notificationTopic?: sns.ITopic;
  /**
   * What is released, for the approvers. Variables of the pipeline's sources may be in it:
   * `Release of #{SourceVariables.CommitId}`.
   *
   * @default 'Release'
   */
  readonly subject?: string;
  /**
   * The origin of the desk, such as `https://approve.example.com`. Each approval then links to the
   * page of its execution. The pipeline needs an explicit `pipelineName`.
   *
   * @default - the approvals link to `reviewUrl`
   */
  readonly deskUrl?: string;
  /**
   * A link for approvers to see what they release, unless there is a `deskUrl`.
   *
   * @default - no link
   */
  readonly reviewUrl?: string;
  /**
   * How long an approval waits before it fails: from 5 minutes to 60 days.
   *
   * @default - 7 days
   */
  readonly timeout?: Duration;
  /**
   * Whether a stage that fails retries once from its first action, so that everybody is asked
   * again. Needs a pipeline of type V2.
   *
   * @default true
   */
  readonly retry?: boolean;
  /**
   * The namespace of the gate's output variables, such as `Approvers`.
   *
   * @default - one that CDK makes if a variable is used
   */
  readonly variablesNamespace?: string;
  /**
   * Why this pipeline may change itself before anybody is asked. One commit can then remove the
   * gate, so the reason ends up in the template's metadata and in a warning.
   *
   * @default - a pipeline that changes itself before the gate is an error
   */
  readonly acceptSelfMutation?: string;
}

/** Properties of `TwoPersonApproval`. */
export interface TwoPersonApprovalProps extends TwoPersonApprovalOptions {
  /**
   * The artifacts that the gate proves, if its rule has `proof`: those that are deployed after it.
   *
   * @default - no artifacts
   */
  readonly artifacts?: codepipeline.Artifact[];
  /**
   * The run order of the approvals. The gate has the next one.
   *
   * @default - after all actions that the stage has
   */
  readonly runOrder?: number;
}
