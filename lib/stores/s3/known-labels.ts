import { LRUCache } from 'lru-cache';
import type { Version } from '../../store.ts';
import { ownText } from '../own-text.ts';

/** The labels of objects that were written, or looked up, last. A label belongs to one version, so none can be wrong. */
export interface KnownLabels {
  /** Undefined if it is not known. */
  find(key: string, version: Version): string | null | undefined;
  remember(key: string, version: Version, label: string | null): void;
}

interface Known {
  readonly version: Version;
  readonly label: string | null;
}

const MAX_BYTES = 16 * 1024 * 1024;
/** Of an entry without its texts. */
const ENTRY_BYTES = 200;

export function createKnownLabels(): KnownLabels {
  const known = new LRUCache<string, Known>({
    maxSize: MAX_BYTES,
    // V8 keeps texts beyond Latin-1 with two bytes a character.
    sizeCalculation: ({ version, label }, key) =>
      ENTRY_BYTES + 2 * (key.length + version.length + (label?.length ?? 0)),
  });
  return {
    find(key, version) {
      const found = known.get(key);
      return found?.version === version ? found.label : undefined;
    },
    remember(key, version, label) {
      known.set(ownText(key), {
        version: ownText(version),
        label: label === null ? null : ownText(label),
      });
    },
  };
}
