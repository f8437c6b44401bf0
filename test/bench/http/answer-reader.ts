/** Finds the end of each answer on one connection. */
export interface AnswerReader {
  /** The body if the chunk ends an answer, empty where bodies are not kept. Throws if the answer is no success. */
  readonly read: (chunk: Buffer) => string | null;
  /** Whether the server ends the connection after the last answer. */
  readonly isClosing: () => boolean;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const LAST_CHUNK = Buffer.from('0\r\n\r\n');

/** Answers must not overlap: the next request is sent after the answer. */
export function createAnswerReader({
  keepsBodies,
}: {
  readonly keepsBodies: boolean;
}): AnswerReader {
  let head: Buffer = Buffer.alloc(0);
  /** Of the body that is being read; null while the head is. */
  let missing: number | null = null;
  let isChunked = false;
  let isClosing = false;
  let kept: Buffer[] = [];

  /** What follows the head, null while it is not complete. */
  function readHead(chunk: Buffer): Buffer | null {
    head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
    const end = head.indexOf(HEAD_END);
    if (end < 0) return null;
    const rest = head.subarray(end + HEAD_END.length);
    const text = head.toString('latin1', 0, end);
    const bytes = bodyBytes(text, rest);
    isClosing = /^connection: close/im.test(text);
    isChunked = bytes === null;
    missing = bytes ?? Number.POSITIVE_INFINITY;
    head = Buffer.alloc(0);
    return rest;
  }

  return {
    isClosing: () => isClosing,
    read(chunk) {
      const part = missing === null ? readHead(chunk) : chunk;
      if (part === null || missing === null) return null;
      missing -= part.length;
      if (keepsBodies) kept.push(part);
      if (isChunked ? !part.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK) : missing > 0)
        return null;
      const body = keepsBodies ? Buffer.concat(kept).toString() : '';
      kept = [];
      missing = null;
      return body;
    },
  };
}

/** Null where the body comes in chunks, the last of which is empty. */
function bodyBytes(head: string, rest: Buffer): number | null {
  const status = head.slice(9, 12);
  if (status === '204') return 0;
  if (!status.startsWith('2')) throw new Error(`Unexpected answer: ${head} ${rest.toString()}`);
  const length = /^content-length: ([0-9]+)/im.exec(head)?.[1];
  if (length !== undefined) return Number(length);
  if (/^transfer-encoding: chunked/im.test(head)) return null;
  throw new Error(`An answer without an end: ${head}`);
}
