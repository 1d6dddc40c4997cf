export * from './approver-mechanism';
export * from './approvers';
export * from './dashboard';
export * from './gate';
export { ITwoPersonGate, TwoPersonGateBase } from './gate-base';
export { ProofOptions } from './gate-proof';
export * from './rule';
