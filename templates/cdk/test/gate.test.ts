import * as assert from 'node:assert/strict';
import { test } from 'node:test';
import { TwoPersonGate } from 'two-person-rule-cdk';
import { newStack } from './kit';

test('a gate is a construct of this package', () => {
  assert.throws(() => new TwoPersonGate(newStack(), 'Gate', { zip: 'none.zip' }));
});
