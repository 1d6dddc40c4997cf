import { RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { allow } from './function-settings';
import type { RuleProof } from './rule';

/** Where the gate stores a proof of each release, and what it needs for it. */
export interface ProofOptions {
  /**
   * The bucket that proofs are stored in. Keep it away from the pipeline. If this app gives it a
   * KMS key, the gate may encrypt with that.
   */
  readonly store: s3.IBucket;

  /**
   * The folder in the bucket, without a slash at either end.
   *
   * @default - the root of the bucket
   */
  readonly prefix?: string;

  /**
   * What the releases are for. Each proof names it.
   *
   * @default 'prod'
   */
  readonly environment?: string;

  /**
   * How many minutes a proof is valid.
   *
   * @default - a day
   */
  readonly validMinutes?: number;

  /** The bucket of the pipelines' artifacts, which the gate reads and hashes. */
  readonly artifacts: s3.IBucket;

  /**
   * The KMS key that encrypts the artifacts.
   *
   * @default - the key of the bucket `artifacts`, if this app knows one
   */
  readonly artifactKey?: kms.IKey;

  /**
   * The KMS key that signs proofs, of type ECC_NIST_P256.
   *
   * @default - a new key that only the gate can sign with
   */
  readonly key?: kms.IKey;
}

/** A key that only the gate can sign with. A deleted key signs nothing, but what it signed stays
 * verifiable for everybody who has its public half. */
export function newProofKey(scope: Construct, gateRole: iam.IRole): kms.Key {
  return new kms.Key(scope, 'ProofKey', {
    description: 'Two-person rule: signs the proofs of releases',
    keySpec: kms.KeySpec.ECC_NIST_P256,
    keyUsage: kms.KeyUsage.SIGN_VERIFY,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    policy: new iam.PolicyDocument({
      statements: [
        // Everything but to sign and to grant, by the account's own policies. In the policy of a
        // key, * is that key.
        new iam.PolicyStatement({
          sid: 'Administer',
          principals: [new iam.AccountRootPrincipal()],
          actions: [
            'kms:CancelKeyDeletion',
            'kms:DescribeKey',
            'kms:DisableKey',
            'kms:EnableKey',
            'kms:GetKeyPolicy',
            'kms:GetPublicKey',
            'kms:ListGrants',
            'kms:ListResourceTags',
            'kms:PutKeyPolicy',
            'kms:RevokeGrant',
            'kms:ScheduleKeyDeletion',
            'kms:TagResource',
            'kms:UntagResource',
            'kms:UpdateKeyDescription',
            'kms:Verify',
          ],
          resources: ['*'],
        }),
        new iam.PolicyStatement({
          sid: 'OnlyTheGateSigns',
          principals: [new iam.ArnPrincipal(gateRole.roleArn)],
          actions: ['kms:Sign'],
          resources: ['*'],
        }),
      ],
    }),
  });
}

/** The place of the proofs in the bucket: `bucket` or `bucket/prefix`. */
function place(options: ProofOptions): string {
  return [options.store.bucketName, options.prefix].filter(Boolean).join('/');
}

/** The rule's `proof`. */
export function proofRule(options: ProofOptions, key: kms.IKey): RuleProof {
  return {
    key: key.keyArn,
    store: `s3://${place(options)}`,
    environment: options.environment ?? 'prod',
    validMinutes: options.validMinutes,
  };
}

/** What the gate may do to prove a release. */
export function proofStatements(options: ProofOptions, key: kms.IKey): iam.PolicyStatement[] {
  const artifactKey = options.artifactKey ?? options.artifacts.encryptionKey;
  const { encryptionKey: storeKey } = options.store;
  const proofs = options.store.arnForObjects([options.prefix, '*'].filter(Boolean).join('/'));
  return [
    // Each execution has artifacts with new names, and its own proof.
    allow('HashArtifacts', ['s3:GetObject'], [options.artifacts.arnForObjects('*')]),
    allow('SignProofs', ['kms:Sign'], [key.keyArn]),
    allow('StoreProofs', ['s3:PutObject'], [proofs]),
    ...(storeKey ? [allow('EncryptProofs', ['kms:GenerateDataKey'], [storeKey.keyArn])] : []),
    ...(artifactKey ? [allow('DecryptArtifacts', ['kms:Decrypt'], [artifactKey.keyArn])] : []),
  ];
}
