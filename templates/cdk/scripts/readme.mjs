// Writes the properties of all types into README.md, from what the build knows about them (.jsii).
//
//   node scripts/readme.mjs           writes README.md
//   node scripts/readme.mjs --print   prints it

import * as fs from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGE = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const README = path.join(PACKAGE, 'README.md');
const [BEGIN, END] = ['<!-- properties -->\n', '<!-- end of the properties -->\n'];

const { types } = JSON.parse(fs.readFileSync(path.join(PACKAGE, '.jsii'), 'utf8'));
const text = fs.readFileSync(README, 'utf8');
const before = text.slice(0, text.indexOf(BEGIN) + BEGIN.length);
const after = text.slice(text.indexOf(END));
const written = `${before}\n${sections(Object.values(types)).join('\n')}\n${after}`;
if (process.argv.includes('--print')) {
  process.stdout.write(written);
} else {
  fs.writeFileSync(README, written);
}

function sections(types) {
  const structs = types.filter((type) => type.datatype).map(struct);
  return [...structs, ...types.filter(({ kind }) => kind === 'enum').map(enumeration)];
}

function struct(type) {
  const rows = (type.properties ?? []).map(({ name, optional, docs, type: its }) => {
    const value = docs.default?.replace(/^- /, '').replace(/\s+/g, ' ');
    const isText = docs.default?.startsWith('-');
    const byDefault = !optional ? 'required' : isText ? value : `\`${value}\``;
    return row([`\`${name}\``, `\`${typeName(its)}\``, byDefault, meaning(docs)]);
  });
  const more = (type.interfaces ?? []).map(
    (it) => ` Also has those of \`${it.split('.').at(-1)}\`.`,
  );
  return [
    `### ${type.name}\n`,
    `${wrapped(meaning(type.docs) + more.join(''))}\n`,
    ...(rows.length
      ? [row(['property', 'type', 'default', 'meaning']), '|---|---|---|---|', ...rows]
      : []),
    '',
  ].join('\n');
}

function enumeration(type) {
  const rows = type.members.map(({ name, docs }) => row([`\`${name}\``, meaning(docs)]));
  return [
    `### ${type.name}\n`,
    `${wrapped(meaning(type.docs))}\n`,
    row(['value', 'meaning']),
    '|---|---|',
    ...rows,
    '',
  ].join('\n');
}

function typeName({ fqn, primitive, collection, union }) {
  if (union) {
    return union.types.map(typeName).join(' or ');
  }
  if (collection) {
    const element = typeName(collection.elementtype);
    return collection.kind === 'array' ? `${element}[]` : `{ [name]: ${element} }`;
  }
  // `aws_lambda.Code` of aws-cdk-lib, `TwoPersonRule` of this package.
  return primitive ?? fqn.split('.').slice(1).join('.').replace(/^aws_/, '');
}

function meaning({ summary = '', remarks = '' }) {
  return [summary, remarks].join(' ').replace(/\s+/g, ' ').trim();
}

/** At most 100 columns. */
function wrapped(text) {
  return text.replace(/(?! )(.{1,100})(?: |$)/g, '$1\n').trimEnd();
}

function row(cells) {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
