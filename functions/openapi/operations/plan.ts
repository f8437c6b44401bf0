import type { SchemaName } from '../schemas/named.ts';
import type { Code } from '../schemas/problems.ts';
import type { HeaderName } from './headers.ts';
import type { ParameterName } from './parameters.ts';

/** The groups of operations in the document. */
export const TAGS = {
  Jobs: 'Jobs and their states',
  Sheets: 'Updates of the sheets of a job',
  Leases: 'Leases of jobs to workers',
  Presence: 'Streams that keep leases while a connection is open',
  Control: 'Requests of operators',
  Operations: 'The service and its store',
} as const;

/** A successful answer. */
export interface AnswerPlan {
  readonly description: string;
  readonly schema?: SchemaName;
  /** JSON where it is left out and there is a schema. */
  readonly media?: 'text/event-stream' | 'text/plain' | 'application/octet-stream';
  /** Beside `X-Request-Id`. */
  readonly headers?: readonly HeaderName[];
  /** Not in every answer of this status. */
  readonly optionalHeaders?: readonly HeaderName[];
}

export type BodyPlan =
  | {
      readonly schema: SchemaName;
      /** Whether the request may come without a body. */
      readonly isOptional?: boolean;
      readonly media?: never;
    }
  /** Any bytes. */
  | { readonly media: 'application/octet-stream'; readonly isOptional?: never };

/** One method of a resource. What all operations have is added to it. */
export interface Plan {
  /** The name of the method in generated clients. */
  readonly id: string;
  readonly tag: keyof typeof TAGS;
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly ParameterName[];
  readonly body?: BodyPlan;
  readonly answers: Readonly<Record<number, AnswerPlan>>;
  /** The codes of problems, beside those that its kind of request may always get. */
  readonly problems?: readonly Code[];
}

/** The operations of one resource, by method. */
export type PathPlan = Readonly<Record<string, Plan>>;
