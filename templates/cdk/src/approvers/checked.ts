import type { Stack } from 'aws-cdk-lib';
import type { ApproversProps, GuardrailsOptions } from '../approvers';
import {
  BUCKET,
  checked,
  checkedName,
  functionRef,
  partitionOf,
  PREFIX,
  ROLE,
  ROLE_NAME,
} from './names';
import { DEFAULT_PREFIX, type Guards, samlAudience, type Settings } from './settings';
import { requirePlainSlots, slotsOf } from './slots';
import { Targets } from './targets';

/** The guardrails, if they are enabled. Throws if an option cannot be used. */
export function guardsOf(options: GuardrailsOptions): Guards | undefined {
  const { enabled = true, ...rest } = options;
  const given = Object.entries(rest).find(([, value]) => (Array.isArray(value) ? value[0] : value));
  if (!enabled) {
    if (given) {
      throw new Error(
        `\`${given[0]}\` means nothing without \`enabled\`; add that, or leave it out`,
      );
    }
    return undefined;
  }
  const { reviewsFunction } = options;
  return {
    scp: options.scp ?? false,
    breakGlass: (options.breakGlass ?? []).map((it) => checked(it, ROLE)),
    jobWorkers: (options.jobWorkers ?? []).map((it) => checked(it, ROLE)),
    deployRoles: (options.deployRoles ?? []).map((it) => checked(it, ROLE)),
    serviceRoles: (options.serviceRoles ?? []).map((it) => checked(it, ROLE_NAME)),
    artifactBuckets: (options.artifactBuckets ?? []).map((it) => checked(it, BUCKET)),
    denyManualStart: options.denyManualStart ?? false,
    reviewsFunction: reviewsFunction === undefined ? undefined : functionRef(reviewsFunction),
  };
}

/** Everything that the documents depend on. Throws if the properties do not fit together. */
export function settingsOf(
  stack: Stack,
  props: ApproversProps,
  guards: Guards | undefined,
): Settings {
  const targets = new Targets({
    partition: props.partition,
    stackPartition: partitionOf(stack.region) ?? stack.partition,
    regions: props.regions ?? [stack.region],
    accounts: props.accounts ?? [stack.account],
    pipelines: props.pipelines,
    stage: props.stage,
  });
  const patterns = props.slotPatterns ?? {};
  const isBare = Object.keys(patterns).length === 0 && (props.slots ?? []).length === 0;
  const names = isBare ? ['ApprovalA', 'ApprovalB'] : (props.slots ?? []);
  const slots = slotsOf(names, patterns, targets);
  const { mechanism } = props;
  const kind = mechanism._mechanism;
  if (kind.kind === 'tag') requirePlainSlots(slots, 'the mechanism `tag`');
  if ('entry' in kind && kind.entry?.by === 'saml') samlAudience(targets, kind.entry.provider);
  const gate = functionRef(props.gateFunction ?? 'two-person-rule-gate');
  if (!targets.mayHold(gate)) {
    throw new Error(
      `the function \`${gate.text}\` is not in a region and account of the pipelines, so they ` +
        'cannot invoke it; give its name alone, or other `regions` or `accounts`',
    );
  }
  return {
    targets,
    slots,
    members: props.members ?? {},
    mechanism: kind,
    exclusive: mechanism._exclusive,
    approveOnly: mechanism._approveOnly,
    mfa: mechanism._mfa,
    guards,
    gate,
    prefix: checkedName(props.prefix ?? DEFAULT_PREFIX, PREFIX),
  };
}
