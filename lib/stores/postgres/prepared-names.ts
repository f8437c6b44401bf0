import { createHash } from 'node:crypto';
import type { Statement } from './client.ts';

/**
 * The names of the prepared statements of a session, which take memory of the server too. A filter of a list may have many texts: those
 * beyond the first ones are parsed each time.
 */
export interface PreparedNames {
  /** New: the statement is to be parsed. Without a name it always is. */
  take(text: string): { readonly name: string; readonly isNew: boolean };
  /** These may not be there after all. */
  forget(statements: readonly Statement[]): void;
  /** No statement has a name from now on. */
  stop(): void;
}

const MOST_PREPARED = 500;
const NAME_CHARACTERS = 22;

export function createPreparedNames(): PreparedNames {
  const names = new Map<string, string>();
  const parsed = new Set<string>();
  let isStopped = false;
  return {
    take(text) {
      if (isStopped) return { name: '', isNew: true };
      const name = names.get(text) ?? (names.size < MOST_PREPARED ? nameOf(text) : '');
      if (name === '') return { name, isNew: true };
      names.set(text, name);
      const isNew = !parsed.has(text);
      // The next one of the same batch comes after it.
      parsed.add(text);
      return { name, isNew };
    },
    forget(statements) {
      // The server left out what followed the statement that failed. Those that it has are parsed again, at no loss.
      for (const { text } of statements) parsed.delete(text);
    },
    stop() {
      isStopped = true;
    },
  };
}

/**
 * Behind a pooler that changes the connections of the server, a name may be that of another process: it then is of the same text. By any
 * other name a process could run a statement of another one.
 */
function nameOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, NAME_CHARACTERS);
}
