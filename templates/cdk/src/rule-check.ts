import { spawnSync } from 'node:child_process';
import { Annotations, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { RequireSignature, type TwoPersonRule } from './rule';
import { validate } from './rule-schema';

/** All environment variables of a function together hold 4 KB (AWS Lambda Developer Guide, "Lambda
 * quotas"). gate.yaml has the same limit. */
const LIMIT = 4000;

/** The rule as the gate reads it. Values that are known only at deployment stay in it. */
export function ruleJson(scope: Construct, rule: TwoPersonRule): string {
  return Stack.of(scope).toJsonString(written(rule));
}

/**
 * What is wrong with a rule: first by its JSON Schema, and then by `policygen` if it is installed.
 * Its warnings become annotations.
 */
export function ruleProblems(scope: Construct, rule: TwoPersonRule): string[] {
  const { sample, unknown } = sampleOf(scope, written(rule));
  const text = JSON.stringify(sample);
  if (Buffer.byteLength(text) > LIMIT) {
    return [
      `the rule has more than ${LIMIT} bytes, too many for an environment; use \`ruleLayer\``,
    ];
  }
  const problems = faults(sample, unknown);
  return problems.length > 0 ? problems : policygenProblems(scope, text, unknown);
}

/** What the JSON Schema says about a rule, apart from values that are known only at deployment. */
export function schemaProblems(scope: Construct, rule: { [key: string]: unknown }): string[] {
  const { sample, unknown } = sampleOf(scope, rule);
  return faults(sample, unknown);
}

/** A rule without tokens, and where there is one that no sample can stand for. */
function sampleOf(scope: Construct, rule: object): { sample: unknown; unknown: string[] } {
  const known = new Known();
  return { sample: known.of(Stack.of(scope).resolve(rule)), unknown: known.unknown };
}

/** The keys of a rule as the gate reads them. A key that is undefined is left out. */
export function written(rule: TwoPersonRule): { [key: string]: unknown } {
  const { requireSignature, ...rest } = withoutUndefined(rule);
  const values: { [key in RequireSignature]: unknown } = {
    [RequireSignature.NONE]: false,
    [RequireSignature.ANY_KEY]: true,
    [RequireSignature.DEVICE_BOUND]: { deviceBound: true },
  };
  // JavaScript lets other values pass, such as `true` from a rule in JSON. They stay, because to
  // drop one would loosen the rule.
  return requireSignature === undefined
    ? rest
    : { ...rest, requireSignature: values[requireSignature] ?? requireSignature };
}

/**
 * The rule of a function: somebody who starts an execution by hand cannot approve it, unless the
 * rule says so.
 */
export function withDefaults(rule: TwoPersonRule = {}): TwoPersonRule {
  return { excludeInitiator: true, ...withoutUndefined(rule) };
}

/** The keys that are given, so that `undefined` does not replace a default. */
function withoutUndefined<T extends object>(given: T): T {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as T;
}

/** What stands for a value that only AWS knows. */
const PSEUDO: { [name: string]: string } = {
  'AWS::AccountId': '111122223333',
  'AWS::Partition': 'aws',
  'AWS::Region': 'us-east-1',
  'AWS::URLSuffix': 'amazonaws.com',
};
const SAMPLES: { [key: string]: string } = {
  'proof.key': 'arn:aws:kms:us-east-1:111122223333:key/00000000-0000-0000-0000-000000000000',
  'proof.store': 's3://sample-bucket',
  'reviews.function': 'sample-function',
};

/** Puts samples of the right form in place of the tokens of a resolved rule. */
class Known {
  /** Where a token is that no sample can stand for. */
  public readonly unknown: string[] = [];

  public of(value: unknown, path: string[] = []): unknown {
    if (Array.isArray(value)) {
      return value.map((item, index) => this.of(item, [...path, String(index)]));
    }
    if (typeof value !== 'object' || value === null) {
      return value;
    }
    if (!isIntrinsic(value)) {
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => [key, this.of(item, [...path, key])]),
      );
    }
    const text = evaluated(value) ?? SAMPLES[path.join('.')];
    if (text === undefined) {
      this.unknown.push(path.join('.'));
    }
    return text ?? 'known-at-deployment';
  }
}

function isIntrinsic(value: object): boolean {
  const [key, ...more] = Object.keys(value);
  return more.length === 0 && (key === 'Ref' || (key ?? '').startsWith('Fn::'));
}

/** The text of an intrinsic function that needs nothing but the account, or undefined. */
function evaluated(value: unknown): string | undefined {
  if (typeof value === 'string') {
    return value;
  }
  const { Ref: name, 'Fn::Join': join } = value as { Ref?: string; 'Fn::Join'?: unknown[] };
  if (name !== undefined) {
    return PSEUDO[name];
  }
  if (!join) {
    return undefined;
  }
  const parts = (join[1] as unknown[]).map(evaluated);
  return parts.includes(undefined) ? undefined : parts.join(String(join[0]));
}

interface SchemaError {
  readonly instancePath: string;
  readonly message?: string;
  readonly params: { readonly additionalProperty?: string };
}

function faults(rule: unknown, unknown: string[]): string[] {
  if (validate(rule)) {
    return [];
  }
  return (validate as unknown as { errors: SchemaError[] }).errors.flatMap((error) => {
    const key = error.instancePath.slice(1).split('/').map(unescape).join('.');
    const { additionalProperty: extra } = error.params;
    if (unknown.includes(key)) {
      return [];
    }
    return extra === undefined
      ? [`\`rule${key && `.${key}`}\` ${error.message}`]
      : [`\`rule${key && `.${key}`}\` has no key \`${extra}\`; remove it or correct its name`];
  });
}

/** A part of a JSON Pointer (RFC 6901). */
function unescape(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}

interface Finding {
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'note';
  readonly subject: { readonly arn: string };
  readonly message: string;
  readonly help: string;
}

/** What `policygen doctor` says about a rule. POLICYGEN names another program. */
function policygenProblems(scope: Construct, text: string, unknown: string[]): string[] {
  const program = process.env.POLICYGEN || 'policygen';
  const done = spawnSync(program, ['doctor', '--rule', '-', '--format', 'json'], {
    input: text,
    encoding: 'utf8',
    timeout: 60_000,
  });
  const isAbsent = done.error && 'code' in done.error && done.error.code === 'ENOENT';
  if (isAbsent && !process.env.POLICYGEN) {
    return [];
  }
  const annotations = Annotations.of(scope);
  if (unknown.length > 0) {
    annotations.addInfoV2(
      'two-person-rule:not-checked',
      `policygen did not check the rule, because the deployment gives ${unknown.join(', ')}`,
    );
    return [];
  }
  const findings = report(done.stdout);
  if (!findings) {
    annotations.addWarningV2(
      'two-person-rule:not-checked',
      `\`${program}\` did not check the rule: ${(done.stderr || String(done.error)).trim()}`,
    );
    return [];
  }
  const said = (finding: Finding) => `${finding.message} ${finding.help} (${finding.subject.arn})`;
  for (const finding of findings.filter(({ severity }) => severity === 'warning')) {
    annotations.addWarningV2(`two-person-rule:${finding.code}`, said(finding));
  }
  return findings.filter(({ severity }) => severity === 'error').map(said);
}

/** The findings of a report, or undefined if it is none that this package can read. */
function report(text: string | null): Finding[] | undefined {
  try {
    const { schemaVersion, findings } = JSON.parse(text ?? '');
    return schemaVersion === 1 && Array.isArray(findings) ? findings : undefined;
  } catch {
    return undefined;
  }
}
