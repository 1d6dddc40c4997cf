import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

/** What the gate may do, proofs left aside: these statements, and no more. */
export function gateStatements(
  scope: Construct,
  logGroup: logs.ILogGroup,
  functionName: string,
  pipelines: string[],
): iam.PolicyStatement[] {
  const stack = Stack.of(scope);
  return [
    // These actions do not support resource-level permissions (Service Authorization Reference,
    // CodePipeline).
    new iam.PolicyStatement({
      sid: 'TakeJobsAndReport',
      actions: [
        'codepipeline:GetJobDetails',
        'codepipeline:PutJobSuccessResult',
        'codepipeline:PutJobFailureResult',
      ],
      resources: ['*'],
    }),
    seeApprovals(
      [...pipelines, `${functionName}-rule`].map((resource) =>
        stack.formatArn({ service: 'codepipeline', resource }),
      ),
    ),
    // Lets the gate check whether IAM Identity Center created a role that the rule trusts by a
    // pattern. The gate can read no other role.
    new iam.PolicyStatement({
      sid: 'SeeReservedRoles',
      actions: ['iam:GetRole'],
      resources: [
        stack.formatArn({
          service: 'iam',
          region: '',
          resource: 'role',
          resourceName: 'aws-reserved/sso.amazonaws.com/*',
        }),
      ],
    }),
    new iam.PolicyStatement({
      sid: 'KeepJournal',
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logGroup.logGroupArn],
    }),
  ];
}

/** Lets the gate read who approved an execution of these pipelines. */
export function seeApprovals(pipelines: string[]): iam.PolicyStatement {
  return new iam.PolicyStatement({
    sid: 'SeeApprovals',
    actions: [
      'codepipeline:ListActionExecutions',
      'codepipeline:GetPipelineState',
      'codepipeline:GetPipelineExecution',
    ],
    resources: pipelines,
  });
}
