import { Duration, RemovalPolicy, Resource, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { type ApprovalDeskProps, OidcClaim } from './approval-desk-props';
import {
  allow,
  checkedPattern,
  concurrency,
  RULE_FILE,
  seeReservedRoles,
  TWO_RULES,
  writeLog,
} from './function-settings';
import { ruleJson, ruleProblems, withDefaults } from './rule-check';
import { tag } from './tag';

/**
 * The desk: web pages where people answer approvals, and sign their answers.
 *
 * The rule needs the address of the desk, which exists after the first deployment: deploy without
 * `rule`, put the address into `desk` of the rule, and deploy again.
 */
export class ApprovalDesk extends Resource {
  /** The desk's function. */
  public readonly deskFunction: lambda.IFunction;
  /** The function's role. Nobody else should be able to assume or change it. */
  public readonly role: iam.IRole;
  /** The role that answers are given with. CodePipeline records its sessions. */
  public readonly answeringRole: iam.IRole;
  /** Where the function's log is. */
  public readonly logGroup: logs.ILogGroup;
  /**
   * Where the desk is, and without the slash at its end the `origin` of the rule's `desk`.
   * Undefined behind a load balancer.
   */
  public readonly url?: string;

  constructor(scope: Construct, id: string, props: ApprovalDeskProps) {
    super(scope, id);
    tag(this);
    const functionName = props.functionName ?? 'two-person-rule-desk';
    const roleName = props.roleName ?? 'TwoPersonRule-Desk';
    const answeringRoleName = props.answeringRoleName ?? 'TwoPersonRule-DeskAnswers';

    this.logGroup = new logs.LogGroup(this, 'Logs', {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: props.logRetention ?? logs.RetentionDays.ONE_YEAR,
      encryptionKey: props.encryptionKey,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new iam.Role(this, 'Role', {
      roleName,
      description: 'Two-person rule: the desk',
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    });
    this.role = role.withoutPolicyUpdates();
    const answering = new iam.Role(this, 'AnsweringRole', {
      roleName: answeringRoleName,
      description: 'Two-person rule: the answers that people sign at the desk',
      assumedBy: new iam.PrincipalWithConditions(role, {
        StringEquals: { 'sts:RoleSessionName': '${sts:SourceIdentity}' },
      }),
    });
    // One session for each person: CodePipeline records it, and CloudTrail keeps its source
    // identity.
    answering.assumeRolePolicy!.addStatements(
      new iam.PolicyStatement({
        sid: 'NameThePerson',
        principals: [role],
        actions: ['sts:SetSourceIdentity'],
        conditions: { StringLike: { 'sts:SourceIdentity': '??*' } },
      }),
    );
    this.answeringRole = answering.withoutPolicyUpdates();

    const policy = this.policies(props, role, answering, { roleName, answeringRoleName });
    const deskFunction = new lambda.Function(this, 'Function', {
      functionName,
      description: 'Two-person rule: where people answer approvals',
      code: props.code,
      handler: 'bootstrap',
      runtime: lambda.Runtime.PROVIDED_AL2023,
      architecture: props.architecture ?? lambda.Architecture.ARM_64,
      memorySize: 256,
      // A little more than the desk gives itself for one reply.
      timeout: Duration.seconds(105),
      role: this.role,
      reservedConcurrentExecutions: concurrency(props.reservedConcurrency, 10),
      environmentEncryption: props.encryptionKey,
      environment: this.environment(props),
      layers: props.ruleLayer ? [props.ruleLayer] : undefined,
      loggingFormat: lambda.LoggingFormat.TEXT,
      logGroup: this.logGroup,
    });
    deskFunction.node.addDependency(policy);
    this.deskFunction = deskFunction;
    this.url = props.loadBalancer ? undefined : this.functionUrl(deskFunction);
    this.node.addValidation({ validate: () => this.problems(props) });
  }

  /** What the function and the sessions of people may do. Returns the function's policy. */
  private policies(
    props: ApprovalDeskProps,
    role: iam.Role,
    answering: iam.Role,
    names: { roleName: string; answeringRoleName: string },
  ): iam.ManagedPolicy {
    const pipelines = this.pipelineArn(checkedPattern('pipeline', props.pipeline));
    const approvals = checkedPattern('approvals', props.approvals ?? 'Approval?');
    const action = `${checkedPattern('stage', props.stage)}/${approvals}`;
    const { topic, encryptionKey: key } = props;
    new iam.ManagedPolicy(this, 'AnsweringPolicy', {
      managedPolicyName: names.answeringRoleName,
      description: 'Two-person rule: answer approvals at the desk',
      roles: [answering],
      statements: [allow('Answer', ['codepipeline:PutApprovalResult'], [`${pipelines}/${action}`])],
    });
    if (props.letPeopleStart) {
      const start = allow('Start', ['codepipeline:StartPipelineExecution'], [pipelines]);
      this.inline('Start', answering, [start]);
    }
    if (topic) {
      const publish = allow('SendMails', ['sns:Publish'], [topic.topicArn]);
      const encrypt = key && allow('EncryptMails', ['kms:GenerateDataKey'], [key.keyArn]);
      this.inline('SendMails', role, encrypt ? [publish, encrypt] : [publish]);
    }
    if (key) {
      this.inline('UseKey', role, [allow('UseKey', ['kms:Decrypt'], [key.keyArn])]);
    }
    return new iam.ManagedPolicy(this, 'Policy', {
      // The name that `policygen generate` expects, so that its guardrails protect the policy.
      managedPolicyName: names.roleName,
      description: 'Two-person rule: what the desk may do',
      roles: [role],
      statements: [
        // It has no resource (Service Authorization Reference, CodePipeline).
        allow('ListPipelines', ['codepipeline:ListPipelines'], ['*']),
        allow('SeePipelines', SEE_PIPELINES, [pipelines]),
        // As the gate does for roles that the rule trusts by a pattern.
        seeReservedRoles(this),
        allow('AnswerForPeople', ['sts:AssumeRole', 'sts:SetSourceIdentity'], [answering.roleArn]),
        writeLog('KeepLog', this.logGroup.logGroupArn),
      ],
    });
  }

  private environment(props: ApprovalDeskProps): { [name: string]: string } {
    const { rule, ruleLayer, topic, loadBalancer } = props;
    const { loadBalancerArn, oidcIssuer, oidcClientId, oidcClaim } = loadBalancer ?? {};
    return {
      // With both, the desk would not start.
      ...(rule && { TWO_PERSON_RULE: ruleJson(this, withDefaults(rule)) }),
      ...(ruleLayer && { TWO_PERSON_RULE_FILE: RULE_FILE }),
      // Somebody who knows it can sign in as anybody and see what they see, but cannot answer: an
      // answer needs the person's key.
      DESK_COOKIE_KEY: props.cookieKey.unsafeUnwrap(),
      DESK_PIPELINES: props.pipeline,
      DESK_ROLE: this.answeringRole.roleArn,
      ...(loadBalancerArn && {
        DESK_LOAD_BALANCER: loadBalancerArn,
        DESK_OIDC_ISSUER: oidcIssuer ?? '',
        DESK_OIDC_CLIENT: oidcClientId ?? '',
        DESK_OIDC_CLAIM: oidcClaim ?? OidcClaim.EMAIL,
      }),
      ...(topic && { DESK_TOPIC: topic.topicArn }),
    };
  }

  /** Anybody may ask: people sign in with their passkeys, and browsers cannot sign requests. */
  private functionUrl(deskFunction: lambda.Function): string {
    const url = new lambda.CfnUrl(this, 'Url', {
      targetFunctionArn: deskFunction.functionName,
      authType: 'NONE',
      invokeMode: 'BUFFERED',
    });
    // A function URL needs both grants (AWS Lambda Developer Guide, "Control access to Lambda
    // function URLs"). Neither lets anybody invoke the function in another way.
    new lambda.CfnPermission(this, 'UseUrl', {
      functionName: deskFunction.functionName,
      action: 'lambda:InvokeFunctionUrl',
      principal: '*',
      functionUrlAuthType: 'NONE',
    });
    new lambda.CfnPermission(this, 'InvokeByUrl', {
      functionName: deskFunction.functionName,
      action: 'lambda:InvokeFunction',
      principal: '*',
      invokedViaFunctionUrl: true,
    });
    return url.attrFunctionUrl;
  }

  private problems({ rule, ruleLayer, loadBalancer }: ApprovalDeskProps): string[] {
    const problems = [];
    if (rule && ruleLayer) {
      problems.push(TWO_RULES);
    }
    for (const option of ['loadBalancerArn', 'oidcIssuer', 'oidcClientId'] as const) {
      if ((rule || ruleLayer) && loadBalancer && !loadBalancer[option]) {
        problems.push(`behind a load balancer, a desk with a rule needs \`${option}\``);
      }
    }
    return rule ? [...problems, ...ruleProblems(this, withDefaults(rule))] : problems;
  }

  private pipelineArn(pipelines: string): string {
    return Stack.of(this).formatArn({ service: 'codepipeline', resource: pipelines });
  }

  private inline(name: string, role: iam.Role, statements: iam.PolicyStatement[]): void {
    new iam.Policy(this, name, { policyName: name, roles: [role], statements });
  }
}

const SEE_PIPELINES = [
  'codepipeline:GetPipeline',
  'codepipeline:GetPipelineState',
  'codepipeline:GetPipelineExecution',
  'codepipeline:ListActionExecutions',
  'codepipeline:ListPipelineExecutions',
];
