import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as yaml from 'yaml';
import { ROOT } from './kit';

/** A resource after all intrinsic functions are evaluated. */
export interface Resource {
  readonly Type: string;
  readonly Properties: any;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly DependsOn: string[];
}

const PSEUDO: { [name: string]: string } = {
  'AWS::AccountId': '111122223333',
  'AWS::Partition': 'aws',
  'AWS::Region': 'us-east-1',
  'AWS::URLSuffix': 'amazonaws.com',
};
const NO_VALUE = Symbol('AWS::NoValue');
const FUNCTIONS = ['Sub', 'If', 'Equals', 'Not', 'And', 'Or', 'Join', 'Split', 'Select'];

/** A template of this repository, with the short forms of its intrinsic functions written out. */
export function load(name: string): any {
  const tag = (kind: 'map' | 'scalar' | 'seq', short: string, long: string): any => ({
    tag: `!${short}`,
    collection: kind === 'scalar' ? undefined : kind,
    resolve: (value: any) => {
      const plain = kind === 'scalar' ? value : value.toJSON();
      const isAttribute = short === 'GetAtt' && typeof plain === 'string';
      return { [long]: isAttribute ? plain.split('.') : plain };
    },
  });
  const customTags = [...FUNCTIONS, 'GetAtt', 'EachMemberEquals', 'Ref', 'Condition'].flatMap(
    (name) => {
      const long = name === 'Ref' || name === 'Condition' ? name : `Fn::${name}`;
      return (['map', 'scalar', 'seq'] as const).map((kind) => tag(kind, name, long));
    },
  );
  const text = fs.readFileSync(path.join(ROOT, 'templates', name), 'utf8');
  return yaml.parse(text, { customTags, logLevel: 'error' });
}

/**
 * The resources that a deployment with these parameters has. A resource is known by its logical id,
 * and `Id.Attribute` is its attribute.
 */
export function resources(
  template: any,
  parameters: { [name: string]: unknown } = {},
): { [id: string]: Resource } {
  const values: { [name: string]: unknown } = { ...PSEUDO };
  for (const [name, parameter] of Object.entries<any>(template.Parameters ?? {})) {
    const value = parameters[name] ?? parameter.Default ?? '';
    const isList = parameter.Type === 'CommaDelimitedList' && typeof value === 'string';
    values[name] = isList ? value.split(',') : value;
  }
  const known = (name: string): any => (name in values ? values[name] : name);
  const holds = (condition: string): boolean => meaning(template.Conditions[condition]);
  const substitute = (text: string, more: { [name: string]: string }) =>
    text
      .replace(/\$\{([^}!]+)\}/g, (_, name: string) => String(more[name] ?? known(name)))
      // `${!Name}` stands for the text `${Name}`.
      .replaceAll('${!', '${');
  const evaluate: { [name: string]: (argument: any) => any } = {
    Ref: (name) => (name === 'AWS::NoValue' ? NO_VALUE : known(name)),
    Condition: holds,
    'Fn::GetAtt': (names: string[]) => names.join('.'),
    'Fn::Sub': (argument) =>
      Array.isArray(argument)
        ? substitute(argument[0], meaning(argument[1]))
        : substitute(argument, {}),
    'Fn::If': ([condition, yes, no]) => meaning(holds(condition) ? yes : no),
    'Fn::Equals': (sides) => String(meaning(sides[0])) === String(meaning(sides[1])),
    'Fn::Not': ([one]) => !meaning(one),
    'Fn::And': (all: any[]) => all.map(meaning).every(Boolean),
    'Fn::Or': (all: any[]) => all.map(meaning).some(Boolean),
    'Fn::Join': ([separator, parts]) => meaning(parts).join(separator),
    'Fn::Split': ([separator, text]) => String(meaning(text)).split(separator),
    'Fn::Select': ([index, list]) => meaning(list)[Number(index)],
  };
  function meaning(value: any): any {
    if (Array.isArray(value)) {
      return value.map(meaning).filter((item) => item !== NO_VALUE);
    }
    if (typeof value !== 'object' || value === null) {
      return value;
    }
    const [[name, argument] = ['', undefined], ...more] = Object.entries<any>(value);
    const isFunction = name.startsWith('Fn::') || name === 'Ref' || name === 'Condition';
    // A statement's `Condition` is a mapping.
    if (
      more.length === 0 &&
      isFunction &&
      !(name === 'Condition' && typeof argument === 'object')
    ) {
      assert.ok(name in evaluate, `${name} is not known here`);
      return evaluate[name]!(argument);
    }
    return Object.fromEntries(
      Object.entries<any>(value)
        .map(([key, item]) => [key, meaning(item)])
        .filter(([, item]) => item !== NO_VALUE),
    );
  }
  return Object.fromEntries(
    Object.entries<any>(template.Resources)
      .filter(([, resource]) => !resource.Condition || holds(resource.Condition))
      .map(([id, resource]) => [
        id,
        {
          Type: resource.Type,
          Properties: meaning(resource.Properties ?? {}),
          DeletionPolicy: resource.DeletionPolicy,
          UpdateReplacePolicy: resource.UpdateReplacePolicy,
          DependsOn: [resource.DependsOn ?? []].flat(),
        },
      ]),
  );
}

/** The same resources under other logical ids. Ids that are not in the table stay. */
export function renamed(
  all: { [id: string]: Resource },
  ids: { [from: string]: string },
): { [id: string]: Resource } {
  const name = (text: string): string => {
    for (const [from, to] of Object.entries(ids)) {
      text = text.replaceAll(from, to);
    }
    return text;
  };
  return JSON.parse(name(JSON.stringify(all)));
}

/** What CloudFormation does not distinguish is written in one way: one action or a list of one,
 * and the order of tags, actions and statements. */
export function canonical(value: any): any {
  if (Array.isArray(value)) {
    const items = value.map(canonical);
    const isKeyed = items.every((item) => item && (item.Sid || item.Key || item.Id || item.Name));
    const isText = items.every((item) => typeof item === 'string');
    return isKeyed || isText
      ? items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
      : items;
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const keys = Object.keys(value).sort();
  return Object.fromEntries(
    keys
      .filter((key) => value[key] !== undefined)
      .map((key) => [
        key,
        (key === 'Action' || key === 'Resource') && typeof value[key] === 'string'
          ? [value[key]]
          : canonical(value[key]),
      ]),
  );
}
