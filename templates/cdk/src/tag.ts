import { Tags } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Tags everything in a construct as the templates do. */
export function tag(scope: IConstruct): void {
  Tags.of(scope).add('application', 'two-person-rule', {
    // The templates do not either: CloudFormation took tags of dashboards up late.
    excludeResourceTypes: ['AWS::CloudWatch::Dashboard'],
  });
}
