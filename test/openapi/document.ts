import { createDocument } from '../../functions/openapi/document.ts';

/** A parameter of an operation, as the document has it. */
export interface DocumentedParameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: Schema;
  readonly explode?: boolean;
}

export type Schema = Readonly<Record<string, unknown>>;

export interface DocumentedHeader {
  readonly schema: Schema;
}

export interface DocumentedAnswer {
  readonly headers: Readonly<Record<string, DocumentedHeader>>;
  readonly content?: Readonly<Record<string, DocumentedContent>>;
}

export interface DocumentedContent {
  readonly schema: Schema;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

/** One operation of the document, with what it refers to in its place. */
export interface Documented {
  readonly method: string;
  readonly path: string;
  readonly operationId: string;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters: readonly DocumentedParameter[];
  readonly body: { readonly required: boolean; readonly content: DocumentedContent } | null;
  readonly answers: ReadonlyMap<number, DocumentedAnswer>;
  /** The codes of the problems by status. */
  readonly codes: ReadonlyMap<number, readonly string[]>;
}

/** As the build writes it. */
export const DOCUMENT = JSON.parse(JSON.stringify(createDocument({ version: '0.0.0' }))) as Raw;

interface Raw {
  readonly paths: Readonly<Record<string, Readonly<Record<string, RawOperation>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

interface RawOperation {
  readonly operationId: string;
  readonly security: Documented['security'];
  readonly parameters?: readonly unknown[];
  readonly requestBody?: {
    readonly required: boolean;
    readonly content: Readonly<Record<string, DocumentedContent>>;
  };
  readonly responses: Readonly<Record<string, unknown>>;
}

const METHODS: ReadonlySet<string> = new Set(['get', 'head', 'post', 'put', 'delete']);

export const OPERATIONS: readonly Documented[] = Object.entries(DOCUMENT.paths).flatMap(
  ([path, item]) =>
    Object.entries(item)
      .filter(([method]) => METHODS.has(method))
      .map(([method, operation]) => documented(path, method, operation)),
);

/** The operation with this id, which must be there. */
export function operationNamed(id: string): Documented {
  const found = OPERATIONS.find(({ operationId }) => operationId === id);
  if (found === undefined) throw new Error(`The document has no operation ${id}`);
  return found;
}

/** The part of the document that a `$ref` names, or the value itself. */
export function resolve(value: unknown): unknown {
  const ref = (value as { $ref?: string } | null)?.$ref;
  if (ref === undefined) return value;
  const target = ref
    .slice(2)
    .split('/')
    .reduce((at: unknown, key) => (at as Record<string, unknown>)[key], DOCUMENT);
  if (target === undefined) throw new Error(`Nothing is at ${ref}`);
  return target;
}

function documented(path: string, method: string, operation: RawOperation): Documented {
  const { operationId, security, requestBody } = operation;
  const shared = DOCUMENT.paths[path]?.['parameters'] as unknown as readonly unknown[];
  const answers = new Map(
    Object.entries(operation.responses).map(([status, answer]) => [
      Number(status),
      resolvedAnswer(answer),
    ]),
  );
  const content = requestBody?.content['application/json'];
  return {
    method: method.toUpperCase(),
    path,
    operationId,
    security,
    parameters: [...shared, ...(operation.parameters ?? [])].map(
      parameter => resolve(parameter) as DocumentedParameter,
    ),
    body:
      requestBody === undefined || content === undefined
        ? null
        : { required: requestBody.required, content },
    answers,
    codes: new Map(
      Object.entries(operation.responses).flatMap(([status, answer]) => {
        const codes = codesIn(answer);
        return codes.length === 0 ? [] : [[Number(status), codes] as const];
      }),
    ),
  };
}

function resolvedAnswer(answer: unknown): DocumentedAnswer {
  const { headers, ...rest } = resolve(answer) as DocumentedAnswer;
  const resolved = Object.entries(headers).map(
    ([name, header]) => [name.toLowerCase(), resolve(header) as DocumentedHeader] as const,
  );
  return { ...rest, headers: Object.fromEntries(resolved) };
}

/** The description of a problem names its codes, also in the answer to HEAD, which has no body. */
function codesIn(answer: unknown): readonly string[] {
  const { $ref: ref = '' } = answer as { $ref?: string };
  if (!ref.includes('/responses/')) return [];
  const { description } = resolve(answer) as { readonly description: string };
  return [...description.matchAll(/`(\w+)`:/g)].map(([, code = '']) => code);
}
