/** Whether sessions of an untrusted role count. */
export enum SharedRoles {
  /** They do not count. */
  REJECT = 'reject',
  /** They count together as one person. */
  COLLAPSE = 'collapse',
}

/** Which approvals have to be signed. */
export enum RequireSignature {
  /** None. */
  NONE = 'none',
  /** All of them, by any key of `signingKeys`. */
  ANY_KEY = 'any-key',
  /** All of them, by keys that cannot be copied or synced. */
  DEVICE_BOUND = 'device-bound',
}

/** The site where passkeys are made and answers are given. */
export interface RuleDesk {
  readonly rpId: string;
  readonly origin: string;
}

/** The function that says who wrote and reviewed what is released. */
export interface RuleReviews {
  readonly function: string;
  readonly required?: number;
  readonly repositories?: { [repository: string]: number };
}

/** What proves a release to others. */
export interface RuleProof {
  readonly key: string;
  readonly store: string;
  readonly environment?: string;
  readonly validMinutes?: number;
}

/** The rule. */
export interface TwoPersonRule {
  readonly quorum?: number;
  readonly actions?: string[];
  readonly stage?: string;
  readonly sharedRoles?: SharedRoles;
  readonly requireSignature?: RequireSignature;
  readonly onlyPeople?: boolean;
  readonly excludeInitiator?: boolean;
  readonly excludeAuthors?: boolean;
  readonly maxAgeMinutes?: number;
  readonly handleAffixes?: string[];
  readonly trustedSessionRoles?: string[];
  readonly people?: { [name: string]: string[] };
  readonly signingKeys?: { [name: string]: string[] };
  readonly desk?: RuleDesk;
  readonly roster?: { [action: string]: string[] };
  readonly reviews?: RuleReviews;
  readonly proof?: RuleProof;
  readonly notPeople?: string[];
  readonly pipelineExecutionId?: string;
}
