import type { ValidateFunction } from '@redocly/ajv';
import { Ajv2020 } from '@redocly/ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { DOCUMENT, type Schema } from './document.ts';

/** They hold values, and no schemas. */
const KEPT: ReadonlySet<string> = new Set(['examples', 'example', 'enum', 'const', 'default']);

const validators = new WeakMap<Schema, ValidateFunction>();
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(closed(DOCUMENT) as Schema, 'openapi');

/**
 * What is wrong with a value by a schema of the document; empty where nothing is. Members that the document does not
 * have are faults here: clients must accept those that a later version adds, and this version has none of them.
 */
export function faultsOf(schema: Schema, value: unknown): readonly string[] {
  const validate = validatorOf(schema);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

function validatorOf(schema: Schema): ValidateFunction {
  const known = validators.get(schema);
  if (known !== undefined) return known;
  const validate = ajv.compile(inDocument(closed(schema)) as Schema);
  validators.set(schema, validate);
  return validate;
}

/** Objects with named members have no others, if the schema does not say that they may. */
function closed(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(closed);
  if (typeof part !== 'object' || part === null) return part;
  const copy = Object.fromEntries(
    Object.entries(part).map(([key, value]) => [key, KEPT.has(key) ? value : closed(value)]),
  );
  const isOpen = 'properties' in part && !('additionalProperties' in part);
  return isOpen && 'type' in part ? { ...copy, additionalProperties: false } : copy;
}

function inDocument(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(inDocument);
  if (typeof part !== 'object' || part === null) return part;
  return Object.fromEntries(
    Object.entries(part).map(([key, value]) => [
      key,
      key === '$ref' ? `openapi${String(value)}` : inDocument(value),
    ]),
  );
}
