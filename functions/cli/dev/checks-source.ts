import type * as z from 'zod';
import { CheckpointState, SheetFromExact } from '../../../lib/checkpoint/checkpoint.ts';
import { isRawNumber } from '../../../lib/json/value.ts';
import { structureOf } from '../../../lib/schema/structure.ts';
import { createCheckFile, indented, quoted } from './check-file.ts';

/** The source of `lib/checkpoint/generated/regular-checks.ts`: a check of regular values for each schema of a state. */
export function checksSource(): string {
  const source = createSource();
  requireNoIntegerKeys(SheetFromExact);
  source.declareModel(SheetFromExact, 'sheetCheck');
  source.declareModel(CheckpointState, 'stateCheck');
  return source.text();
}

/** The kinds of values that a check may replace. */
const replacedKinds: ReadonlySet<string> = new Set(['float', 'model']);

function withoutNull(schema: z.core.$ZodType): z.core.$ZodType {
  const def = structureOf(schema) === null ? definitionOf(schema) : null;
  return def?.type === 'nullable' ? def.innerType : schema;
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
  /** Declares the check of a model. */
  declareModel(schema: z.core.$ZodType, name: string): void;
  text(): string;
}

function createSource(): Source {
  const file = createCheckFile();
  const imported = (name: string) => file.imported(name);
  /** Checks by their expression, so that equal ones are declared once. */
  const named = new Map<string, string>();
  let models = 0;
  let enums = 0;

  /** The statements that check a field of `members`. */
  function fieldLines(key: string, schema: z.core.$ZodType): string[] {
    const def = structureOf(schema) === null ? definitionOf(schema) : null;
    const member = `members['${key}']`;
    if (def?.type === 'default') return valueLines(member, def.innerType, '');
    if (def?.type !== 'optional') return valueLines(member, schema, '');
    const isReplaced = replacedKinds.has(structureOf(withoutNull(def.innerType))?.kind ?? '');
    const lines = valueLines(
      isReplaced ? member : 'value',
      def.innerType,
      'value !== undefined && ',
    );
    return isReplaced ? lines : [`value = ${member};`, ...lines];
  }

  function valueLines(member: string, schema: z.core.$ZodType, guard: string): string[] {
    const inner = withoutNull(schema);
    const isNullable = inner !== schema;
    const orNull = isNullable ? 'OrNull' : '';
    const structure = structureOf(inner);
    if (structure === null) return [refuseUnless(guard, zodCondition(inner, member, isNullable))];
    switch (structure.kind) {
      case 'integer': {
        const { minimum } = structure;
        if (minimum === undefined) {
          return [refuseUnless(guard, `${imported(`isInteger${orNull}`)}(${member})`)];
        }
        if (isNullable) throw new Error('No check for an integer with a minimum or null');
        return [refuseUnless(guard, `${imported('isIntegerFrom')}(${member}, ${minimum})`)];
      }
      case 'boolean':
        return [refuseUnless(guard, `${imported(`isBool${orNull}`)}(${member})`)];
      case 'time':
        return [refuseUnless(guard, `${imported(`isTime${orNull}`)}(${member})`)];
      case 'float': {
        const { minimum, maximum } = structure;
        const by = imported(`${minimum === undefined ? 'float' : 'floatBetween'}${orNull}`);
        const bounds = minimum === undefined ? '' : `, ${minimum}, ${maximum}`;
        return replaceBy(member, `${by}(${member}${bounds})`, guard);
      }
      case 'model': {
        const by = checkName(schema);
        return replaceBy(member, `${by}(${member}, exact)`, guard);
      }
      case 'list':
      case 'dictionary':
      case 'value':
      case 'object':
        return [
          `if (${guard}${checkName(schema)}(${member}, exact) === ${imported('IRREGULAR')}) return false;`,
        ];
      default:
        return structure satisfies never;
    }
  }

  function zodCondition(schema: z.core.$ZodType, member: string, isNullable: boolean): string {
    const def = definitionOf(schema);
    if (def.type === 'string')
      return `${imported(isNullable ? 'isTextOrNull' : 'isText')}(${member})`;
    return `${enumName(def, isNullable)}.has(${member})`;
  }

  function enumName(def: z.core.$ZodTypes['_zod']['def'], isNullable: boolean): string {
    if (def.type !== 'enum') throw new Error(`No check for a schema of type ${def.type}`);
    const options = Object.values(def.entries).map(option => quoted(String(option)));
    const words = isNullable ? [...options, 'null'] : options;
    const known = named.get(words.join());
    if (known !== undefined) return known;
    enums += 1;
    const name = `words${enums}`;
    file.declare(`const ${name} = new Set<unknown>([${words.join(', ')}]);`);
    named.set(words.join(), name);
    return name;
  }

  /** Floats and models may become other values. */
  function replaceBy(member: string, value: string, guard: string): string[] {
    const replace = [
      `value = ${value};`,
      `if (value === ${imported('IRREGULAR')}) return false;`,
      `${member} = value;`,
    ];
    if (guard === '') return replace;
    return [
      `value = ${member};`,
      'if (value !== undefined) {',
      ...replace.map(line => `  ${line}`),
      '}',
    ].map(line =>
      line === `  value = ${value};` ? `  value = ${value.replace(member, 'value')};` : line,
    );
  }

  /** The name of a check function, which is declared before. */
  function checkName(schema: z.core.$ZodType): string {
    const structure = structureOf(schema);
    const def = structure === null ? definitionOf(schema) : null;
    if (def?.type === 'nullable') {
      const inner = checkName(def.innerType);
      return call('orNull', [inner], `${inner}OrNull`);
    }
    if (def?.type === 'string') return call('leaf', [imported('isText')], 'text');
    if (structure === null) throw new Error('No check for this schema in a list or a dictionary');
    switch (structure.kind) {
      case 'boolean':
      case 'time':
        throw new Error(`No check for a list or a dictionary of the kind ${structure.kind}`);
      case 'integer':
        if (structure.minimum !== undefined)
          throw new Error('No check for integers with a minimum');
        return call('leaf', [imported('isInteger')], 'integer');
      case 'float':
        if (structure.minimum !== undefined) throw new Error('No check for floats with a minimum');
        return imported('float');
      case 'value':
        return call('freeValue', [String(structure.depth)]);
      case 'object':
        return call('freeObject', [String(structure.depth)]);
      case 'list':
        return call('list', [checkName(structure.items)]);
      case 'dictionary': {
        const by = structure.keys === 'integer' ? 'integerDictionary' : 'dictionary';
        return call(by, [checkName(structure.values)]);
      }
      case 'model':
        return modelName(schema, null);
      default:
        return structure satisfies never;
    }
  }

  function modelName(schema: z.core.$ZodType, exported: string | null): string {
    const structure = structureOf(schema);
    if (structure?.kind !== 'model') throw new Error('The schema is no model');
    const { fields, depth, dropped } = structure;
    const key = JSON.stringify([Object.keys(fields), depth]);
    const known = named.get(key);
    if (known !== undefined) return known;
    const lines = Object.entries(fields).flatMap(([name, field]) => fieldLines(name, field));
    models += 1;
    const name = exported ?? `model${models}`;
    named.set(key, name);
    const changes = lines.filter(line => /^ *value =/.test(line));
    const parameters = lines.some(line => line.includes('exact')) ? 'members, exact' : 'members';
    const body = [
      `depth: ${depth},`,
      ...(dropped.length === 0
        ? []
        : ['dropped: [', ...dropped.map(item => `  ${quoted(item)},`), '],']),
      'fields: {',
      ...Object.entries(fields).map(([item, field]) => `  ${item}: ${absentText(field)},`),
      '},',
      `isRegular(${parameters}) {`,
      ...(changes.length > 1 ? ['  let value: unknown;'] : []),
      ...lines.map(
        line =>
          `  ${changes.length === 1 ? line.replace(/^( *)value =/, '$1const value =') : line}`,
      ),
      '  return true;',
      '},',
    ];
    const prefix = exported === null ? '' : 'export ';
    file.declare(`${prefix}const ${name} = ${imported('modelCheck')}({\n${indented(body)}\n});`);
    return name;
  }

  function absentText(schema: z.core.$ZodType): string {
    const def = structureOf(schema) === null ? definitionOf(schema) : null;
    if (def?.type === 'optional') return imported('OPTIONAL');
    if (def?.type !== 'default') return imported('REQUIRED');
    const value = def.defaultValue;
    if (typeof value === 'string') return quoted(value);
    if (!isRawNumber(value)) return JSON.stringify(value);
    return `${imported('floatValue')}(${Number(value.rawJSON)})`;
  }

  function call(
    by: string,
    args: readonly string[],
    name = [by, ...args.map(capital)].join(''),
  ): string {
    if (!named.has(name)) {
      file.declare(`const ${name} = ${imported(by)}(${args.join(', ')});`);
      named.set(name, name);
    }
    return name;
  }

  return {
    declareModel: (schema, name) => void modelName(schema, name),
    text: () => file.text(),
  };
}

function refuseUnless(guard: string, condition: string): string {
  return `if (${guard}!${condition}) return false;`;
}

function capital(word: string): string {
  return `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
}

/** What zod knows of a schema, as a union by type. */
function definitionOf(schema: z.core.$ZodType): z.core.$ZodTypes['_zod']['def'] {
  // oxlint-disable-next-line no-underscore-dangle
  return (schema as z.core.$ZodTypes)._zod.def;
}
