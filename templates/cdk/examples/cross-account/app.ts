/** A pipeline that deploys into another account. The gate is in the pipeline's account. */
import { App, Stack, type StackProps } from 'aws-cdk-lib';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import { addTwoPersonApproval, TwoPersonGate } from 'two-person-rule-cdk';
import type { Construct } from 'constructs';
import { GateStack } from '../gate-stack';

const TOOLS = { account: '111122223333', region: 'eu-west-1' };
const PRODUCTION = { account: '444455556666', region: 'eu-west-1' };

class PaymentsPipeline extends Stack {
  constructor(scope: Construct, id: string, props: StackProps) {
    super(scope, id, props);
    const source = new codepipeline.Artifact('Source');
    const pipeline = new codepipeline.Pipeline(this, 'Pipeline', {
      pipelineName: 'payments',
      pipelineType: codepipeline.PipelineType.V2,
      // Production reads the artifacts with this key.
      crossAccountKeys: true,
      enableKeyRotation: true,
    });
    pipeline.addStage({
      stageName: 'Source',
      actions: [
        new actions.S3SourceAction({
          actionName: 'Source',
          bucket: s3.Bucket.fromBucketName(this, 'Sources', `payments-sources-${TOOLS.account}`),
          bucketKey: 'source.zip',
          output: source,
          trigger: actions.S3Trigger.NONE,
        }),
      ],
    });
    const release = pipeline.addStage({ stageName: 'Release' });
    const changes = {
      account: PRODUCTION.account,
      region: PRODUCTION.region,
      stackName: 'payments',
      changeSetName: 'release',
    };
    // The change set is what people look at before they approve.
    release.addAction(
      new actions.CloudFormationCreateReplaceChangeSetAction({
        ...changes,
        actionName: 'Prepare',
        adminPermissions: false,
        templatePath: source.atPath('template.json'),
      }),
    );
    const { nextRunOrder } = addTwoPersonApproval(release, {
      gate: TwoPersonGate.fromFunctionName(this, 'Gate', 'two-person-rule-gate'),
      notificationTopic: new sns.Topic(this, 'Approvers'),
    });
    release.addAction(
      new actions.CloudFormationExecuteChangeSetAction({
        ...changes,
        actionName: 'Execute',
        runOrder: nextRunOrder,
      }),
    );
  }
}

const app = new App();
new GateStack(app, 'Gate', { env: TOOLS });
new PaymentsPipeline(app, 'Payments', { env: TOOLS });
