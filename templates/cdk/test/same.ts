import * as assert from 'node:assert/strict';
import { canonical, renamed, type Resource } from './cloudformation';

/** Compares what both templates deploy. */
export function assertSame(
  ours: { [id: string]: Resource },
  cdk: { [id: string]: Resource },
): void {
  const expected = Object.fromEntries(
    Object.entries(ours).map(([id, resource]) => [id, withoutDifferences(resource)]),
  );
  const built = Object.entries(cdk).map(
    ([id, resource]) => [id, withoutDifferences(resource)] as const,
  );
  // Each resource has the logical id of the resource with its type and its name.
  const ids: { [id: string]: string } = {};
  for (const [id, resource] of built) {
    const same = Object.entries(expected).filter(([, other]) => label(other) === label(resource));
    assert.equal(same.length, 1, `${id} is ${label(resource)}, which the template has not`);
    ids[id] = same[0]![0];
  }
  const actual = renamed(Object.fromEntries(built), ids);
  assert.deepEqual(canonical(withBucketArns(actual)), canonical(withBucketArns(expected)));
}

/** The same resources, with the ARN of each bucket made of its name. */
function withBucketArns(all: { [id: string]: Resource }): { [id: string]: Resource } {
  const buckets = Object.keys(all).filter((id) => all[id]!.Type === 'AWS::S3::Bucket');
  const arns = buckets.map((id) => [`${id}.Arn`, `arn:aws:s3:::${id}`]);
  return renamed(all, Object.fromEntries(arns));
}

const NAMES = [
  'AlarmName',
  'DashboardName',
  'FunctionName',
  'LogGroupName',
  'ManagedPolicyName',
  'Name',
  'PolicyName',
  'QueueName',
  'RoleName',
];

function label({ Type, Properties }: Resource): string {
  // Some have the name of the function that they are about.
  const names: { [type: string]: string[] } = {
    'AWS::Lambda::EventInvokeConfig': [],
    'AWS::Lambda::Permission': ['Action'],
  };
  const name = (names[Type] ?? NAMES).find((key) => typeof Properties[key] === 'string');
  return `${Type} ${name ? Properties[name] : ''}`;
}

/** Every difference between the two ways that is meant, and why. */
function withoutDifferences(resource: Resource): any {
  const { Type, DependsOn, ...rest } = resource;
  void DependsOn;
  const Properties = structuredClone(resource.Properties);
  switch (Type) {
    // SAM makes a function of the same properties. The code is an asset here, and tags are a list.
    case 'AWS::Serverless::Function': {
      const { CodeUri, Tags, ...same } = Properties;
      assert.match(CodeUri, /^\.\.\/target\/lambda\/(gate|desk)\/bootstrap\.zip$/);
      const list = Object.entries(Tags).map(([Key, Value]) => ({ Key, Value }));
      const of = {
        ...rest,
        Type: 'AWS::Lambda::Function',
        Properties: { ...same, Tags: list },
      };
      return functionWithRule(of);
    }
    case 'AWS::Lambda::Function': {
      const { Code, ...same } = Properties;
      assert.ok(Code.S3Bucket && Code.S3Key);
      return functionWithRule({ ...rest, Type, Properties: same });
    }
    // CDK writes an inline policy as a resource that may have several roles.
    case 'AWS::IAM::RolePolicy': {
      const { RoleName, ...same } = Properties;
      return {
        ...rest,
        Type: 'AWS::IAM::Policy',
        Properties: { ...same, Roles: [RoleName] },
      };
    }
    // CDK gives no Sid to who may assume a role.
    case 'AWS::IAM::Role':
      for (const statement of Properties.AssumeRolePolicyDocument.Statement) {
        delete statement.Sid;
      }
      return { ...rest, Type, Properties };
    // The default, said or not.
    case 'AWS::IAM::ManagedPolicy':
      assert.ok([undefined, '/'].includes(Properties.Path));
      delete Properties.Path;
      return { ...rest, Type, Properties };
    // CDK generates the id of an expression, and `ReturnData` is true by default.
    case 'AWS::CloudWatch::Alarm':
      for (const metric of Properties.Metrics ?? []) {
        if (metric.ReturnData ?? true) {
          delete metric.Id;
          delete metric.ReturnData;
        }
      }
      return { ...rest, Type, Properties };
    // Texts that hold JSON.
    case 'AWS::CloudWatch::Dashboard':
      Properties.DashboardBody = JSON.parse(Properties.DashboardBody);
      return { ...rest, Type, Properties };
    case 'AWS::Logs::ResourcePolicy':
      Properties.PolicyDocument = JSON.parse(Properties.PolicyDocument);
      return { ...rest, Type, Properties };
    // CDK numbers targets, and says the default.
    case 'AWS::Events::Rule':
      assert.ok([undefined, 'ENABLED'].includes(Properties.State));
      delete Properties.State;
      for (const target of Properties.Targets) {
        delete target.Id;
      }
      return { ...rest, Type, Properties };
    default:
      return { ...rest, Type, Properties };
  }
}

/** The rule is compared as JSON. gate.yaml also says that nobody's role is trusted, a default. */
function functionWithRule(resource: any): any {
  const variables = resource.Properties.Environment.Variables;
  if (variables.TWO_PERSON_RULE) {
    const rule = JSON.parse(variables.TWO_PERSON_RULE);
    if (rule.trustedSessionRoles?.length === 0) {
      delete rule.trustedSessionRoles;
    }
    variables.TWO_PERSON_RULE = rule;
  }
  return resource;
}
