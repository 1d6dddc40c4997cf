import { Token } from 'aws-cdk-lib';
import { isPipelineGlob } from './approvers/names';

/** Where Lambda puts the rule of a layer. */
export const RULE_FILE = '/opt/two-person-rule/rule.json';

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
