import { type IResource, Resource } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';

/** A gate that pipelines can ask. */
export interface ITwoPersonGate extends IResource {
  /** The gate's function. */
  readonly gateFunction: lambda.IFunction;

  /** Lets a principal, such as the role of a pipeline, invoke the gate. */
  grantInvoke(grantee: iam.IGrantable): iam.Grant;

  /**
   * Lets the gate read a pipeline of its account and region. If the gate is not of this app, this
   * does nothing: the app that deploys the gate names the pipeline there.
   */
  addPipeline(pipeline: codepipeline.IPipeline): void;

  /**
   * Releases that the gate let pass.
   *
   * @default - the sum over 5 minutes
   */
  metricSatisfied(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * Releases that the gate refused.
   *
   * @default - the sum over 5 minutes
   */
  metricUnsatisfied(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * Refusals for one reason, such as `same-person`. A release can be refused for several.
   *
   * @default - the sum over 5 minutes
   */
  metricRefusedFor(reason: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * Jobs that the gate could not judge, or could not prove.
   *
   * @default - the sum over 5 minutes
   */
  metricUndecided(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * The seconds from the opening of an approval to its answer, of releases that passed.
   *
   * @default - the median over 5 minutes
   */
  metricTimeToApprove(pipeline: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric;
}

/** What a gate of this app and a gate of another app have in common. */
export abstract class TwoPersonGateBase extends Resource implements ITwoPersonGate {
  public abstract readonly gateFunction: lambda.IFunction;

  public abstract addPipeline(pipeline: codepipeline.IPipeline): void;

  public grantInvoke(grantee: iam.IGrantable): iam.Grant {
    return this.gateFunction.grantInvoke(grantee);
  }

  public metricSatisfied(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return decisions({ Verdict: 'satisfied' }, options);
  }

  public metricUnsatisfied(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return decisions({ Verdict: 'unsatisfied' }, options);
  }

  public metricRefusedFor(reason: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return decisions({ Verdict: 'unsatisfied', Reason: reason }, options);
  }

  public metricUndecided(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return decisions({ Verdict: 'none' }, options);
  }

  public metricTimeToApprove(
    pipeline: string,
    options?: cloudwatch.MetricOptions,
  ): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: NAMESPACE,
      metricName: 'TimeToApprove',
      statistic: cloudwatch.Stats.percentile(50),
      dimensionsMap: { Pipeline: pipeline },
      ...options,
    });
  }
}

/** The namespace that the gate writes its metrics to. */
const NAMESPACE = 'TwoPersonRule';

function decisions(
  dimensionsMap: { [name: string]: string },
  options?: cloudwatch.MetricOptions,
): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: NAMESPACE,
    metricName: 'Decisions',
    statistic: cloudwatch.Stats.SUM,
    dimensionsMap,
    ...options,
  });
}
