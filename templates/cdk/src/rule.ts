// Written by scripts/generate.mjs from docs/schema/rule.json.

/**
 * How approvals through an untrusted role are treated: nobody can tell which people its sessions
 * belong to.
 */
export enum SharedRoles {
  /**
   * They count together as one person. This is an assumption: any of them may be a person who also
   * approved under another principal.
   */
  COLLAPSE = 'collapse',

  /** They do not count. */
  REJECT = 'reject',
}

/** The function that says who wrote and reviewed what is released. */
export interface RuleReviews {
  /** The reviews function: its name or its ARN. */
  readonly function: string;

  /**
   * The repositories that ask for more, such as `{"acme/shop": 2}`.
   *
   * @default {}
   */
  readonly repositories?: { [name: string]: number };

  /**
   * How many others must have reviewed each change.
   *
   * @default 1
   */
  readonly required?: number;
}

/** Which approvals must be signed. */
export enum RequireSignature {
  /** Unsigned approvals count too: `false` in JSON. */
  NONE = 'none',

  /** Only signed approvals count: `true` in JSON. */
  ANY_KEY = 'any-key',

  /**
   * Only approvals that are signed by keys that cannot be copied or synced count: `{"deviceBound":
   * true}` in JSON.
   */
  DEVICE_BOUND = 'device-bound',
}

/** With which key the gate signs a proof of each release, and where it goes. */
export interface RuleProof {
  /**
   * What the releases are for.
   *
   * @default - not set
   */
  readonly environment?: string;

  /** The ARN of the KMS key that signs proofs, not of an alias. */
  readonly key: string;

  /** Where proofs are stored: `s3://bucket` or `s3://bucket/prefix`. */
  readonly store: string;

  /**
   * How long a proof is valid, in minutes: at most a year.
   *
   * @default 1440
   */
  readonly validMinutes?: number;
}

/** The site of the desk, which passkeys are bound to. */
export interface RuleDesk {
  /** Where answers are given: `https://` and a host, with a port if it is not 443. */
  readonly origin: string;

  /** The domain that passkeys are bound to: the host of `origin`, or a domain that it is in. */
  readonly rpId: string;
}

/** What a release needs, and who is who: the rule of the gate. */
export interface TwoPersonRule {
  /**
   * The actions that must be approved; at least `quorum` of them. Name them: the gate then notices
   * if somebody removes one from the pipeline.
   *
   * @default - not set
   */
  readonly actions?: string[];

  /**
   * The site where passkeys are made and answers are given: `{"rpId": "approve.example.com",
   * "origin": "https://approve.example.com"}`. Needed if `signingKeys` has passkeys.
   *
   * UserParameters may not have it.
   *
   * @default - not set
   */
  readonly desk?: RuleDesk;

  /**
   * The people who wrote or pushed what is released do not count, as the function of `reviews` says
   * in this execution. If it did not run, looked at other revisions or says that a change is not
   * reviewed, nobody counts.
   *
   * @default false
   */
  readonly excludeAuthors?: boolean;

  /**
   * The person who started the execution by hand does not count. If a session of an untrusted role
   * started it, anybody may have, so nobody counts, unless the floor's `notPeople` names the role.
   *
   * @default false
   */
  readonly excludeInitiator?: boolean;

  /**
   * Affixes that are removed from a handle before it is compared.
   *
   * @default ["-admin","admin-","-adm","adm-"]
   */
  readonly handleAffixes?: string[];

  /**
   * Older approvals do not count.
   *
   * @default - not set
   */
  readonly maxAgeMinutes?: number;

  /**
   * Patterns of role or user names that are machines; they never count, signed or not. In the floor
   * also users of a forge, such as `github:dependabot[bot]`.
   *
   * @default []
   */
  readonly notPeople?: string[];

  /**
   * Only persons that `people` or `signingKeys` names, by proven keys, count.
   *
   * @default false
   */
  readonly onlyPeople?: boolean;

  /**
   * The principals of each person: `{"alice": ["arn:aws:iam::111122223333:user/alice",
   * "arn:aws:sts::*:assumed-role/AWSReservedSSO_*\/alice@example.com"]}`. The name at the end is
   * literal, and the path of a user is ignored. Also their users of a forge, for `excludeAuthors`:
   * `github:alice-gh`, `gitlab:alice`, or with the number that stays if the login changes,
   * `github:alice-gh/583231`.
   *
   * UserParameters may not have it.
   *
   * @default {}
   */
  readonly people?: { [name: string]: string[] };

  /**
   * Set it to `#{codepipeline.PipelineExecutionId}`. It is a cross-check, and the gate needs it if
   * CodePipeline does not tell the job its execution.
   *
   * @default - not set
   */
  readonly pipelineExecutionId?: string;

  /**
   * The gate proves each release to others: `{"key": "arn:aws:kms:…:key/…", "store":
   * "s3://bucket/prefix", "environment": "prod", "validMinutes": 1440}`. `environment` is what the
   * releases are for, and `validMinutes` how long a proof is valid (default: a day; at most a
   * year). Both are optional.
   *
   * UserParameters may not have it.
   *
   * @default - not set
   */
  readonly proof?: RuleProof;

  /**
   * How many distinct persons are required; never below 2.
   *
   * @default 2
   */
  readonly quorum?: number;

  /**
   * `true`: only signed approvals count. `{"deviceBound": true}`: and only by keys that cannot be
   * copied or synced. Needs `signingKeys`.
   *
   * @default RequireSignature.NONE
   */
  readonly requireSignature?: RequireSignature;

  /**
   * The function that says who wrote and reviewed what is released: `{"function":
   * "two-person-rule-reviews", "required": 1, "repositories": {"acme/shop": 2}}`. `required` is how
   * many others must have reviewed each change (default 1), and a repository can ask for more.
   *
   * UserParameters may not have it.
   *
   * @default - not set
   */
  readonly reviews?: RuleReviews;

  /**
   * The people who may count in an action, by proven keys: `{"ApprovalA": ["alice", "bob",
   * "role/Deployer"], "ApprovalB": ["*"]}`. A name in `people` means that person, any other name is
   * a handle, and `*` is anybody. A signed approval has the place of the person who signed, and not
   * that of the user or role that carried it. If there is a roster, every required action needs an
   * entry.
   *
   * UserParameters may not have it.
   *
   * @default {}
   */
  readonly roster?: { [name: string]: string[] };

  /**
   * `"reject"`: sessions of an untrusted role do not count. `"collapse"`: they count together as
   * one person, unless one of them signs: then only signed approvals through that role count. That
   * is an assumption, and every report names it.
   *
   * @default SharedRoles.REJECT
   */
  readonly sharedRoles?: SharedRoles;

  /**
   * The public keys of each person: `{"alice": ["ssh-ed25519 AAAA…", "passkey:<credential
   * id>:<public key>"]}`. A key belongs to one person. With keys here, an approval whose comment
   * carries a bad signature never counts.
   *
   * UserParameters may not have it.
   *
   * @default {}
   */
  readonly signingKeys?: { [name: string]: string[] };

  /**
   * The stage that holds the approvals. Keep the approvals and the gate in one stage: a refused
   * stage can be reopened, an earlier one cannot. UserParameters may name the gate's own stage or
   * the floor's.
   *
   * @default - not set
   */
  readonly stage?: string;

  /**
   * Roles whose session names an identity provider sets, by their exact names. The gate believes a
   * pattern, such as `AWSReservedSSO_*`, only for roles that `iam:GetRole` shows under
   * `/aws-reserved/sso.amazonaws.com/`.
   *
   * UserParameters may not have it.
   *
   * @default []
   */
  readonly trustedSessionRoles?: string[];
}
