import type * as z from 'zod';
import { type Conversion, type JsonSchema, jsonSchemaOf } from './schemas/json-schema.ts';
import { type Named, SCHEMAS } from './schemas/named.ts';
import { PROBLEMS, problemName } from './schemas/problems.ts';

const NAMED: readonly (readonly [string, Named])[] = Object.entries(SCHEMAS);

export function schemaRef(name: string): string {
  return `#/components/schemas/${name}`;
}

/** All schemas that have a name, as `components.schemas`. */
export function componentSchemas(): Readonly<Record<string, JsonSchema>> {
  const problems = [...PROBLEMS].map(
    ([code, schema]) => [problemName(code), convert({ schema, io: 'output' })] as const,
  );
  return Object.fromEntries([...NAMED.map(([name, one]) => [name, convert(one)]), ...problems]);
}

function convert(named: Named): JsonSchema {
  const { schema, description, members = {}, items = {}, adds = {} } = named;
  const conversion = conversionOf(named);
  const json = jsonSchemaOf(schema, conversion);
  const properties = json.properties ?? {};
  for (const [name, text] of Object.entries(members)) {
    Object.assign(memberOf(properties, name), { description: text });
  }
  for (const [name, item] of Object.entries(items)) {
    Object.assign(memberOf(properties, name), { items: part(item, conversion) });
  }
  for (const [name, member] of Object.entries(adds)) {
    properties[name] = part(member, conversion);
  }
  return description === undefined ? json : { description, ...json };
}

/** Throws for a text about a member that the schema does not have. */
function memberOf(properties: Readonly<Record<string, unknown>>, name: string): object {
  const member = properties[name];
  if (typeof member === 'object' && member !== null) return member;
  throw new TypeError(`A described schema has no member ${name}`);
}

function part(schema: z.core.$ZodType, conversion: Conversion): JsonSchema {
  const ref = conversion.refOf(schema);
  return ref === null ? jsonSchemaOf(schema, conversion) : { $ref: ref };
}

function conversionOf({ schema, io, isInline = false, hasNonFinite = false }: Named): Conversion {
  const direction = io === 'input' ? 'input' : 'output';
  return {
    io: direction,
    hasNonFinite,
    refOf(inner) {
      if (inner === schema) return null;
      const found = NAMED.find(
        ([, one]) => one.schema === inner && (one.io === direction || one.io === 'both'),
      );
      if (found === undefined || (isInline && found[1].io === 'input')) return null;
      return schemaRef(found[0]);
    },
  };
}
