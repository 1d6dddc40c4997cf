import * as assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as lambda from 'aws-cdk-lib/aws-lambda';

/** The folder of this package. The compiled tests are in `target/test`. */
export const PACKAGE = path.resolve(__dirname, '..', '..');
/** The root of the repository. */
export const ROOT = path.resolve(PACKAGE, '..', '..');

/** A stack in an account and a region of its own app. */
export function newStack(id = 'Stack'): Stack {
  return new Stack(new App(), id, { env: { account: '111122223333', region: 'us-east-1' } });
}

/** The template that the stack synthesises. */
export function template(stack: Stack): { [key: string]: any } {
  return Template.fromStack(stack).toJSON();
}

/** A folder that is removed when the tests of a file end. */
export const SCRATCH = fs.mkdtempSync(path.join(os.tmpdir(), 'two-person-rule-'));
process.on('exit', () => fs.rmSync(SCRATCH, { recursive: true, force: true }));

/** Code in the place of a zip that `templates/package` writes. */
export function bootstrap(): lambda.Code {
  const folder = path.join(SCRATCH, 'bootstrap');
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'bootstrap'), 'not a program');
  return lambda.Code.fromAsset(folder);
}

/** The properties of the only resource of this type. */
export function only(stack: Stack, type: string): any {
  const found = Object.values(Template.fromStack(stack).findResources(type));
  assert.equal(found.length, 1, `${found.length} resources of type ${type}`);
  return found[0].Properties;
}

/**
 * Compares a value with `test/snapshots/NAME.json`. With UPDATE_SNAPSHOTS=1 it writes the file.
 * The hashes of assets are left out, because they change with each build of a zip.
 */
export function assertSnapshot(name: string, value: unknown): void {
  const file = path.join(PACKAGE, 'test', 'snapshots', `${name}.json`);
  const text = JSON.stringify(value, null, 2).replace(/\b[0-9a-f]{64}\b/g, 'HASH') + '\n';
  if (process.env.UPDATE_SNAPSHOTS) {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
    return;
  }
  assert.ok(fs.existsSync(file), `${file} is missing; run with UPDATE_SNAPSHOTS=1 and read it`);
  assert.deepEqual(JSON.parse(text), JSON.parse(fs.readFileSync(file, 'utf8')));
}

/** The `policygen` that was built or is on the PATH, or undefined. Tests without it are skipped. */
export function policygen(): string | undefined {
  const candidates = [
    process.env.POLICYGEN,
    path.join(ROOT, 'target', 'debug', 'policygen'),
    'policygen',
  ];
  return candidates.find((program) => program && spawnSync(program, ['--version']).status === 0);
}
