import type * as z from 'zod';
import { CheckpointState, SheetFromExact } from '../../../lib/checkpoint/checkpoint.ts';
import { isRawNumber } from '../../../lib/json/value.ts';
import { type Structure, structureOf } from '../../../lib/schema/structure.ts';

const MAX_COLUMNS = 100;

/** The source of `lib/checkpoint/generated/regular-checks.ts`: a check of regular values for each schema of a state. */
export function checksSource(): string {
  const names = new Map<z.core.$ZodType, string>([
    [SheetFromExact, 'sheetCheck'],
    [CheckpointState, 'stateCheck'],
  ]);
  const source = createSource(names);
  requireNoIntegerKeys(SheetFromExact);
  for (const schema of names.keys()) source.nameOf(schema);
  return source.text();
}

/** A sheet is checked alone, and then nothing says in which order its text has keys that look like numbers. */
function requireNoIntegerKeys(schema: z.core.$ZodType): void {
  const structure = structureOf(schema);
  if (structure === null) {
    const def = definitionOf(schema);
    if ('innerType' in def) requireNoIntegerKeys(def.innerType);
    return;
  }
  if (structure.kind === 'model') Object.values(structure.fields).forEach(requireNoIntegerKeys);
  if (structure.kind === 'list') requireNoIntegerKeys(structure.items);
  if (structure.kind !== 'dictionary') return;
  if (structure.keys === 'integer') throw new Error('A sheet has a dictionary with integer keys');
  requireNoIntegerKeys(structure.values);
}

interface Source {
  /** The name of the check of a schema, which is declared before. */
  nameOf(schema: z.core.$ZodType): string;
  text(): string;
}

function createSource(exported: ReadonlyMap<z.core.$ZodType, string>): Source {
  const declarations: string[] = [];
  const imports = new Set<string>();
  /** Checks by their expression, so that equal ones are declared once. */
  const named = new Map<string, string>();
  let models = 0;
  let words = 0;

  function nameOf(schema: z.core.$ZodType): string {
    const structure = structureOf(schema);
    return structure === null ? nameOfZod(schema) : nameOfStructure(structure, schema);
  }

  function nameOfZod(schema: z.core.$ZodType): string {
    const def = definitionOf(schema);
    if (def.type === 'string') return imported('text');
    if (def.type === 'nullable') return orNull(nameOf(def.innerType));
    if (def.type !== 'enum') throw new Error(`No check for a schema of type ${def.type}`);
    words += 1;
    const options = Object.values(def.entries).map(option => quoted(String(option)));
    return call('oneOf', options, `oneOf${words}`);
  }

  function nameOfStructure(structure: Structure, schema: z.core.$ZodType): string {
    switch (structure.kind) {
      case 'integer':
        if (structure.minimum === undefined) return imported('integer');
        return call('integerFrom', [String(structure.minimum)]);
      case 'float':
        if (structure.minimum === undefined) return imported('float');
        return call('floatBetween', [String(structure.minimum), String(structure.maximum)]);
      case 'boolean':
        return imported('bool');
      case 'time':
        return imported('time');
      case 'value':
        return call('freeValue', [String(structure.depth)]);
      case 'object':
        return call('freeObject', [String(structure.depth)]);
      case 'list':
        return call('list', [nameOf(structure.items)]);
      case 'dictionary': {
        const by = structure.keys === 'integer' ? 'integerDictionary' : 'dictionary';
        return call(by, [nameOf(structure.values)]);
      }
      case 'model':
        return nameOfModel(structure, exported.get(schema));
      default:
        return structure satisfies never;
    }
  }

  function nameOfModel(
    { fields, depth, dropped }: Extract<Structure, { kind: 'model' }>,
    exportedName: string | undefined,
  ): string {
    const lines = Object.entries(fields).map(([key, schema]) => `    [${fieldOf(key, schema)}],`);
    const keys =
      dropped.length === 0
        ? []
        : ['  dropped: [', ...dropped.map(key => `    ${quoted(key)},`), '  ],'];
    const body = [`  depth: ${depth},`, ...keys, '  fields: [', ...lines, '  ],'].join('\n');
    const expression = `${imported('modelCheck')}({\n${body}\n})`;
    const known = named.get(expression);
    if (known !== undefined) return known;
    models += 1;
    const name = exportedName ?? `model${models}`;
    const prefix = exportedName === undefined ? '' : 'export ';
    declarations.push(`${prefix}const ${name} = ${expression};`);
    named.set(expression, name);
    return name;
  }

  function fieldOf(key: string, schema: z.core.$ZodType): string {
    const def = structureOf(schema) === null ? definitionOf(schema) : null;
    if (def?.type === 'optional') {
      return `${quoted(key)}, ${nameOf(def.innerType)}, ${imported('OPTIONAL')}`;
    }
    if (def?.type !== 'default') return `${quoted(key)}, ${nameOf(schema)}`;
    return `${quoted(key)}, ${nameOf(def.innerType)}, ${valueText(def.defaultValue)}`;
  }

  function valueText(value: unknown): string {
    if (typeof value === 'string') return quoted(value);
    if (!isRawNumber(value)) return JSON.stringify(value);
    return `${imported('floatValue')}(${Number(value.rawJSON)})`;
  }

  function orNull(inner: string): string {
    return call('orNull', [inner], `${inner}OrNull`);
  }

  /** By default the name is that of the function and its arguments. */
  function call(
    by: string,
    args: readonly string[],
    name = [by, ...args.map(capital)].join(''),
  ): string {
    const expression = `${imported(by)}(${args.join(', ')})`;
    const known = named.get(expression);
    if (known !== undefined) return known;
    const line = `const ${name} = ${expression};`;
    const broken = `const ${name} = ${by}(\n${args.map(arg => `  ${arg},`).join('\n')}\n);`;
    declarations.push(line.length <= MAX_COLUMNS ? line : broken);
    named.set(expression, name);
    return name;
  }

  function imported(name: string): string {
    imports.add(name);
    return name;
  }

  return {
    nameOf,
    text: () => `${HEAD}\n${importsText(imports)}\n\n${declarations.join('\n\n')}\n`,
  };
}

const HEAD = `/*
 * The checks of regular states. Written by \`npm run build:checks\` from the schema of states: change that, and not this file.
 */
`;

/** The files in the order of the formatter, each with its names; the rest is from the second one. */
const CHECKS = '../../schema/regular.ts';
const FILES: readonly (readonly [file: string, names: readonly string[]])[] = [
  ['../../json/number.ts', ['floatValue']],
  [CHECKS, []],
  ['../../schema/regular-model.ts', ['modelCheck', 'OPTIONAL']],
];

function importsText(names: ReadonlySet<string>): string {
  const fileOf = (name: string) => FILES.find(([, own]) => own.includes(name))?.[0] ?? CHECKS;
  return FILES.map(([file]) => {
    return importText(file, sorted([...names].filter(name => fileOf(name) === file)));
  }).join('\n');
}

function importText(file: string, names: readonly string[]): string {
  const line = `import { ${names.join(', ')} } from '${file}';`;
  if (line.length <= MAX_COLUMNS) return line;
  return `import {\n${names.map(name => `  ${name},`).join('\n')}\n} from '${file}';`;
}

/** As the formatter sorts names. */
function sorted(names: readonly string[]): string[] {
  return names.toSorted((left, right) => left.localeCompare(right));
}

function capital(word: string): string {
  return `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
}

function quoted(text: string): string {
  return `'${text}'`;
}

/** What zod knows of a schema, as a union by type. */
function definitionOf(schema: z.core.$ZodType): z.core.$ZodTypes['_zod']['def'] {
  // oxlint-disable-next-line no-underscore-dangle
  return (schema as z.core.$ZodTypes)._zod.def;
}
