import { Token } from 'aws-cdk-lib';

/** A check of a text. `wanted` completes the sentence "`text` is not …", as in policygen. */
interface Kind {
  readonly wanted: string;
  readonly accepts: (text: string) => boolean;
}

const IAM_NAME = /^[A-Za-z0-9_+=,.@-]+$/;
const FUNCTION = /^[A-Za-z0-9_-]{1,64}$/;
const QUALIFIER = /^(\$LATEST(\.PUBLISHED)?|[A-Za-z0-9_-]{1,128})$/;

export const ACCOUNT: Kind = {
  wanted: 'an account: 12 digits',
  accepts: (text) => /^[0-9]{12}$/.test(text),
};
export const ACCOUNT_OR_ANY: Kind = {
  wanted: 'an account: 12 digits, or `*` for any',
  accepts: (text) => text === '*' || ACCOUNT.accepts(text),
};
export const REGION_OR_ANY: Kind = {
  wanted: 'a region such as us-east-1, or `*` for any',
  accepts: (text) => text === '*' || partitionOf(text) !== undefined,
};
export const PIPELINE = glob('a pipeline');
export const STAGE = glob('a stage');
export const ACTION = glob('an action');
export const SLOT: Kind = {
  wanted:
    'the name of an action: 1 to 100 of A-Z a-z 0-9 . @ - _; for a pattern, give `slotPatterns`',
  accepts: (text) => ACTION.accepts(text) && isPlain(text),
};
export const PREFIX: Kind = {
  wanted: 'a prefix for IAM names: 1 to 32 of A-Z a-z 0-9 _ + = , . @ -',
  accepts: (text) => text.length <= 32 && IAM_NAME.test(text),
};
export const ROLE_NAME: Kind = {
  wanted: 'a role name: 1 to 64 of A-Z a-z 0-9 _ + = , . @ -, without its path',
  accepts: (text) => text.length <= 64 && IAM_NAME.test(text),
};
export const ROLE: Kind = {
  wanted:
    'a role: its name, or its ARN such as arn:aws:iam::111122223333:role/path/Name, without ' +
    'wildcards',
  accepts: (text) => ROLE_NAME.accepts(text) || isPlainArn(text, 'iam', 'role/'),
};
export const BUCKET: Kind = {
  wanted: 'the name of a bucket: 3 to 63 of a-z 0-9 . -',
  accepts: (text) => /^[a-z0-9.-]{3,63}$/.test(text),
};
export const SAML_PROVIDER: Kind = {
  wanted: 'the ARN of a SAML provider, such as arn:aws:iam::111122223333:saml-provider/Example',
  accepts: (text) => isPlainArn(text, 'iam', 'saml-provider/'),
};
export const IDENTITY_CENTER: Kind = {
  wanted:
    'the ARN of an IAM Identity Center instance, such as ' +
    'arn:aws:sso:::instance/ssoins-1234567890abcdef',
  accepts: (text) =>
    isPlainArn(text, 'sso', 'instance/ssoins-') || isPlainArn(text, 'sso', 'instance/ins-'),
};

/** Returns a text that passed a check. A token passes: its value is not known yet. */
export function checked(text: string, kind: Kind): string {
  if (!Token.isUnresolved(text) && !kind.accepts(text)) {
    throw new Error(`\`${shown(text)}\` is not ${kind.wanted}`);
  }
  return text;
}

/** Returns a text that passed a check, and that cannot be a token: names are made of it. */
export function checkedName(text: string, kind: Kind): string {
  if (Token.isUnresolved(text) || !kind.accepts(text)) {
    throw new Error(`\`${shown(text)}\` is not ${kind.wanted}`);
  }
  return text;
}

/** Escapes control characters, so that a text cannot begin a line that looks like ours. */
function shown(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (c) => JSON.stringify(c).slice(1, -1));
}

/** Whether a text is a name and not a pattern. */
export function isPlain(text: string): boolean {
  return !/[*?]/.test(text);
}

/** Whether a text can be the name of a user, group, role or policy. */
export function isIamName(text: string): boolean {
  return IAM_NAME.test(text);
}

/** Names in a sentence. */
export function quoted(names: string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

/** The six fields of an ARN. `undefined` if the text is not an ARN. */
export function arnFields(text: string): string[] | undefined {
  const fields = text.split(':');
  return fields[0] === 'arn' && fields.length >= 6
    ? [...fields.slice(0, 5), fields.slice(5).join(':')]
    : undefined;
}

/** A reference to a Lambda function: its name or its ARN, each with or without a version. */
export interface FunctionRef {
  readonly text: string;
  readonly region?: string;
  readonly account?: string;
  readonly name: string;
  readonly qualifier?: string;
}

/** Reads the name or the ARN of a function. A token is treated as a name. */
export function functionRef(text: string): FunctionRef {
  if (Token.isUnresolved(text)) {
    return { text, name: text };
  }
  const arn = arnFields(text);
  const isArn = arn?.[2] === 'lambda' && arn[5]!.startsWith('function:');
  const [name, ...rest] = (isArn ? arn[5]!.slice('function:'.length) : text).split(':');
  const isPlace = !isArn || (/^[a-z0-9-]+$/.test(arn[3]!) && ACCOUNT.accepts(arn[4]!));
  const isVersion = rest.length === 0 || (rest.length === 1 && QUALIFIER.test(rest[0]!));
  if (!isPlace || !FUNCTION.test(name!) || !isVersion) {
    throw new Error(
      `\`${shown(text)}\` is neither the name nor the ARN of a Lambda function; ` +
        '`aws lambda list-functions` shows both',
    );
  }
  const place = isArn ? { region: arn[3]!, account: arn[4]! } : {};
  return { text, name: name!, qualifier: rest[0], ...place };
}

/** The beginnings of the region names of each partition (`partitions.json` of the AWS SDKs). */
const PARTITIONS: Record<string, string[]> = {
  aws: ['us', 'eu', 'ap', 'sa', 'ca', 'me', 'af', 'il', 'mx'],
  'aws-cn': ['cn'],
  'aws-us-gov': ['us-gov'],
  'aws-iso': ['us-iso'],
  'aws-iso-b': ['us-isob'],
  'aws-iso-e': ['eu-isoe'],
  'aws-iso-f': ['us-isof'],
  'aws-eusc': ['eusc-de'],
};

export const PARTITION: Kind = {
  wanted:
    'a partition: aws, aws-cn, aws-us-gov, aws-iso, aws-iso-b, aws-iso-e, aws-iso-f or aws-eusc',
  accepts: (text) => Object.hasOwn(PARTITIONS, text),
};

/** The partition of a region. `undefined` if no partition has regions of that form. */
export function partitionOf(region: string): string | undefined {
  const prefix = /^(.+)-[a-z]+-[0-9]+$/.exec(region)?.[1];
  return Object.keys(PARTITIONS).find((it) => PARTITIONS[it]!.includes(prefix ?? ''));
}

function glob(what: string): Kind {
  return {
    wanted: `${what} name or pattern: 1 to 100 of A-Z a-z 0-9 . @ - _ * ?`,
    accepts: (text) => /^[A-Za-z0-9.@_*?-]{1,100}$/.test(text),
  };
}

/**
 * Whether a text is an ARN of a service, without wildcards and characters that a shell or a
 * template would expand. Its resource begins with `prefix` and continues after it.
 */
function isPlainArn(text: string, service: string, prefix: string): boolean {
  const arn = arnFields(text);
  return (
    /^[!-~]*$/.test(text) &&
    !/[*?'"`$\\]/.test(text) &&
    arn?.[2] === service &&
    arn[1] !== '' &&
    arn[5]!.startsWith(prefix) &&
    arn[5]!.length > prefix.length
  );
}

/** Whether a text is the name of a pipeline, stage or action, or a pattern of names. */
export function isPipelineGlob(text: string): boolean {
  return PIPELINE.accepts(text);
}
