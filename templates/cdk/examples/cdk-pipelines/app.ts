/** A pipeline of CDK Pipelines: two regions in one wave, which waits for two people. */
import { App, Stack, Stage, type StackProps, type StageProps } from 'aws-cdk-lib';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as pipelines from 'aws-cdk-lib/pipelines';
import { TwoPersonApprovalStep, TwoPersonGate } from 'two-person-rule-cdk';
import type { Construct } from 'constructs';
import { GateStack } from '../gate-stack';

const ACCOUNT = '111122223333';
const IRELAND = { account: ACCOUNT, region: 'eu-west-1' };
const FRANKFURT = { account: ACCOUNT, region: 'eu-central-1' };

class Payments extends Stage {
  constructor(scope: Construct, id: string, props: StageProps) {
    super(scope, id, props);
    new sns.Topic(new Stack(this, 'App'), 'Events');
  }
}

class PaymentsPipeline extends Stack {
  constructor(scope: Construct, id: string, props: StackProps) {
    super(scope, id, props);
    const pipeline = new pipelines.CodePipeline(this, 'Pipeline', {
      pipelineName: 'payments',
      pipelineType: codepipeline.PipelineType.V2,
      // With self-mutation, one commit could remove the gate. Deploy this stack by another pipeline
      // that asks two people, or put a gate before the synth step.
      selfMutation: false,
      synth: new pipelines.ShellStep('Synth', {
        input: pipelines.CodePipelineSource.s3(
          s3.Bucket.fromBucketName(this, 'Sources', `payments-sources-${ACCOUNT}`),
          'source.zip',
        ),
        commands: ['npm ci', 'npx cdk synth'],
      }),
    });
    const release = pipeline.addWave('Release', {
      pre: [
        new TwoPersonApprovalStep('Approvals', {
          gate: TwoPersonGate.fromFunctionName(this, 'Gate', 'two-person-rule-gate'),
          notificationTopic: new sns.Topic(this, 'Approvers'),
        }),
      ],
    });
    release.addStage(new Payments(this, 'Ireland', { env: IRELAND }));
    release.addStage(new Payments(this, 'Frankfurt', { env: FRANKFURT }));
  }
}

const app = new App();
new GateStack(app, 'Gate', { env: IRELAND });
new PaymentsPipeline(app, 'Payments', { env: IRELAND });
