import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { Aws, CfnParameter, type Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { RequireSignature, TwoPersonGate, type TwoPersonRule } from 'two-person-rule-cdk';
import { bootstrap, newStack, only, policygen, SCRATCH, template } from './kit';

const ABSENT = path.join(SCRATCH, 'absent');
const PEOPLE = {
  alice: ['arn:aws:iam::111122223333:user/alice'],
  bob: ['arn:aws:iam::111122223333:user/bob'],
};

/** Runs with this `policygen`, or with none. */
function withPolicygen<T>(program: string | undefined, run: () => T): T {
  const { PATH, POLICYGEN } = process.env;
  delete process.env.POLICYGEN;
  if (program) {
    process.env.POLICYGEN = program;
  } else {
    process.env.PATH = ABSENT;
  }
  try {
    return run();
  } finally {
    process.env.PATH = PATH;
    if (POLICYGEN === undefined) {
      delete process.env.POLICYGEN;
    } else {
      process.env.POLICYGEN = POLICYGEN;
    }
  }
}

function newGate(stack: Stack, rule: TwoPersonRule): TwoPersonGate {
  return new TwoPersonGate(stack, 'Gate', { code: bootstrap(), pipelines: ['payments'], rule });
}

function synthesised(rule: TwoPersonRule, program?: string): Stack {
  const stack = newStack();
  newGate(stack, rule);
  withPolicygen(program, () => template(stack));
  return stack;
}

/** A program in the place of policygen. */
function program(script: string): string {
  const file = path.join(fs.mkdtempSync(path.join(SCRATCH, 'bin-')), 'policygen');
  fs.writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return file;
}

test('without policygen, the schema still refuses a wrong rule, by key and construct', () => {
  const wrong: [TwoPersonRule, RegExp][] = [
    [{ quorum: 1 }, /\[Stack\/Gate\] `rule\.quorum` must be >= 2/],
    [{ people: { alice: ['alice'] } }, /\[Stack\/Gate\] `rule\.people\.alice\.0` must match/],
    [{ actions: [] }, /`rule\.actions` must NOT have fewer than 1 items/],
    [{ quorums: 3 } as TwoPersonRule, /`rule` has no key `quorums`; remove it/],
    [
      { reviews: { function: 'reviews', need: 1 } as any },
      /`rule\.reviews` has no key `need`; remove it/,
    ],
  ];
  for (const [rule, message] of wrong) {
    assert.throws(() => synthesised(rule), message);
  }
});

test('without policygen, a right rule is silent', () => {
  const stack = synthesised({ quorum: 3, people: PEOPLE });
  Annotations.fromStack(stack).hasNoInfo('*', Match.anyValue());
  Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
});

test('the function has the rule that was given', () => {
  const stack = synthesised({
    quorum: 3,
    excludeInitiator: false,
    people: PEOPLE,
    requireSignature: RequireSignature.DEVICE_BOUND,
  });
  const { TWO_PERSON_RULE } = only(stack, 'AWS::Lambda::Function').Environment.Variables;
  assert.deepEqual(JSON.parse(TWO_PERSON_RULE), {
    excludeInitiator: false,
    quorum: 3,
    people: PEOPLE,
    requireSignature: { deviceBound: true },
  });
  for (const [value, json] of [
    [RequireSignature.NONE, false],
    [RequireSignature.ANY_KEY, true],
  ] as const) {
    const other = synthesised({ requireSignature: value });
    const text = only(other, 'AWS::Lambda::Function').Environment.Variables.TWO_PERSON_RULE;
    assert.equal(JSON.parse(text).requireSignature, json);
  }
});

test('a key that is undefined has its default, also one that this package gives', () => {
  const stack = newStack();
  new TwoPersonGate(stack, 'Gate', {
    code: bootstrap(),
    pipelines: ['payments'],
    rule: { excludeInitiator: undefined, quorum: undefined },
  });
  const { TWO_PERSON_RULE } = only(stack, 'AWS::Lambda::Function').Environment.Variables;
  assert.deepEqual(JSON.parse(TWO_PERSON_RULE), { excludeInitiator: true });
});

test('a value of `requireSignature` that is none is refused, and the one of JSON is kept', () => {
  const nonsense = { requireSignature: 'device' } as unknown as TwoPersonRule;
  assert.throws(() => synthesised(nonsense), /`rule\.requireSignature`/);
  const json = { requireSignature: true } as unknown as TwoPersonRule;
  const { Variables } = only(synthesised(json), 'AWS::Lambda::Function').Environment;
  assert.equal(JSON.parse(Variables.TWO_PERSON_RULE).requireSignature, true);
});

test('a rule that the environment cannot hold is refused', () => {
  const names = Array.from({ length: 100 }, (_, index) => `person-number-${index}`);
  const people = Object.fromEntries(
    names.map((name) => [name, [`arn:aws:iam::111122223333:user/${name}`]]),
  );
  assert.throws(() => synthesised({ people }), /more than 4000 bytes, .* use `ruleLayer`/);
});

test('a rule with its own proof is refused, because the gate could not store it', () => {
  const proof = {
    key: 'arn:aws:kms:us-east-1:111122223333:key/aaaaaaaa-0000-0000-0000-000000000000',
    store: 's3://proofs',
  };
  assert.throws(() => synthesised({ proof }), /`rule\.proof` gives the gate no permission/);
});

const PROGRAM = policygen();
const needsPolicygen = { skip: PROGRAM ? false : 'there is no policygen' };

test('policygen refuses what no schema can', needsPolicygen, () => {
  assert.throws(
    () => synthesised({ onlyPeople: true, people: { alice: PEOPLE.alice } }, PROGRAM),
    /\[Stack\/Gate\] Only the 1 of `people` count, .*\(rule:onlyPeople\)/,
  );
});

test(
  'policygen reads values of the account that are known only at deployment',
  needsPolicygen,
  () => {
    const people = { alice: [`arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:user/alice`] };
    assert.throws(
      () => synthesised({ onlyPeople: true, people }, PROGRAM),
      /Only the 1 of `people` count/,
    );
  },
);

test('a new key and a new bucket of proofs are no reason to refuse', needsPolicygen, () => {
  const stack = newStack();
  new TwoPersonGate(stack, 'Gate', {
    code: bootstrap(),
    pipelines: ['payments'],
    rule: { people: PEOPLE },
    proof: {
      store: new s3.Bucket(stack, 'Proofs'),
      artifacts: new s3.Bucket(stack, 'Artifacts', {
        encryptionKey: new kms.Key(stack, 'Key'),
      }),
    },
  });
  withPolicygen(PROGRAM, () => template(stack));
  Annotations.fromStack(stack).hasNoInfo('*', Match.anyValue());
  Annotations.fromStack(stack).hasNoWarning('*', Match.stringLikeRegexp('did not check'));
});

test('a value that only the deployment knows is not refused, and is named', () => {
  const stack = newStack();
  const alice = new CfnParameter(stack, 'Alice').valueAsString;
  newGate(stack, { quorum: 2, people: { alice: [alice], bob: PEOPLE.bob } });
  withPolicygen(program('exit 99'), () => template(stack));
  Annotations.fromStack(stack).hasInfo('/Stack/Gate', Match.stringLikeRegexp('people\\.alice\\.0'));
});

test('beside a value that only the deployment knows, the schema still refuses', () => {
  const stack = newStack();
  const alice = new CfnParameter(stack, 'Alice').valueAsString;
  newGate(stack, { quorum: 1, people: { alice: [alice] } });
  assert.throws(
    () => withPolicygen(undefined, () => template(stack)),
    (error: Error) => /rule\.quorum/.test(error.message) && !/alice/.test(error.message),
  );
});

test('a policygen that cannot check is a warning', () => {
  for (const broken of [
    program('echo "error: no such option" >&2; exit 2'),
    ABSENT,
    program('true'),
    // Another version's report, and a folder.
    program(`echo '{"schemaVersion": 2, "findings": []}'`),
    program(`echo '{"schemaVersion": 1, "findings": {}}'`),
    SCRATCH,
  ]) {
    const stack = synthesised({ quorum: 2 }, broken);
    Annotations.fromStack(stack).hasWarning(
      '/Stack/Gate',
      Match.stringLikeRegexp('did not check the rule'),
    );
  }
});

test('a warning of policygen becomes an annotation', () => {
  const finding = {
    code: 'some-code',
    severity: 'warning',
    subject: { arn: 'rule:people' },
    message: 'Something is odd.',
    help: 'Look at it.',
  };
  const report = JSON.stringify({ schemaVersion: 1, findings: [finding] });
  const stack = synthesised({ quorum: 2 }, program(`cat > /dev/null; echo '${report}'`));
  Annotations.fromStack(stack).hasWarning(
    '/Stack/Gate',
    Match.stringLikeRegexp('Something is odd. Look at it. \\(rule:people\\)'),
  );
});
