export * from './approval';
export * from './approval-props';
export * from './approval-step';
export * from './dashboard';
export * from './gate';
export { ITwoPersonGate, TwoPersonGateBase } from './gate-base';
export { ProofOptions } from './gate-proof';
export * from './rule';
export * from './self-mutation';
