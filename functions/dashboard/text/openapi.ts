import {
  type Field,
  fieldsOf,
  type Json,
  listAt,
  objectAt,
  resolved,
  shapeOf,
  stringAt,
} from './api-schema.ts';
import { isObject } from './exact-json.ts';

/** The description of the API, as far as the page shows it. */
export interface ApiDescription {
  readonly title: string;
  readonly version: string;
  readonly text: string;
  readonly groups: readonly OperationGroup[];
}

export interface OperationGroup {
  readonly name: string;
  readonly text: string;
  readonly operations: readonly Operation[];
}

export interface Operation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  readonly text: string;
  /** The scope of the access token; null where none is needed or none is named. */
  readonly scope: string | null;
  readonly parameters: readonly Parameter[];
  readonly body: Content | null;
  readonly answers: readonly Answer[];
}

export interface Parameter {
  readonly name: string;
  readonly place: string;
  readonly isRequired: boolean;
  readonly text: string;
  readonly shape: string;
}

export interface Content {
  readonly type: string;
  readonly fields: readonly Field[];
  /** The shape of a body that is no object. */
  readonly shape: string;
  readonly examples: readonly Example[];
}

export interface Example {
  readonly name: string;
  readonly text: string;
}

export interface Answer {
  readonly code: string;
  readonly text: string;
  readonly headers: readonly string[];
  readonly content: Content | null;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** Reads an OpenAPI 3.1 document. What it does not have is shown as empty. Null for what is no such document. */
export function describeApi(document: unknown): ApiDescription | null {
  if (!isObject(document) || !isObject(document['paths'])) return null;
  const root: Json = document;
  const info = objectAt(root, 'info');
  const operations = Object.entries(objectAt(root, 'paths')).flatMap(([path, item]) =>
    METHODS.flatMap(method => operationIn(root, { path, method, item: resolved(root, item) })),
  );
  const known = listAt(root, 'tags').filter(isObject);
  const names = [
    ...new Set([...known.map(tag => stringAt(tag, 'name')), ...operations.map(({ tag }) => tag)]),
  ];
  const groups = names.map(name => ({
    name,
    text: stringAt(known.find(tag => tag['name'] === name) ?? {}, 'description'),
    operations: operations.filter(({ tag }) => tag === name).map(({ operation }) => operation),
  }));
  return {
    title: stringAt(info, 'title'),
    version: stringAt(info, 'version'),
    text: stringAt(info, 'description'),
    groups: groups.filter(group => group.operations.length > 0),
  };
}

/** The groups with the operations in whose method, path, texts or parameters all the words occur. */
export function searchApi(
  groups: readonly OperationGroup[],
  words: string,
): readonly OperationGroup[] {
  const wanted = words
    .toLowerCase()
    .split(/\s+/)
    .filter(word => word !== '');
  if (wanted.length === 0) return groups;
  return groups
    .map(group => ({
      ...group,
      operations: group.operations.filter(operation => {
        const text = searchTextOf(operation);
        return wanted.every(word => text.includes(word));
      }),
    }))
    .filter(group => group.operations.length > 0);
}

function searchTextOf({ id, method, path, summary, text, parameters, answers }: Operation): string {
  const names = parameters.map(({ name }) => name);
  const codes = answers.map(answer => `${answer.code} ${answer.text}`);
  return [id, method, path, summary, text, ...names, ...codes].join(' ').toLowerCase();
}

function operationIn(
  root: Json,
  { path, method, item }: { path: string; method: string; item: Json },
): { tag: string; operation: Operation }[] {
  const source = item[method];
  if (!isObject(source)) return [];
  const body = resolved(root, source['requestBody']);
  const operation: Operation = {
    id: stringAt(source, 'operationId') || `${method} ${path}`,
    method: method.toUpperCase(),
    path,
    summary: stringAt(source, 'summary'),
    text: stringAt(source, 'description'),
    scope: scopeIn(source),
    parameters: [...listAt(item, 'parameters'), ...listAt(source, 'parameters')].map(entry =>
      parameterOf(root, resolved(root, entry)),
    ),
    body: contentOf(root, body['content']),
    answers: Object.entries(objectAt(source, 'responses')).map(([code, entry]) =>
      answerOf(root, code, resolved(root, entry)),
    ),
  };
  return [{ tag: tagOf(source), operation }];
}

function parameterOf(root: Json, source: Json): Parameter {
  return {
    name: stringAt(source, 'name'),
    place: stringAt(source, 'in'),
    isRequired: source['required'] === true,
    text: stringAt(source, 'description'),
    shape: shapeOf(root, source['schema']),
  };
}

function answerOf(root: Json, code: string, source: Json): Answer {
  return {
    code,
    text: stringAt(source, 'description'),
    headers: Object.keys(objectAt(source, 'headers')),
    content: contentOf(root, source['content']),
  };
}

function contentOf(root: Json, source: unknown): Content | null {
  const [entry] = isObject(source) ? Object.entries(source as Json) : [];
  if (entry === undefined || !isObject(entry[1])) return null;
  const media: Json = entry[1];
  return {
    type: entry[0],
    fields: fieldsOf(root, media['schema']),
    shape: shapeOf(root, media['schema']),
    examples: examplesOf(root, media),
  };
}

function examplesOf(root: Json, media: Json): readonly Example[] {
  const named = Object.entries(objectAt(media, 'examples')).map(([name, entry]) => {
    const example = resolved(root, entry);
    return { name: stringAt(example, 'summary') || name, text: exampleText(example['value']) };
  });
  return media['example'] === undefined
    ? named
    : [{ name: 'example', text: exampleText(media['example']) }, ...named];
}

function exampleText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

/** The group of an operation: its first tag. */
function tagOf(source: Json): string {
  const [tag] = listAt(source, 'tags');
  return typeof tag === 'string' ? tag : 'other';
}

/** The scopes of the first security requirement that names any. */
function scopeIn(source: Json): string | null {
  const first = listAt(source, 'security')
    .filter(isObject)
    .flatMap(requirement => Object.values(requirement))
    .find((scopes: unknown) => Array.isArray(scopes) && scopes.length > 0);
  return Array.isArray(first) ? first.join(', ') : null;
}
