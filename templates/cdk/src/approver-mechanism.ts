import type { Duration } from 'aws-cdk-lib';
import { ACCOUNT, checked, functionRef, IDENTITY_CENTER, SAML_PROVIDER } from './approvers/names';
import type { Entry, Mechanism, Mfa } from './approvers/settings';

/** The way into a role: the principals that may assume it. */
export class WayIn {
  /**
   * The users of a SAML provider of IAM.
   *
   * @param providerArn The ARN of the provider.
   */
  public static saml(providerArn: string): WayIn {
    return new WayIn({ by: 'saml', provider: checked(providerArn, SAML_PROVIDER) });
  }

  /**
   * The IAM users of accounts, under their own names.
   *
   * @param accounts The ids of the accounts.
   */
  public static accounts(...accounts: string[]): WayIn {
    if (accounts.length === 0) {
      throw new Error('`WayIn.accounts` has no account; name at least one');
    }
    return new WayIn({ by: 'accounts', accounts: accounts.map((it) => checked(it, ACCOUNT)) });
  }

  /**
   * The users that an instance of IAM Identity Center assigns. The role is then a permission set.
   *
   * @param instanceArn The ARN of the instance.
   */
  public static identityCenter(instanceArn: string): WayIn {
    return new WayIn({ by: 'identityCenter', instance: checked(instanceArn, IDENTITY_CENTER) });
  }

  /** @internal */
  public readonly _entry: Entry;

  private constructor(entry: Entry) {
    this._entry = entry;
  }
}

/** What approvals need in addition to a slot. */
export interface ApprovalOptions {
  /**
   * Whether to allow only to approve, and not to see the pipelines.
   *
   * @default false
   */
  readonly approveOnly?: boolean;

  /**
   * Whether approvals need a second factor. Federated sessions carry none, so they cannot approve
   * then.
   *
   * @default false
   */
  readonly requireMfa?: boolean;

  /**
   * The maximum age of the second factor, from a second to 36 hours.
   *
   * @default - any age
   */
  readonly mfaMaxAge?: Duration;
}

/** Options of the mechanisms that give each slot its own people. */
export interface SlotOptions extends ApprovalOptions {
  /**
   * Whether the policy of a slot denies the other slots, so that a person with two slots can
   * approve neither.
   *
   * @default true
   */
  readonly exclusive?: boolean;
}

/** Options of the mechanism `signed`. */
export interface SignedOptions extends ApprovalOptions {
  /**
   * The way into the role of the approvers.
   *
   * @default - a group instead of a role
   */
  readonly wayIn?: WayIn;
}

/** Options of the mechanism `desk`. */
export interface DeskOptions {
  /**
   * The way into the role of the approvers.
   *
   * @default - a group instead of a role
   */
  readonly wayIn?: WayIn;

  /**
   * The desk's function, by its name or its ARN.
   *
   * @default 'two-person-rule-desk'
   */
  readonly deskFunction?: string;
}

/** How a person is kept from having two slots. */
export class ApproverMechanism {
  /** A group and a managed policy for each slot. */
  public static groups(options: SlotOptions = {}): ApproverMechanism {
    return new ApproverMechanism({ kind: 'groups' }, options);
  }

  /** One policy for all approvers. The tag `ApprovalSlot` of each principal names its slot. */
  public static tag(options: SlotOptions = {}): ApproverMechanism {
    return new ApproverMechanism({ kind: 'tag' }, options);
  }

  /** A role for each slot. */
  public static roles(wayIn: WayIn, options: SlotOptions = {}): ApproverMechanism {
    return new ApproverMechanism({ kind: 'roles', entry: wayIn._entry }, options);
  }

  /**
   * A permission set of IAM Identity Center for each slot.
   *
   * @param instanceArn The ARN of the instance.
   */
  public static permissionSets(instanceArn: string, options: SlotOptions = {}): ApproverMechanism {
    return ApproverMechanism.roles(WayIn.identityCenter(instanceArn), options);
  }

  /**
   * One group or role for all approvers. The gate counts the people who sign, not the principals,
   * so its rule must have `requireSignature`.
   */
  public static signed(options: SignedOptions = {}): ApproverMechanism {
    return new ApproverMechanism({ kind: 'signed', entry: options.wayIn?._entry }, options);
  }

  /** Nobody but the desk answers, with signatures. One group or role lets the approvers look. */
  public static desk(options: DeskOptions = {}): ApproverMechanism {
    const desk = functionRef(options.deskFunction ?? 'two-person-rule-desk');
    return new ApproverMechanism({ kind: 'desk', entry: options.wayIn?._entry, desk }, {});
  }

  /** @internal */
  public readonly _mechanism: Mechanism;
  /** @internal */
  public readonly _exclusive: boolean;
  /** @internal */
  public readonly _approveOnly: boolean;
  /** @internal */
  public readonly _mfa?: Mfa;

  private constructor(mechanism: Mechanism, options: SlotOptions) {
    this._mechanism = mechanism;
    this._exclusive = options.exclusive ?? true;
    this._approveOnly = options.approveOnly ?? false;
    this._mfa = mfaOf(options, 'entry' in mechanism ? mechanism.entry : undefined);
  }
}

function mfaOf({ requireMfa, mfaMaxAge }: ApprovalOptions, entry?: Entry): Mfa | undefined {
  const maxAge = mfaMaxAge?.toSeconds();
  // GetSessionToken gives no credentials for longer than 36 hours (STS API reference).
  if (maxAge !== undefined && (maxAge < 1 || maxAge > 36 * 3600)) {
    throw new Error(
      `\`mfaMaxAge\` is ${maxAge} seconds, and a second factor is at most 36 hours old; give a ` +
        'time from a second to 36 hours',
    );
  }
  if (!requireMfa) {
    if (maxAge !== undefined) {
      throw new Error('`mfaMaxAge` means nothing without `requireMfa`; add that, or leave it out');
    }
    return undefined;
  }
  if (entry?.by === 'saml' || entry?.by === 'identityCenter') {
    throw new Error(
      '`requireMfa` would let nobody approve: federated sessions carry no second factor; require ' +
        'it at the identity provider, and leave it out here',
    );
  }
  return { maxAge };
}
