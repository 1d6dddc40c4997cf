import { Stack } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { allow, seeReservedRoles, writeLog } from './function-settings';

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
    allow(
      'TakeJobsAndReport',
      [
        'codepipeline:GetJobDetails',
        'codepipeline:PutJobSuccessResult',
        'codepipeline:PutJobFailureResult',
      ],
      ['*'],
    ),
    seeApprovals(
      [...pipelines, `${functionName}-rule`].map((resource) =>
        stack.formatArn({ service: 'codepipeline', resource }),
      ),
    ),
    seeReservedRoles(scope),
    writeLog('KeepJournal', logGroup.logGroupArn),
  ];
}

/** Lets the gate read who approved an execution of these pipelines. */
export function seeApprovals(pipelines: string[]): iam.PolicyStatement {
  return allow(
    'SeeApprovals',
    [
      'codepipeline:ListActionExecutions',
      'codepipeline:GetPipelineState',
      'codepipeline:GetPipelineExecution',
    ],
    pipelines,
  );
}
