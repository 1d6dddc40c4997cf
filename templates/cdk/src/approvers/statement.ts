import { Aws } from 'aws-cdk-lib';

/** A policy document, as IAM reads it. */
export interface Document {
  Version: string;
  Statement: Statement[];
}

type OneOrMany = string | string[];

/** A statement of a policy document. Its keys are in the order of the IAM User Guide. */
export interface Statement {
  Sid: string;
  Effect: 'Allow' | 'Deny';
  Principal?: Record<string, OneOrMany>;
  Action: OneOrMany;
  Resource?: OneOrMany;
  NotResource?: OneOrMany;
  Condition?: Record<string, Record<string, OneOrMany>>;
}

/** Any resource, for actions without a narrower one. */
export const ANY = ['*'];

export function document(statements: Statement[]): Document {
  return { Version: '2012-10-17', Statement: statements };
}

export function allow(sid: string, actions: string[], resources: string[]): Statement {
  return {
    Sid: sid,
    Effect: 'Allow',
    Action: oneOrMany(actions),
    Resource: oneOrMany(resources),
  };
}

export function deny(sid: string, actions: string[], resources: string[]): Statement {
  return { Sid: sid, Effect: 'Deny', Action: oneOrMany(actions), Resource: oneOrMany(resources) };
}

export function denyAllBut(sid: string, actions: string[], resources: string[]): Statement {
  return {
    Sid: sid,
    Effect: 'Deny',
    Action: oneOrMany(actions),
    NotResource: oneOrMany(resources),
  };
}

/** A statement of a trust policy. */
export function trust(sid: string, kind: string, principals: string[], action: string): Statement {
  return {
    Sid: sid,
    Effect: 'Allow',
    Principal: { [kind]: oneOrMany(principals) },
    Action: action,
  };
}

/** Adds a condition to a statement. */
export function when(
  statement: Statement,
  operator: string,
  key: string,
  values: string[],
): Statement {
  const condition = statement.Condition ?? {};
  const keys = { ...condition[operator], [key]: oneOrMany(values) };
  return { ...statement, Condition: { ...condition, [operator]: keys } };
}

/** Exempts principals from a statement. For the session of a role, the key has the role's ARN. */
export function unless(statement: Statement, principals: string[]): Statement {
  return principals.length === 0
    ? statement
    : when(statement, 'ArnNotLike', 'aws:PrincipalArn', principals);
}

/**
 * The length of a document as IAM counts it: without white space. A token counts as the longest
 * value that it may have.
 */
export function sizeOf(document: Document): number {
  const longest: [string, number][] = [
    [Aws.REGION, 'ap-southeast-99'.length],
    [Aws.ACCOUNT_ID, 12],
    [Aws.PARTITION, 'aws-us-gov'.length],
  ];
  let text = JSON.stringify(document);
  for (const [token, length] of longest) {
    text = text.split(token).join('x'.repeat(length));
  }
  // The names of pipelines and functions have at most 100 characters.
  return text.replace(/\$\{Token\[[^\]]*\]\}/g, 'x'.repeat(100)).replace(/\s/g, '').length;
}

/** AWS writes a list of one without brackets. */
function oneOrMany(values: string[]): OneOrMany {
  return values.length === 1 ? values[0]! : [...values];
}
