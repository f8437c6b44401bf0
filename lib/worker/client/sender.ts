/** One request on its way to the service. */
export interface Outgoing {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Starts with `/v1`: what follows the URL of the service. */
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** JSON; undefined for a request without a body. */
  readonly text: string | undefined;
}

/** An answer of any server, read to its end. */
export interface Answer {
  readonly status: number;
  /** The value of a header, by its name in lower case; null if it is missing. */
  readonly header: (name: string) => string | null;
  /** The body. Empty for one that is not JSON: such a page may be of any length, so it is not read. */
  readonly text: string;
}

/** A request that was sent. */
export interface Sending {
  /** Rejects if no whole answer arrives, with a `StaleConnectionError` if the connection was used before. */
  readonly received: Promise<Answer>;
  /** Gives the request up. */
  readonly cancel: () => void;
}

/**
 * Sends requests to one service. It neither follows redirects nor sends a request twice. Throws a `TypeError` for a
 * request that cannot be sent, such as one with an invalid header: a mistake of the caller, not a lost answer.
 */
export type Sender = (outgoing: Outgoing) => Sending;

/**
 * A connection that was kept from an earlier request broke before the answer. The server may have closed it, as it was
 * idle, at the moment of the request. Another connection may be answered at once.
 */
export class StaleConnectionError extends Error {
  override readonly name = 'StaleConnectionError';
}

/** Whether an answer of this type is read. The service answers JSON. */
export function isJsonType(type: string | null): boolean {
  return type === null || JSON_TYPE.test(type);
}

const JSON_TYPE = /^[^;]*\bjson\b/i;
