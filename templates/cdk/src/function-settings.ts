import { ArnFormat, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { isPipelineGlob } from './approvers/names';

/** Where Lambda puts the rule of a layer. */
export const RULE_FILE = '/opt/two-person-rule/rule.json';

/** What is wrong with a function that has `rule` and `ruleLayer`. */
export const TWO_RULES = '`rule` and `ruleLayer` are two rules; give one of them';

/** Returns the value of a property that is a name in CodePipeline, or a pattern of names. */
export function checkedPattern(property: string, text: string): string {
  if (!Token.isUnresolved(text) && !isPipelineGlob(text)) {
    throw new Error(
      `\`${property}\` is \`${text}\`; give a name or a pattern: 1 to 100 of ` +
        'A-Z a-z 0-9 . @ - _ * ?',
    );
  }
  return text;
}

/** The functions that may run at once: what is given or the default, and nothing for -1. */
export function concurrency(given: number | undefined, byDefault: number): number | undefined {
  return given === -1 ? undefined : (given ?? byDefault);
}

/** A statement that allows actions on resources. */
export function allow(sid: string, actions: string[], resources: string[]): iam.PolicyStatement {
  return new iam.PolicyStatement({ sid, actions, resources });
}

/**
 * Lets a function check whether IAM Identity Center created a role that the rule trusts by a
 * pattern. It can read no other role.
 */
export function seeReservedRoles(scope: Construct): iam.PolicyStatement {
  const roles = Stack.of(scope).formatArn({
    service: 'iam',
    region: '',
    resource: 'role',
    resourceName: 'aws-reserved/sso.amazonaws.com/*',
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
  return allow('SeeReservedRoles', ['iam:GetRole'], [roles]);
}

/** Lets a function write to its log. */
export function writeLog(sid: string, logGroupArn: string): iam.PolicyStatement {
  return allow(sid, ['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroupArn]);
}
