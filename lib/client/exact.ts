import type { Caller, CallOptions, SecondRead } from '../worker/client/call.ts';
import { DalsegnoError } from '../worker/client/problem.ts';
import type { Answer } from '../worker/client/sender.ts';
import type { ApiRequest, Schema } from '../worker/client/transport.ts';

/** An answer as it arrived. The text keeps what JSON numbers of JavaScript lose: digits beyond 2^53, 1.0. */
export interface Exact<T> {
  readonly value: T;
  /** The body; empty for a 204. */
  readonly text: string;
  readonly status: number;
  /** The text between the quotes of the `ETag`; null without one. */
  readonly version: string | null;
}

/** Whether a parsed body is what the call promises. */
export type Check<T> = (value: unknown) => value is T;

export interface ExactCall<T> {
  readonly check: Check<T>;
  /** `refused` for a call that must not be carried out twice; `safe` by default. */
  readonly repeat?: 'safe' | 'refused';
  readonly options?: CallOptions | undefined;
  readonly secondRead?: SecondRead<Exact<T>>;
}

/** Calls whose answers keep their text. */
export interface ExactCaller {
  ask<T>(request: ApiRequest, call: ExactCall<T>): Promise<Exact<T>>;
  /** For a request with `If-None-Match`: null where nothing has changed. */
  askIfChanged<T>(request: ApiRequest, call: ExactCall<T>): Promise<Exact<T> | null>;
}

export function createExactCaller(send: Caller): ExactCaller {
  return {
    async ask(request, { check, repeat = 'safe', options, secondRead }) {
      const read = secondRead === undefined ? {} : { secondRead };
      const schema = schemaOf(check);
      return (await send({ ...request, isWhole: true }, { schema, repeat, options, ...read })).body;
    },

    async askIfChanged(request, { check, repeat = 'safe', options }) {
      const schema = orNotModified(schemaOf(check));
      return (await send({ ...request, isWhole: true }, { schema, repeat, options })).body;
    },
  };
}

function schemaOf<T>(check: Check<T>): Schema<Exact<T>> {
  return {
    safeParse(answer) {
      if (!isAnswer(answer)) return { success: false, error: new TypeError('Not an answer') };
      const { status, text } = answer;
      const version = versionOf(answer.header('etag'));
      try {
        const value: unknown = status === 204 ? null : JSON.parse(text);
        if (check(value)) return { success: true, data: { value, text, status, version } };
        return { success: false, error: new TypeError('The body is not what the call promises') };
      } catch (error) {
        if (error instanceof SyntaxError) return { success: false, error };
        throw error;
      }
    },
  };
}

function orNotModified<T>(schema: Schema<T>): Schema<T | null> {
  return {
    safeParse(answer) {
      const isUnchanged = isAnswer(answer) && answer.status === 304;
      return isUnchanged ? { success: true, data: null } : schema.safeParse(answer);
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
