import type { Caller, CallOptions, SecondRead } from '../worker/client/call.ts';
import { DalsegnoError } from '../worker/client/problem.ts';
import type { Answer } from '../worker/client/sender.ts';
import type { ApiRequest } from '../worker/client/transport.ts';
import { accepted, refused, type Shape } from '../worker/shape/shape.ts';

/** An answer as it arrived. The text keeps what JSON numbers of JavaScript lose: digits beyond 2^53, 1.0. */
export interface Exact<T> {
  readonly value: T;
  /** The body; empty for a 204. */
  readonly text: string;
  readonly status: number;
  /** The text between the quotes of the `ETag`; null without one. */
  readonly version: string | null;
}

export interface ExactCall<T> {
  /** Of the parsed body; it is null for a 204. */
  readonly shape: Shape<T>;
  /** `refused` for a call that must not be carried out twice; `safe` by default. */
  readonly repeat?: 'safe' | 'refused';
  readonly options?: CallOptions | undefined;
  readonly secondRead?: SecondRead<Exact<T>>;
}

/** Calls whose answers keep their text. */
export interface ExactCaller {
  ask<T>(request: ApiRequest, call: ExactCall<T>): Promise<Exact<T>>;
  /** Null where the answer still has the version that the caller has; it has none with null. */
  askIfChanged<T>(
    request: ApiRequest,
    call: ExactCall<T> & { readonly version: string | null },
  ): Promise<Exact<T> | null>;
}

export function createExactCaller(send: Caller): ExactCaller {
  async function ask<T>(request: ApiRequest, call: ExactCall<T>): Promise<Exact<T>> {
    const { shape, repeat = 'safe', options, secondRead } = call;
    const read = secondRead === undefined ? {} : { secondRead };
    const schema = answerOf(shape);
    return (await send({ ...request, isWhole: true }, { schema, repeat, options, ...read })).body;
  }

  return {
    ask,

    async askIfChanged(request, { version, ...call }) {
      if (version === null) return ask(request, call);
      const headers = [['If-None-Match', `"${version}"`]] as const;
      const schema = orNotModified(answerOf(call.shape));
      const { repeat = 'safe', options } = call;
      return (await send({ ...request, headers, isWhole: true }, { schema, repeat, options })).body;
    },
  };
}

function answerOf<T>(shape: Shape<T>): Shape<Exact<T>> {
  return {
    safeParse(answer) {
      if (!isAnswer(answer)) return refused('expected an answer');
      const { status, text } = answer;
      const version = versionOf(answer.header('etag'));
      try {
        const read = shape.safeParse(status === 204 ? null : JSON.parse(text));
        return read.success ? accepted({ value: read.data, text, status, version }) : read;
      } catch (error) {
        if (error instanceof SyntaxError) return refused(error.message);
        throw error;
      }
    },
  };
}

function orNotModified<T>(shape: Shape<T>): Shape<T | null> {
  return {
    safeParse(answer) {
      const isUnchanged = isAnswer(answer) && answer.status === 304;
      return isUnchanged ? accepted(null) : shape.safeParse(answer);
    },
  };
}

function isAnswer(value: unknown): value is Answer {
  return typeof value === 'object' && value !== null && 'header' in value && 'text' in value;
}

function versionOf(tag: string | null): string | null {
  return /^(?:W\/)?"([^"]*)"$/.exec(tag ?? '')?.[1] ?? null;
}

/** An answer that was not received but found out by a second read. */
export function foundAnswer<T>(value: T, version: string | null = null): Exact<T> {
  return { value, text: value === null ? '' : JSON.stringify(value), status: 200, version };
}

/** Whether the service answered with this code. */
export function isCode(error: unknown, code: string): error is DalsegnoError {
  return error instanceof DalsegnoError && error.code === code;
}
