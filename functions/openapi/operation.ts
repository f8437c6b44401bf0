import { HEALTH_RESOURCES, RESOURCES } from '../http/resources.ts';
import { schemaRef } from './components.ts';
import type { Example } from './examples/example.ts';
import type { HeaderName } from './operations/headers.ts';
import type { ParameterName } from './operations/parameters.ts';
import type { AnswerPlan, BodyPlan, Plan } from './operations/plan.ts';
import { answerName, problemsOf } from './problems.ts';

type Json = Readonly<Record<string, unknown>>;

interface Place {
  readonly path: string;
  readonly method: string;
}

/** One operation of the document, with the examples that are its own. */
export function operationOf(place: Place, plan: Plan, examples: readonly Example[]): Json {
  const { id, tag, summary, description, parameters = [], body } = plan;
  const own = examples.filter(({ operation }) => operation === id);
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    security: securityOf(place),
    ...(parameters.length === 0 ? {} : { parameters: parameters.map(parameterRef) }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: body.isOptional !== true,
            content: bodyOf(body, own),
          },
        }),
    responses: responsesOf(place, plan, own),
  };
}

function bodyOf(body: BodyPlan, examples: readonly Example[]): Json {
  if (body.media !== undefined) return { [body.media]: {} };
  return {
    'application/json': {
      schema: { $ref: schemaRef(body.schema) },
      ...exampleMap(examples.filter(isAccepted), ({ request }) => request.body),
    },
  };
}

function isAccepted({ answer }: Example): boolean {
  return answer.status < 400;
}

export function parameterRef(name: ParameterName): Json {
  return { $ref: `#/components/parameters/${name}` };
}

/** The parameters in the path of a resource. */
export function pathParameters(path: string): readonly ParameterName[] {
  const names: ParameterName[] = [];
  if (path.includes(':id')) names.push(path.startsWith('/v1/presence/') ? 'StreamId' : 'JobId');
  if (path.includes(':n')) names.push('Sheet');
  return names;
}

/**
 * The scopes are the roles of the requirement. A service without configured access tokens needs none, which the empty
 * requirement says.
 */
function securityOf({ path, method }: Place): readonly Json[] {
  if (Object.hasOwn(HEALTH_RESOURCES, path)) return [];
  const scope = RESOURCES[path]?.[method];
  const byHolder = STOPPED_BY_HOLDER.test(path) ? [{ AccessToken: ['work'], LeaseToken: [] }] : [];
  return [{ AccessToken: [scope] }, ...byHolder, {}];
}

const STOPPED_BY_HOLDER = /\/(?:pause|cancel|fail|complete)$/;

function responsesOf(place: Place, plan: Plan, examples: readonly Example[]): Json {
  const hasContent = place.method !== 'HEAD';
  const answers = Object.entries(plan.answers).map(([status, answer]) => {
    const own = examples.filter(example => String(example.answer.status) === status);
    return [status, answerOf(answer, hasContent ? own : null)] as const;
  });
  const problems = problemsOf(place, plan).map(([status, codes]) => [
    String(status),
    { $ref: `#/components/responses/${answerName(status, codes, hasContent)}` },
  ]);
  return Object.fromEntries([...answers, ...problems]);
}

/** `examples` is null for the answer to HEAD, which has no body. */
function answerOf(plan: AnswerPlan, examples: readonly Example[] | null): Json {
  const { description, schema, media = 'application/json' } = plan;
  const headers = headersOf(plan);
  const isEmpty = schema === undefined && media === 'application/json';
  if (isEmpty || examples === null) return { description, headers };
  const content = {
    [media]: { schema: shownSchema(plan), ...exampleMap(examples, ({ answer }) => answer.body) },
  };
  return { description, headers, content };
}

/** A text of another type is a string for JSON Schema, which may say what is in it. */
function shownSchema({ schema, media }: AnswerPlan): Json {
  const ref = schema === undefined ? {} : { $ref: schemaRef(schema) };
  // The type says it all: these are bytes.
  if (media === undefined || media === 'application/octet-stream') return ref;
  return {
    type: 'string',
    contentMediaType: media,
    ...(schema === undefined ? {} : { contentSchema: ref }),
  };
}

function headersOf({ headers = [], optionalHeaders = [] }: AnswerPlan): Json {
  const names: readonly HeaderName[] = ['X-Request-Id', ...headers, ...optionalHeaders];
  return Object.fromEntries(names.map(name => [name, { $ref: `#/components/headers/${name}` }]));
}

function exampleMap(examples: readonly Example[], valueOf: (example: Example) => unknown): Json {
  const shown = examples.flatMap(example => {
    const value = valueOf(example);
    return value === undefined
      ? []
      : [[example.name, { summary: example.summary, value }] as const];
  });
  return shown.length === 0 ? {} : { examples: Object.fromEntries(shown) };
}
