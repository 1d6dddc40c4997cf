import * as assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { test } from 'node:test';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ts from 'typescript';
import { PACKAGE, policygen, ROOT } from './kit';
import { orders, Releases } from './pipelines';

const PAGES = [
  path.join(PACKAGE, 'README.md'),
  path.join(ROOT, 'docs', 'cdk.md'),
  path.join(ROOT, 'templates', 'README.md'),
];

/** The code that a page shows under a mark. */
function codeUnder(mark: string, page: string): string {
  const code = new RegExp(`<!-- ${mark} -->\\n\\n\`\`\`ts\\n(.*?)\`\`\``, 's');
  const found = code.exec(fs.readFileSync(page, 'utf8'));
  assert.ok(found, `${page} has no ${mark}`);
  return found[1]!;
}

function tenLines(page: string): string {
  return codeUnder('ten lines', page);
}

/** Runs code of a page for a stack with a pipeline, in a folder that has the zips. */
function run(code: string, stack: Releases): void {
  const deploy = stack.pipeline.addStage({ stageName: 'Deploy', actions: [stack.deployment()] });
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ten-lines-'));
  fs.mkdirSync(path.join(folder, 'desk'));
  for (const zip of ['bootstrap.zip', 'desk/bootstrap.zip', 'archive.zip']) {
    fs.writeFileSync(path.join(folder, zip), 'PK');
  }
  const before = process.cwd();
  process.chdir(folder);
  try {
    new Function('require', 'exports', 'stack', 'pipeline', 'deploy', outputText)(
      require,
      {},
      stack,
      stack.pipeline,
      deploy,
    );
  } finally {
    process.chdir(before);
  }
}

test('the ten lines are the same on every page, and are ten', () => {
  const [first, ...others] = PAGES.map(tenLines);
  for (const other of others) {
    assert.equal(other, first);
  }
  assert.ok(first.trim().split('\n').filter((line) => line !== '').length <= 10);
});

test('the ten lines protect a pipeline', (context) => {
  const app = new App();
  const stack = new Releases({}, app);
  run(tenLines(PAGES[1]), stack);
  const pipeline = stack.declared();
  assert.deepEqual(
    pipeline.Properties.Stages.map((stage: any) => stage.Name),
    ['Source', 'Release', 'Deploy'],
  );
  assert.deepEqual(orders(pipeline, 'Release'), [
    ['ApprovalA', 1],
    ['ApprovalB', 1],
    ['TwoPersonRule', 2],
  ]);
  const program = policygen();
  if (!program) {
    context.skip('there is no policygen');
    return;
  }
  const template = path.join(app.synth().directory, `${stack.artifactId}.template.json`);
  const arguments_ = ['doctor', '--template', template, '--fail-on', 'warning'];
  const done = spawnSync(program, arguments_, { encoding: 'utf8' });
  assert.equal(done.status, 0, done.stdout + done.stderr);
});

test('the README deploys the people, the desk and the archive', () => {
  const stack = new Releases();
  run(codeUnder('people', PAGES[0]!), stack);
  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::IAM::UserToGroupAddition', 2);
  template.hasResourceProperties('AWS::Lambda::Function', { FunctionName: 'two-person-rule-desk' });
  template.hasResourceProperties('AWS::Lambda::Function', {
    FunctionName: 'two-person-rule-archive',
  });
});
