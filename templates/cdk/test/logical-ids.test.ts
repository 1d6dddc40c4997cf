import { test } from 'node:test';
import { SecretValue } from 'aws-cdk-lib';
import {
  ApprovalDesk,
  ApproverMechanism,
  Approvers,
  EvidenceArchive,
  TwoPersonGate,
} from 'two-person-rule-cdk';
import { assertSnapshot, bootstrap, newStack, template } from './kit';

// The resources have fixed names, and CloudFormation creates one with a new logical id before it
// deletes the old one: an update that changes an id fails. Other tests compare what they hold.
test('an update gives no resource a new logical id', () => {
  const stack = newStack();
  const code = bootstrap();
  const gate = new TwoPersonGate(stack, 'Gate', {
    code,
    pipelines: ['payments'],
    keepLostEvents: true,
  });
  gate.addDashboard();
  const instance = 'arn:aws:sso:::instance/ssoins-1234567890abcdef';
  for (const [id, mechanism] of [
    ['Groups', ApproverMechanism.groups()],
    ['Roles', ApproverMechanism.permissionSets(instance)],
  ] as const) {
    new Approvers(stack, id, {
      pipelines: ['payments'],
      stage: 'Release',
      mechanism,
      prefix: `${id}-`,
      members: { ApprovalA: ['alice'], ApprovalB: ['bob'] },
      guardrails: { scp: true },
    });
  }
  const cookieKey = SecretValue.unsafePlainText('0123456789abcdef0123456789abcdef');
  new ApprovalDesk(stack, 'Desk', { code, cookieKey, pipeline: 'payments', stage: 'Release' });
  new EvidenceArchive(stack, 'Archive', { code });
  const resources = Object.entries<any>(template(stack).Resources);
  const types = resources.map(([id, { Type }]) => [id, Type]);
  assertSnapshot('logical-ids', Object.fromEntries(types.sort()));
});
