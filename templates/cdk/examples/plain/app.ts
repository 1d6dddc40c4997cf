/** A pipeline that builds and, if two people approve, deploys to a bucket. */
import { App, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import { addTwoPersonApproval, TwoPersonGate } from 'two-person-rule-cdk';
import type { Construct } from 'constructs';
import { GateStack } from '../gate-stack';

class PaymentsPipeline extends Stack {
  constructor(scope: Construct, id: string, props: StackProps = {}) {
    super(scope, id, props);
    const source = new codepipeline.Artifact('Source');
    const build = new codepipeline.Artifact('Build');
    const pipeline = new codepipeline.Pipeline(this, 'Pipeline', {
      pipelineName: 'payments',
      pipelineType: codepipeline.PipelineType.V2,
      artifactBucket: this.bucket('Artifacts'),
    });
    pipeline.addStage({
      stageName: 'Source',
      actions: [
        new actions.S3SourceAction({
          actionName: 'Source',
          bucket: this.bucket('Sources'),
          bucketKey: 'source.zip',
          output: source,
          trigger: actions.S3Trigger.NONE,
          variablesNamespace: 'SourceVariables',
        }),
      ],
    });
    pipeline.addStage({
      stageName: 'Build',
      actions: [
        new actions.CodeBuildAction({
          actionName: 'Build',
          project: new codebuild.PipelineProject(this, 'Project'),
          input: source,
          outputs: [build],
        }),
      ],
    });
    addTwoPersonApproval(pipeline.addStage({ stageName: 'Release' }), {
      gate: TwoPersonGate.fromFunctionName(this, 'Gate', 'two-person-rule-gate'),
      subject: 'Release of #{SourceVariables.VersionId}',
      notificationTopic: new sns.Topic(this, 'Approvers'),
      deskUrl: 'https://approve.example.com',
    });
    pipeline.addStage({
      stageName: 'Deploy',
      actions: [
        new actions.S3DeployAction({
          actionName: 'Deploy',
          bucket: this.bucket('Deployed'),
          input: build,
        }),
      ],
    });
  }

  private bucket(id: string): s3.Bucket {
    return new s3.Bucket(this, id, {
      versioned: true,
      enforceSSL: true,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      encryption: s3.BucketEncryption.S3_MANAGED,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }
}

const app = new App();
new GateStack(app, 'Gate');
new PaymentsPipeline(app, 'Payments');
