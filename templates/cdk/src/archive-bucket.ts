import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

/** How firmly an object is kept. */
export enum RetentionMode {
  /** Principals with `s3:BypassGovernanceRetention` can delete earlier. */
  GOVERNANCE = 'GOVERNANCE',
  /** Nobody can delete earlier, not even root. It cannot be taken back. */
  COMPLIANCE = 'COMPLIANCE',
}

/** How a new bucket keeps the archive. */
export interface ArchiveBucketOptions {
  /**
   * The organization whose accounts may write into the new bucket, each under its own number.
   *
   * @default - this account only
   */
  readonly organizationId?: string;

  /**
   * How firmly an object is kept in the new bucket.
   *
   * @default RetentionMode.GOVERNANCE
   */
  readonly retentionMode?: RetentionMode;

  /**
   * How many years each object is kept in the new bucket, from 1 to 100.
   *
   * @default 7
   */
  readonly retentionYears?: number;
}

/** A bucket that locks each object when it is written. It stays when the stack is deleted. */
export function newArchiveBucket(
  scope: Construct,
  functionName: string,
  options: ArchiveBucketOptions,
): s3.Bucket {
  const { account, region, partition } = Stack.of(scope);
  const years = options.retentionYears ?? 7;
  if (!Number.isInteger(years) || years < 1 || years > 100) {
    throw new Error(`\`retentionYears\` is ${years}; give a whole number from 1 to 100`);
  }
  const bucket = new s3.Bucket(scope, 'Bucket', {
    bucketName: `two-person-rule-archive-${account}-${region}`,
    objectLockEnabled: true,
    versioned: true,
    encryption: s3.BucketEncryption.S3_MANAGED,
    objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    removalPolicy: RemovalPolicy.RETAIN,
  });
  // In years: a construct for buckets has no other unit than days.
  (bucket.node.defaultChild as s3.CfnBucket).objectLockConfiguration = {
    objectLockEnabled: 'Enabled',
    rule: {
      defaultRetention: { mode: options.retentionMode ?? RetentionMode.GOVERNANCE, years },
    },
  };
  const objects = bucket.arnForObjects('*');
  const deny = (sid: string, action: string, resources: string[], conditions?: object) =>
    bucket.addToResourcePolicy(
      new iam.PolicyStatement({
        sid,
        effect: iam.Effect.DENY,
        principals: [new iam.StarPrincipal()],
        actions: [action],
        resources,
        conditions: { ...conditions },
      }),
    );
  const plainHttp = { Bool: { 'aws:SecureTransport': 'false' } };
  deny('DenyPlainHttp', 's3:*', [bucket.bucketArn, objects], plainHttp);
  // Without the header If-None-Match, a write could put a newer version before the kept one.
  const overwriting = { Null: { 's3:if-none-match': 'true' } };
  deny('DenyOverwriting', 's3:PutObject', [objects], overwriting);
  // A lock keeps versions. This keeps anybody from hiding them behind a delete marker.
  deny('DenyHiding', 's3:DeleteObject', [objects]);
  if (options.organizationId !== undefined) {
    // The function of each account of the organization, under the number of its account.
    bucket.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'KeepForOrganization',
        principals: [new iam.StarPrincipal()],
        actions: ['s3:PutObject'],
        resources: ['lists', 'reports', 'rules'].map((folder) =>
          bucket.arnForObjects(`${folder}/\${aws:PrincipalAccount}/*`),
        ),
        conditions: {
          StringEquals: { 'aws:PrincipalOrgID': options.organizationId },
          ArnLike: {
            'aws:PrincipalArn': `arn:${partition}:iam::*:role/${functionName}-*`,
          },
        },
      }),
    );
  }
  return bucket;
}
