import type { JsonSchema } from '../schemas/json-schema.ts';

/** A header of an answer, with the name under which the document has it. */
interface Header {
  readonly description: string;
  readonly schema: JsonSchema;
}

const text: JsonSchema = { type: 'string' };

/** The headers of answers, beside those of CORS, which depend on the settings of a service. */
export const HEADERS = {
  'X-Request-Id': {
    description: 'The id of the request: the one that it came with, or a new one. The log has it',
    schema: text,
  },
  ETag: {
    description:
      'The version of the job, or of the list, as an entity tag: strong, except that of a live list',
    schema: { type: 'string', pattern: '^(?:W/)?"[^"]*"$' },
  },
  'Cache-Control': {
    description: 'Whether a cache may keep the answer',
    schema: text,
  },
  Location: { description: 'The path of the new job', schema: text },
  'Preference-Applied': {
    description: 'Present if the answer leaves out the state as the request prefers',
    schema: { type: 'string', enum: ['return=minimal'] },
  },
  'Retry-After': {
    description: 'Try again after so many seconds',
    schema: { type: 'integer', minimum: 0 },
  },
  'WWW-Authenticate': { description: 'The challenge of RFC 6750', schema: text },
  Accept: {
    description: 'The media type that a body may have, if the one sent is refused',
    schema: text,
  },
  'Accept-Encoding': {
    description: 'The coding that a body may have, if the one sent is refused',
    schema: text,
  },
  'X-Accel-Buffering': {
    description: 'Asks proxies not to hold the events back',
    schema: { type: 'string', enum: ['no'] },
  },
} as const satisfies Readonly<Record<string, Header>>;

export type HeaderName = keyof typeof HEADERS;
