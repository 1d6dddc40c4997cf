// Reads docs/schema/rule.json, and writes what this package makes of it.
//
//   node scripts/generate.mjs types             src/rule.ts, the types of a rule
//   node scripts/generate.mjs types --print     the same to standard output
//   node scripts/generate.mjs check             src/rule-schema.ts, which checks a rule without a
//                                               package at run time; each build makes it

import * as fs from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import standaloneCode from 'ajv/dist/standalone/index.js';

const PACKAGE = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const SCHEMA = path.resolve(PACKAGE, '../../docs/schema/rule.json');
const COLUMNS = 100;

const schema = JSON.parse(fs.readFileSync(SCHEMA, 'utf8'));
const [what, print] = process.argv.slice(2);
if (what === 'types' && print === '--print') {
  process.stdout.write(types(schema));
} else if (what === 'types') {
  fs.writeFileSync(path.join(PACKAGE, 'src', 'rule.ts'), types(schema));
} else if (what === 'check') {
  fs.writeFileSync(path.join(PACKAGE, 'src', 'rule-schema.ts'), check(schema));
} else {
  throw new Error('say what to write: types or check');
}

/** A module that checks a rule against the schema. */
function check(schema) {
  const ajv = new Ajv2020({
    allErrors: true,
    strict: true,
    code: { source: true, esm: true, lines: true },
  });
  const code = standaloneCode(ajv, ajv.compile(schema)).replace(
    'require("ajv/dist/runtime/ucs2length").default',
    '(text) => [...text].length',
  );
  if (/\brequire\(|\bimport\b/.test(code)) {
    throw new Error('the check of the schema needs a package at run time; see what in its code');
  }
  return `// @ts-nocheck: Ajv wrote this.\n${code}\n`;
}

/** The types of the schema, for all languages of jsii. */
function types(schema) {
  const written = new Map();
  declare('TwoPersonRule', schema);
  return [
    '// Written by scripts/generate.mjs from docs/schema/rule.json.\n',
    ...[...written.values()].reverse(),
  ].join('\n');

  function declare(name, node) {
    if (written.has(name)) {
      return name;
    }
    written.set(name, '');
    written.set(name, choices(node) ? enumeration(name, node) : structure(name, node));
    return name;
  }

  function structure(name, node) {
    const required = node.required ?? [];
    const members = Object.entries(node.properties)
      // For editors of JSON.
      .filter(([key]) => key !== '$schema')
      .map(([key, property]) => {
        const isOptional = !required.includes(key);
        const text = property.description ?? resolved(property).description;
        const tags = isOptional ? [`@default ${defaultOf(key, property)}`] : [];
        const type = typeOf(name, key, property);
        const said = comment([...paragraphs(text), ...tags], '  ');
        return `${said}  readonly ${key}${isOptional ? '?' : ''}: ${type};\n`;
      });
    const said = comment(paragraphs(node.description));
    return `${said}export interface ${name} {\n${members.join('\n')}}\n`;
  }

  function enumeration(name, node) {
    const members = choices(node).map(([value, text]) => {
      const member = value.toUpperCase().replaceAll('-', '_');
      return `${comment(paragraphs(text), '  ')}  ${member} = '${value}',
`;
    });
    const said = comment(paragraphs(node.description));
    return `${said}export enum ${name} {\n${members.join('\n')}}\n`;
  }

  function typeOf(owner, key, property) {
    const node = resolved(property);
    if (choices(node)) {
      return declare(pascal(key), node);
    }
    switch (node.type) {
      case 'boolean':
      case 'string':
        return node.type;
      case 'integer':
        return 'number';
      case 'array':
        return `${typeOf(owner, key, node.items)}[]`;
      case 'object':
        return node.properties
          ? declare(`Rule${pascal(key)}`, node)
          : `{ [name: string]: ${typeOf(owner, key, node.additionalProperties)} }`;
      default:
        throw new Error(`\`${owner}.${key}\` has a form that has no type here; add one`);
    }
  }

  /** The values of an enumeration, with what they mean; undefined if it is none. */
  function choices(node) {
    if (isRequireSignature(node)) {
      return [
        ['none', 'Unsigned approvals count too: `false` in JSON.'],
        ['any-key', 'Only signed approvals count: `true` in JSON.'],
        [
          'device-bound',
          'Only approvals that are signed by keys that cannot be copied or synced count: ' +
            '`{"deviceBound": true}` in JSON.',
        ],
      ];
    }
    const constants = (node.oneOf ?? []).map((it) => [it.const, it.description]);
    if (constants.length > 0 && constants.every(([value]) => typeof value === 'string')) {
      return constants;
    }
    return node.enum?.map((value) => [value, `\`${value}\` in JSON.`]);
  }

  /** The only union of the rule: a boolean or an object. Other languages have no such type. */
  function isRequireSignature(node) {
    const [plain, detailed, ...more] = (node.anyOf ?? []).map(resolved);
    return (
      more.length === 0 &&
      plain?.type === 'boolean' &&
      'deviceBound' in (detailed?.properties ?? {})
    );
  }

  function resolved(node) {
    return node.$ref ? resolved(schema.$defs[node.$ref.replace('#/$defs/', '')]) : node;
  }

  function defaultOf(key, property) {
    const value = property.default ?? resolved(property).default;
    if (value === undefined) {
      return '- not set';
    }
    return choices(resolved(property))
      ? `${pascal(key)}.${value === false ? 'NONE' : value.toUpperCase()}`
      : JSON.stringify(value);
  }
}

function pascal(key) {
  return key[0].toUpperCase() + key.slice(1);
}

function paragraphs(text) {
  // In JSON and in a string of every language here, `\/` is `/`. A plain one would end the comment.
  return (text ?? '').replaceAll('*/', '*\\/').split('\n\n').filter(Boolean);
}

function comment(paragraphs, indent = '') {
  const lines = paragraphs.map((paragraph) => wrapped(paragraph, COLUMNS - indent.length - 3));
  const [only] = lines;
  if (lines.length === 1 && only.length === 1 && only[0].length < COLUMNS - indent.length - 7) {
    return `${indent}/** ${only[0]} */\n`;
  }
  const body = lines.map((paragraph) => paragraph.map((line) => `${indent} * ${line}\n`).join(''));
  return `${indent}/**\n${body.join(`${indent} *\n`)}${indent} */\n`;
}

function wrapped(text, width) {
  const lines = [''];
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1);
    if (line && line.length + 1 + word.length > width) {
      lines.push(word);
    } else {
      lines[lines.length - 1] = line ? `${line} ${word}` : word;
    }
  }
  return lines;
}
