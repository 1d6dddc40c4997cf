import { App, SecretValue, Stack } from 'aws-cdk-lib';
import { ApprovalDesk, ApproverMechanism, Approvers, EvidenceArchive } from 'two-person-rule-cdk';
import { bootstrap } from '../kit';

// Synthesised by tests/conformance/test_cdk_approvers.py, which lints and audits the templates.
const app = new App({ outdir: process.env.OUTDIR });
const env = { account: '111122223333', region: 'eu-west-1' };

const props = { pipelines: ['payments'], stage: 'Release' };
const members = { ApprovalA: ['alice', 'carol'], ApprovalB: ['bob', 'dave'] };
new Approvers(new Stack(app, 'groups', { env }), 'Approvers', {
  ...props,
  members,
  mechanism: ApproverMechanism.groups(),
});
new Approvers(new Stack(app, 'tag', { env }), 'Approvers', {
  ...props,
  members,
  mechanism: ApproverMechanism.tag(),
});
const roles = new Stack(app, 'roles', { env });
new Approvers(roles, 'Approvers', {
  ...props,
  mechanism: ApproverMechanism.permissionSets('arn:aws:sso:::instance/ssoins-1234567890abcdef'),
  guardrails: { scp: true },
});
new ApprovalDesk(new Stack(app, 'desk', { env }), 'Desk', {
  pipeline: 'payments',
  stage: 'Release',
  code: bootstrap(),
  cookieKey: SecretValue.secretsManager('two-person-rule/cookie-key'),
});
new EvidenceArchive(new Stack(app, 'archive', { env }), 'Archive', { code: bootstrap() });
app.synth();
