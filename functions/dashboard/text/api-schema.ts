import { isObject } from './exact-json.ts';

export type Json = Readonly<Record<string, unknown>>;

/** A member of a body. */
export interface Field {
  readonly name: string;
  readonly depth: number;
  readonly isRequired: boolean;
  readonly shape: string;
  readonly text: string;
}

const MAX_DEPTH = 4;
const MAX_FIELDS = 120;

/** The members of an object, and of the objects within, in order. */
export function fieldsOf(root: Json, source: unknown): readonly Field[] {
  const fields: Field[] = [];
  addFields(root, source, { fields, depth: 0 });
  return fields;
}

function addFields(
  root: Json,
  source: unknown,
  { fields, depth }: { fields: Field[]; depth: number },
): void {
  if (depth > MAX_DEPTH) return;
  const schema = resolved(root, source);
  for (const part of [
    ...listAt(schema, 'allOf'),
    ...listAt(schema, 'oneOf'),
    ...listAt(schema, 'anyOf'),
  ])
    addFields(root, part, { fields, depth });
  if (isObject(schema['items'])) addFields(root, schema['items'], { fields, depth });
  const required = listAt(schema, 'required');
  for (const [name, entry] of Object.entries(objectAt(schema, 'properties'))) {
    if (fields.length >= MAX_FIELDS) return;
    if (fields.some(field => field.name === name && field.depth === depth)) continue;
    const inner = resolved(root, entry);
    const text = stringAt(inner, 'description');
    const isRequired = required.includes(name);
    fields.push({ name, depth, isRequired, shape: shapeOf(root, entry), text });
    addFields(root, entry, { fields, depth: depth + 1 });
  }
}

/** The type of a schema in a few characters: `integer 1 to 1000`, `"a" | "b"`, `list of string`. */
export function shapeOf(root: Json, source: unknown, depth = 0): string {
  const schema = resolved(root, source);
  if (depth > MAX_DEPTH) return '…';
  if (schema['const'] !== undefined) return JSON.stringify(schema['const']);
  const values = listAt(schema, 'enum');
  if (values.length > 0) return values.map(value => JSON.stringify(value)).join(' | ');
  const parts = [...listAt(schema, 'oneOf'), ...listAt(schema, 'anyOf')];
  if (parts.length > 0)
    return [...new Set(parts.map(part => shapeOf(root, part, depth + 1)))].join(' | ');
  const [first] = listAt(schema, 'allOf');
  if (first !== undefined) return shapeOf(root, first, depth + 1);
  const type = schema['type'];
  if (type === 'array') return `list of ${shapeOf(root, schema['items'], depth + 1)}`;
  const name = Array.isArray(type) ? type.join(' | ') : typeof type === 'string' ? type : 'any';
  return [name, rangeOf(schema), stringAt(schema, 'format')].filter(text => text !== '').join(' ');
}

function rangeOf(schema: Json): string {
  const isText = 'minLength' in schema || 'maxLength' in schema;
  const low = numberAt(schema, isText ? 'minLength' : 'minimum');
  const high = numberAt(schema, isText ? 'maxLength' : 'maximum');
  const range = [low === null ? '' : `from ${low}`, high === null ? '' : `to ${high}`];
  const text = range.filter(part => part !== '').join(' ');
  return text !== '' && isText ? `${text} characters` : text;
}

/** The object, or what its `$ref` names within the document. Empty where there is none. */
export function resolved(root: Json, value: unknown, depth = 0): Json {
  if (!isObject(value)) return {};
  const reference = (value as Json)['$ref'];
  if (typeof reference !== 'string' || depth > 8) return value;
  let target: unknown = root;
  for (const part of reference.replace(/^#\//, '').split('/')) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    target = isObject(target) ? (target as Json)[name] : undefined;
  }
  return resolved(root, target, depth + 1);
}

export function objectAt(value: Json, name: string): Json {
  const member = value[name];
  return isObject(member) ? member : {};
}

export function listAt(value: Json, name: string): readonly unknown[] {
  const member = value[name];
  return Array.isArray(member) ? member : [];
}

export function stringAt(value: Json, name: string): string {
  const member = value[name];
  return typeof member === 'string' ? member : '';
}

function numberAt(value: Json, name: string): number | null {
  const member = value[name];
  return typeof member === 'number' ? member : null;
}
