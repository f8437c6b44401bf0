import * as z from 'zod';
import { type Structure, structureOf } from '../../../lib/schema/structure.ts';

/** A schema of JSON Schema 2020-12, the dialect of OpenAPI 3.1. */
export type JsonSchema = z.core.JSONSchema.BaseSchema;

export interface Conversion {
  /** What the schema accepts, or what it makes of that. */
  readonly io: 'input' | 'output';
  /** Numbers of whole states: JSON has null in the place of NaN and infinities. */
  readonly hasNonFinite: boolean;
  /** The `$ref` to a schema that has its own place in the document; null for any other. */
  refOf(schema: z.core.$ZodType): string | null;
}

/**
 * The JSON Schema of a zod schema. `z.toJSONSchema` knows nothing of schemas whose check is a function: those are made
 * from their structure.
 */
export function jsonSchemaOf(schema: z.core.$ZodType, conversion: Conversion): JsonSchema {
  const { $schema: _dialect, ...converted } = z.toJSONSchema(schema, {
    io: conversion.io,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const ref = zodSchema === schema ? null : conversion.refOf(zodSchema);
      if (ref === null) refine(zodSchema, jsonSchema, conversion);
      else replace(jsonSchema, { $ref: ref });
    },
  });
  return converted;
}

function refine(schema: z.core.$ZodType, json: JsonSchema, conversion: Conversion): void {
  const structure = structureOf(schema);
  if (structure !== null) return replace(json, jsonOfStructure(structure, conversion));
  const def = definitionOf(schema);
  if (def.type === 'pipe') refinePipe(def, json, conversion);
  // Generators make members with a default required, in requests too.
  if (def.type === 'default') delete json.default;
  if (def.type === 'object') refineObject(def, json, conversion);
  if (def.type === 'number') {
    // zod states the limits of exact numbers. The service keeps all digits of longer ones.
    if (json.minimum === Number.MIN_SAFE_INTEGER) delete json.minimum;
    if (json.maximum === Number.MAX_SAFE_INTEGER) delete json.maximum;
  }
}

/** What a request may send is what the first part of a pipe accepts that says anything of it. */
function refinePipe(def: z.core.$ZodPipeDef, json: JsonSchema, conversion: Conversion): void {
  if (conversion.io === 'output') return;
  // zod takes every schema that is a function for one that accepts everything.
  if (structureOf(def.in) !== null) replace(json, jsonSchemaOf(def.in, conversion));
  else if (isUnknown(def.in)) replace(json, jsonSchemaOf(def.out, conversion));
}

function refineObject(def: z.core.$ZodObjectDef, json: JsonSchema, conversion: Conversion): void {
  for (const [name, field] of Object.entries(def.shape)) {
    if (isAbsent(field)) delete json.properties?.[name];
    else if (isNeeded(field)) requireMember(json, name);
  }
  // Clients must accept members that a later version adds.
  if (conversion.io === 'output' && def.catchall === undefined) delete json.additionalProperties;
}

function jsonOfStructure(structure: Structure, conversion: Conversion): JsonSchema {
  switch (structure.kind) {
    case 'integer': {
      const { kind: type, ...bounds } = structure;
      return { type, ...bounds };
    }
    case 'float': {
      const { kind: _number, ...bounds } = structure;
      const type = conversion.hasNonFinite ? ['number', 'null'] : 'number';
      return { type, ...bounds } as JsonSchema;
    }
    case 'boolean':
      return { type: 'boolean' };
    case 'time':
      return { type: 'string', format: 'date-time' };
    case 'value':
      return {};
    case 'object':
      return { type: 'object', additionalProperties: {} };
    case 'list':
      return { type: 'array', items: inner(structure.items, conversion) };
    case 'dictionary': {
      const names = structure.keys === 'integer' ? { propertyNames: INTEGER_KEY } : {};
      const values = inner(structure.values, conversion);
      return { type: 'object', ...names, additionalProperties: values };
    }
    case 'model':
      return {
        ...jsonSchemaOf(z.object(structure.fields), conversion),
        additionalProperties: {},
      };
    default:
      return structure satisfies never;
  }
}

const INTEGER_KEY: JsonSchema = { type: 'string', pattern: '^-?[0-9]+$' };

function inner(schema: z.core.$ZodType, conversion: Conversion): JsonSchema {
  const ref = conversion.refOf(schema);
  return ref === null ? jsonSchemaOf(schema, conversion) : { $ref: ref };
}

/** Accepts everything, and leaves the check to what comes after it. */
function isUnknown(schema: z.core.$ZodType): boolean {
  const def = definitionOf(schema);
  return def.type === 'unknown' || (def.type === 'pipe' && isUnknown(def.in));
}

/** A member that must not be there. */
function isAbsent(schema: z.core.$ZodType): boolean {
  const def = definitionOf(schema);
  return def.type === 'undefined' || (def.type === 'optional' && isAbsent(def.innerType));
}

/** A member without a default whose check is a function: zod takes it for optional. */
function isNeeded(schema: z.core.$ZodType): boolean {
  const def = definitionOf(schema);
  return structureOf(schema) !== null || (def.type === 'pipe' && isNeeded(def.in));
}

function requireMember(json: JsonSchema, name: string): void {
  if (json.required?.includes(name) !== true) json.required = [...(json.required ?? []), name];
}

/** What zod knows of a schema, as a union by type. */
function definitionOf(schema: z.core.$ZodType): z.core.$ZodTypes['_zod']['def'] {
  // oxlint-disable-next-line no-underscore-dangle
  return (schema as z.core.$ZodTypes)._zod.def;
}

function replace(json: JsonSchema, by: JsonSchema): void {
  for (const key of Object.keys(json)) delete json[key];
  Object.assign(json, by);
}
