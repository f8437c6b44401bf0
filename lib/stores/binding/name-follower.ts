import type { NameChange, NameFollower } from '../../store.ts';
import { ownText } from '../own-text.ts';

/** Follows which objects exist, on a medium that does not report changes: every poll lists and compares. */
export function createNameFollower(
  list: () => AsyncIterable<{ readonly key: string }>,
): NameFollower {
  const reported = new Set<string>();

  return {
    async *poll(): AsyncGenerator<NameChange> {
      const missing = new Set(reported);
      for await (const { key } of list()) {
        missing.delete(key);
        if (reported.has(key)) continue;
        reported.add(ownText(key));
        yield { kind: 'named', key };
      }
      for (const key of missing) if (reported.delete(key)) yield { kind: 'removed', key };
    },
    forget(key) {
      reported.delete(key);
    },
  };
}
