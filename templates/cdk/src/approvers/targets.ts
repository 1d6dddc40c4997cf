import { Token } from 'aws-cdk-lib';
import {
  ACCOUNT_OR_ANY,
  arnFields,
  checked,
  type FunctionRef,
  PARTITION,
  partitionOf,
  PIPELINE,
  REGION_OR_ANY,
  STAGE,
} from './names';

/** Where the pipelines are, before it is checked. */
export interface Places {
  readonly partition?: string;
  /** The partition if neither `partition` nor a region tells it. */
  readonly stackPartition: string;
  readonly regions: string[];
  readonly accounts: string[];
  readonly pipelines: string[];
  readonly stage: string;
}

/** The pipelines that the policies are about, and the stage of the approvals. */
export class Targets {
  public readonly partition: string;
  public readonly regions: string[];
  public readonly accounts: string[];
  public readonly pipelines: string[];
  public readonly stage: string;

  constructor(places: Places) {
    for (const list of ['regions', 'accounts', 'pipelines'] as const) {
      if (places[list].length === 0) {
        throw new Error(`\`${list}\` is empty; name at least one, or \`*\` to mean any`);
      }
    }
    this.regions = distinct(places.regions.map((it) => checked(it, REGION_OR_ANY)));
    this.accounts = distinct(places.accounts.map((it) => checked(it, ACCOUNT_OR_ANY)));
    this.pipelines = distinct(places.pipelines.map((it) => checked(it, PIPELINE)));
    this.stage = checked(places.stage, STAGE);
    const known = this.regions.map(partitionOf).find((it) => it !== undefined);
    this.partition = places.partition ?? known ?? places.stackPartition;
    checked(this.partition, PARTITION);
    for (const region of this.regions) {
      const right = partitionOf(region);
      if (right && right !== this.partition && !Token.isUnresolved(this.partition)) {
        throw new Error(
          `the region \`${region}\` is not in the partition \`${this.partition}\`; give ` +
            `\`partition ${right}\` or another region`,
        );
      }
    }
  }

  /** `arn:P:codepipeline:REGION:ACCT:PIPELINE`. */
  public pipelineArns(): string[] {
    return this.inPlaces('codepipeline', this.pipelines);
  }

  /** `arn:P:codepipeline:REGION:ACCT:PIPELINE/STAGE/ACTION`, the resource of PutApprovalResult. */
  public actionArns(action: string): string[] {
    const actions = this.pipelines.map((pipeline) => `${pipeline}/${this.stage}/${action}`);
    return this.inPlaces('codepipeline', actions);
  }

  /** The function, or the version or alias that the reference names. */
  public functionArns(ref: FunctionRef): string[] {
    const version = ref.qualifier === undefined ? '' : `:${ref.qualifier}`;
    return this.ofFunction('lambda', ref, [`function:${ref.name}${version}`]);
  }

  /** The function with all its versions and aliases. `suffix` ends its name. */
  public functionAndVersionArns(ref: FunctionRef, suffix = ''): string[] {
    const own = `function:${ref.name}${suffix}`;
    return this.ofFunction('lambda', ref, [own, `${own}:*`]);
  }

  /** Every version of the layer that holds the rule of the gate. */
  public ruleLayerArns(gate: FunctionRef): string[] {
    return this.ofFunction('lambda', gate, [`layer:${gate.name}-rule:*`]);
  }

  /** The CodeBuild project that changes the rule of the gate. */
  public ruleProjectArns(gate: FunctionRef): string[] {
    return this.ofFunction('codebuild', gate, [`project/${gate.name}-rule-deploy`]);
  }

  /** `arn:P:iam::ACCT:RESOURCE`. */
  public iamArns(resource: string): string[] {
    return this.accounts.map((account) => `arn:${this.partition}:iam::${account}:${resource}`);
  }

  /** A role, by name or by ARN, as `aws:PrincipalArn` shows it. */
  public roleArns(role: string): string[] {
    return arnFields(role) ? [role] : this.iamArns(`role/${role}`);
  }

  /** Whether a function can be in the region and account of one of the pipelines. */
  public mayHold(ref: FunctionRef): boolean {
    const isToken = (text: string) => Token.isUnresolved(text);
    const hasRegion = this.regions.some(
      (region) =>
        ref.region === undefined ||
        isToken(region) ||
        (region === '*'
          ? isToken(this.partition) || partitionOf(ref.region) === this.partition
          : region === ref.region),
    );
    const hasAccount = this.accounts.some(
      (account) =>
        ref.account === undefined || isToken(account) || account === '*' || account === ref.account,
    );
    return hasRegion && hasAccount;
  }

  private ofFunction(service: string, ref: FunctionRef, resources: string[]): string[] {
    const regions = ref.region === undefined ? this.regions : [ref.region];
    const accounts = ref.account === undefined ? this.accounts : [ref.account];
    return this.inPlaces(service, resources, regions, accounts);
  }

  private inPlaces(
    service: string,
    resources: string[],
    regions = this.regions,
    accounts = this.accounts,
  ): string[] {
    return regions.flatMap((region) =>
      accounts.flatMap((account) =>
        resources.map((it) => `arn:${this.partition}:${service}:${region}:${account}:${it}`),
      ),
    );
  }
}

function distinct(texts: string[]): string[] {
  return [...new Set(texts)];
}
