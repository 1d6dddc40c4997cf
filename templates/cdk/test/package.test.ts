import * as assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { PACKAGE } from './kit';

const manifest = JSON.parse(fs.readFileSync(path.join(PACKAGE, 'package.json'), 'utf8'));

function run(program: string, ...words: string[]): string {
  return execFileSync(program, words, { cwd: PACKAGE, encoding: 'utf8' });
}

test('the package has its compiled sources and what jsii needs, and nothing else', () => {
  const [packed] = JSON.parse(run('npm', 'pack', '--dry-run', '--json', '--ignore-scripts'));
  const sources = fs
    .readdirSync(path.join(PACKAGE, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `lib/${name.slice(0, -'.ts'.length).replaceAll(path.sep, '/')}`);
  const expected = [
    ...sources.flatMap((name) => [`${name}.js`, `${name}.d.ts`]),
    '.jsii',
    'LICENSE',
    'README.md',
    'package.json',
  ];
  const files = packed.files.map((file: { path: string }) => file.path);
  assert.deepEqual(files.sort(), expected.sort());
  assert.ok(packed.size < 200_000, `the package has ${packed.size} bytes`);
});

test('the package needs nothing at run time but the CDK', () => {
  assert.equal(manifest.dependencies, undefined);
  assert.equal(manifest.bundledDependencies, undefined);
  assert.deepEqual(Object.keys(manifest.peerDependencies), ['aws-cdk-lib', 'constructs']);
  for (const name of fs.readdirSync(path.join(PACKAGE, 'lib'), {
    recursive: true,
    encoding: 'utf8',
  })) {
    if (name.endsWith('.js')) {
      const text = fs.readFileSync(path.join(PACKAGE, 'lib', name), 'utf8');
      for (const [, needed] of text.matchAll(/\brequire\("([^"]+)"\)/g)) {
        assert.match(needed!, /^(\.|node:|aws-cdk-lib(\/|$)|constructs$)/, name);
      }
    }
  }
});

test('the types of the rule are those of the schema', () => {
  const committed = fs.readFileSync(path.join(PACKAGE, 'src', 'rule.ts'), 'utf8');
  const written = run('node', 'scripts/generate.mjs', 'types', '--print');
  assert.equal(committed, written, 'run `npm run generate`');
});

test('the README has the properties of the types', () => {
  const committed = fs.readFileSync(path.join(PACKAGE, 'README.md'), 'utf8');
  assert.equal(committed, run('node', 'scripts/readme.mjs', '--print'), 'run `npm run readme`');
});
