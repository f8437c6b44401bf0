import { MEANINGS } from '../http/problem-codes.ts';
import { HEALTH_RESOURCES } from '../http/resources.ts';
import { schemaRef } from './components.ts';
import type { HeaderName } from './operations/headers.ts';
import { PATHS } from './operations/paths.ts';
import type { Plan } from './operations/plan.ts';
import { CODES, type Code, problemName } from './schemas/problems.ts';

type Json = Readonly<Record<string, unknown>>;

interface Place {
  readonly path: string;
  readonly method: string;
}

/** What every request may get. `invalid` is also the answer to an unknown parameter. */
const ALWAYS: readonly Code[] = ['malformed_request', 'invalid', 'internal', 'misconfigured'];
const GUARDED: readonly Code[] = ['unauthorized', 'token_expired', 'forbidden', 'overloaded'];
const WITH_BYTES: readonly Code[] = ['body_too_large', 'body_too_slow'];
const WITH_BODY: readonly Code[] = ['malformed_json', 'unsupported_media_type', ...WITH_BYTES];

/** The codes of an operation, in the order of the table of problems. */
export function codesOf({ path }: Place, { body, problems = [] }: Plan): readonly Code[] {
  const codes = new Set([
    ...ALWAYS,
    ...(Object.hasOwn(HEALTH_RESOURCES, path) ? [] : GUARDED),
    ...bodyCodes(body),
    ...problems,
  ]);
  return CODES.filter(code => codes.has(code));
}

function bodyCodes(body: Plan['body']): readonly Code[] {
  if (body === undefined) return [];
  return body.media === undefined ? WITH_BODY : WITH_BYTES;
}

/** The codes of an operation by status. */
export function problemsOf(place: Place, plan: Plan): [status: number, codes: readonly Code[]][] {
  return [...Map.groupBy(codesOf(place, plan), code => MEANINGS[code].status)].toSorted(
    ([left], [right]) => left - right,
  );
}

/** Operations with the same codes of a status share their answer. This is its name in the document. */
export function answerName(status: number, codes: readonly Code[], hasContent: boolean): string {
  return [`Problem${status}`, ...codes, ...(hasContent ? [] : ['head'])].join('.');
}

/** The answers that `answerName` names. */
export function componentResponses(): Readonly<Record<string, Json>> {
  const responses: Record<string, Json> = {};
  for (const [path, plans] of Object.entries(PATHS)) {
    for (const [method, plan] of Object.entries(plans)) {
      for (const [status, codes] of problemsOf({ path, method }, plan)) {
        const hasContent = method !== 'HEAD';
        responses[answerName(status, codes, hasContent)] = responseOf(codes, hasContent);
      }
    }
  }
  return Object.fromEntries(
    Object.entries(responses).toSorted(([left], [right]) => (left < right ? -1 : 1)),
  );
}

const HEADERS: Partial<Record<Code, readonly HeaderName[]>> = {
  unauthorized: ['WWW-Authenticate'],
  token_expired: ['WWW-Authenticate'],
  lease_held: ['Retry-After'],
  overloaded: ['Retry-After'],
  store_unavailable: ['Retry-After'],
  unsupported_media_type: ['Accept', 'Accept-Encoding'],
};

function responseOf(codes: readonly Code[], hasContent: boolean): Json {
  const refs = codes.map(code => ({ $ref: schemaRef(problemName(code)) }));
  const names: readonly HeaderName[] = [
    'X-Request-Id',
    ...new Set(codes.flatMap(code => HEADERS[code] ?? [])),
  ];
  const content = {
    'application/problem+json': { schema: refs.length === 1 ? refs[0] : { oneOf: refs } },
  };
  return {
    description: codes.map(code => `\`${code}\`: ${MEANINGS[code].title}`).join('. '),
    headers: Object.fromEntries(
      names.map(name => [name, { $ref: `#/components/headers/${name}` }]),
    ),
    ...(hasContent ? { content } : {}),
  };
}
