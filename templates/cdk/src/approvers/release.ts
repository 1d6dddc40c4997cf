import { arnFields } from './names';
import type { Guards, Settings } from './settings';
import { ANY, deny, type Statement, unless, when } from './statement';

/**
 * The principals that a policy denies something to: the holders of the managed policy, who need no
 * users and roles, or everybody under a service control policy, deployments among them.
 */
export type Denied = 'approvers' | 'everybody';

/** What makes somebody a role. */
export const BECOME = ['iam:PassRole', 'sts:AssumeRole'];

/** The roles of the pipelines and of their deployments, under any path. */
export function deployments({ targets }: Settings, guards: Guards): string[] {
  return [...guards.serviceRoles, ...guards.deployRoles].flatMap((role) =>
    arnFields(role)
      ? [role]
      : [...targets.iamArns(`role/${role}`), ...targets.iamArns(`role/*/${role}`)],
  );
}

/**
 * Denies releasing without the pipeline: with the roles that deploy, with another pipeline, or with
 * other artifacts than the approved ones.
 */
export function release(
  settings: Settings,
  guards: Guards,
  denied: Denied,
  breakGlass: string[],
): Statement[] {
  const roles = deployments(settings, guards);
  const all: Statement[] = [];
  if (roles.length > 0) {
    // The role of a pipeline assumes those of its actions.
    const exempt = denied === 'approvers' ? breakGlass : [...roles, ...breakGlass];
    all.push(unless(deny('BecomeDeployment', BECOME, roles), exempt));
  }
  // Others may have other pipelines, but approvers need none.
  if (denied === 'approvers') {
    const service = ['codepipeline.amazonaws.com'];
    const pass = deny('MakePipelines', ['iam:PassRole'], ANY);
    all.push(unless(when(pass, 'StringEquals', 'iam:PassedToService', service), breakGlass));
  }
  const { partition } = settings.targets;
  const buckets = guards.artifactBuckets.map((bucket) => `arn:${partition}:s3:::${bucket}`);
  if (buckets.length > 0) {
    all.push(unless(deny('OpenArtifacts', ['s3:PutBucketPolicy'], buckets), breakGlass));
    // The builds of a pipeline write artifacts, with roles that are not known here.
    if (denied === 'approvers') {
      const objects = buckets.map((bucket) => `${bucket}/*`);
      all.push(unless(deny('ReplaceArtifacts', ['s3:PutObject'], objects), breakGlass));
    }
  }
  return all;
}
