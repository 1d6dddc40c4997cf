export * from './gate';
export * from './approver-mechanism';
export * from './approvers';
