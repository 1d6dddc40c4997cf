import { App, Stack, type StackProps, Stage, type StageProps } from 'aws-cdk-lib';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as pipelines from 'aws-cdk-lib/pipelines';
import type { Construct } from 'constructs';
import { type ITwoPersonGate, TwoPersonGate } from 'two-person-rule-cdk';

export const ENV = { account: '111122223333', region: 'us-east-1' };
/** What the gate's action tells the gate by default. */
export const PARAMETERS = {
  pipelineExecutionId: '#{codepipeline.PipelineExecutionId}',
  actions: ['ApprovalA', 'ApprovalB'],
};

/** A gate that exists already. */
export function existingGate(scope: Construct, region = ENV.region): ITwoPersonGate {
  const arn = `arn:aws:lambda:${region}:111122223333:function:two-person-rule-gate`;
  return TwoPersonGate.fromFunctionArn(scope, `Gate-${region}`, arn);
}

/** A pipeline with a source and, so far, nothing else. */
export class Releases extends Stack {
  readonly gate = existingGate(this);
  readonly source = new codepipeline.Artifact('Source');
  readonly pipeline: codepipeline.Pipeline;
  private readonly bucket = new s3.Bucket(this, 'Bucket', { versioned: true });

  constructor(props: codepipeline.PipelineProps = {}, app = new App()) {
    super(app, 'Releases', { env: ENV });
    this.pipeline = new codepipeline.Pipeline(this, 'Pipeline', {
      pipelineName: 'payments',
      pipelineType: codepipeline.PipelineType.V2,
      ...props,
    });
    this.pipeline.addStage({
      stageName: 'Source',
      actions: [
        new actions.S3SourceAction({
          actionName: 'Source',
          bucket: this.bucket,
          bucketKey: 'source.zip',
          output: this.source,
          trigger: actions.S3Trigger.NONE,
        }),
      ],
    });
  }

  deployment(runOrder?: number, actionName = 'Deploy'): actions.S3DeployAction {
    return new actions.S3DeployAction({
      actionName,
      runOrder,
      input: this.source,
      bucket: this.bucket,
    });
  }

  /** The declaration in the template. */
  declared(): any {
    return declaredIn(this);
  }
}

/** The only pipeline of a stack, as the template declares it. */
export function declaredIn(stack: Stack): any {
  const assembly = (stack.node.root as App).synth();
  const { Resources } = assembly.getStackArtifact(stack.artifactId).template;
  const [pipeline, ...more] = (Object.values(Resources) as any[]).filter(
    (resource) => resource.Type === 'AWS::CodePipeline::Pipeline',
  );
  if (more.length > 0) {
    throw new Error('more than one pipeline');
  }
  return pipeline;
}

/** A stage of a declaration, by its name. */
export function stageOf(pipeline: any, name: string): any {
  return pipeline.Properties.Stages.find((stage: any) => stage.Name === name);
}

/** The names and run orders of the actions of a stage. */
export function orders(pipeline: any, name: string): [string, number][] {
  return stageOf(pipeline, name).Actions.map((action: any) => [action.Name, action.RunOrder]);
}

/** What a stage of CDK Pipelines deploys: one topic. */
export class Service extends Stage {
  constructor(scope: Construct, id: string, props: StageProps = { env: ENV }) {
    super(scope, id, props);
    new sns.Topic(new Stack(this, 'App'), 'Topic');
  }
}

/** A stack with a pipeline of CDK Pipelines. */
export class Waves extends Stack {
  readonly gate = existingGate(this);
  readonly synthStep: pipelines.ShellStep;
  readonly pipeline: pipelines.CodePipeline;

  constructor(props: Partial<pipelines.CodePipelineProps> = {}, stackProps: StackProps = {}) {
    super(new App(), 'Releases', { env: ENV, ...stackProps });
    this.synthStep = new pipelines.ShellStep('Synth', {
      input: pipelines.CodePipelineSource.s3(
        s3.Bucket.fromBucketName(this, 'Bucket', 'source'),
        'source.zip',
      ),
      commands: ['npm ci', 'npx cdk synth'],
    });
    this.pipeline = new pipelines.CodePipeline(this, 'Pipeline', {
      pipelineType: codepipeline.PipelineType.V2,
      selfMutation: false,
      synth: this.synthStep,
      ...props,
    });
  }
}

