import { ownText } from '../base/own-text.ts';
import { parseReadyKey } from '../keys/ready-hint.ts';

/** The keys of the hints by the key of their job. Nearly every job has one at most. */
export interface HintsByJob {
  add(hintKey: string): void;
  remove(hintKey: string): void;
  of(jobKey: string): readonly string[];
}

const NONE: readonly string[] = [];

export function createHintsByJob(hintKeys: Iterable<string>): HintsByJob {
  const hints = new Map<string, readonly string[]>();

  function add(hintKey: string): void {
    const jobKey = parseReadyKey(hintKey)?.jobKey;
    if (jobKey === undefined) return;
    const known = hints.get(jobKey) ?? NONE;
    if (known.includes(hintKey)) return;
    hints.set(ownText(jobKey), [...known, ownText(hintKey)]);
  }

  for (const key of hintKeys) add(key);

  return {
    add,
    remove(hintKey) {
      const jobKey = parseReadyKey(hintKey)?.jobKey;
      if (jobKey === undefined) return;
      const rest = (hints.get(jobKey) ?? NONE).filter(key => key !== hintKey);
      if (rest.length === 0) hints.delete(jobKey);
      else hints.set(jobKey, rest);
    },
    of: jobKey => hints.get(jobKey) ?? NONE,
  };
}
