import { sameBytes } from '../base/bytes.ts';
import type { ObjectStore } from '../store.ts';
import type { Expected, ReportBuilder } from './report.ts';

/** Compares the target with the source, byte for byte. */
export interface Verification {
  /** Checks one job that the source lists. */
  check(key: string): Promise<void>;
  /** Checks one job that the target lists. Must be called after all calls of `check`. */
  checkTarget(key: string): void;
  /** Reports the jobs that were copied and that the source does not list any more. */
  finish(): void;
}

export function createVerification({
  source,
  target,
  builder,
}: {
  readonly source: ObjectStore;
  readonly target: ObjectStore;
  readonly builder: ReportBuilder;
}): Verification {
  const listed = new Set<string>();

  async function missing({ sidecars }: Expected): Promise<string | null> {
    for (const key of sidecars) {
      if ((await target.head(key)) === null) return key;
    }
    return null;
  }

  async function compare(key: string, expected: Expected): Promise<void> {
    const [here, there] = await Promise.all([source.get(key), target.get(key)]);
    if (here === null) return builder.note('changedSince', key, GONE);
    if (there !== null && sameBytes(here.body, there.body)) {
      const sidecar = await missing(expected);
      if (sidecar === null) return builder.verified();
      return builder.note('unverified', key, `the target does not have its "${sidecar}"`);
    }
    if (here.version !== expected.version) {
      return builder.note('changedSince', key, 'it was changed at the source after it was read');
    }
    const reason = there === null ? 'the target does not have it' : 'the target has other bytes';
    return builder.note('unverified', key, reason);
  }

  return {
    async check(key) {
      listed.add(key);
      const expected = builder.take(key);
      if (expected === 'skipped') return;
      if (expected === null) {
        builder.note('changedSince', key, 'it was created at the source after the list was read');
        return;
      }
      await compare(key, expected);
    },

    checkTarget(key) {
      // A job is reported only once.
      if (listed.has(key) || builder.take(key) !== null) return;
      builder.note('onlyThere', key, 'the source does not have it');
    },

    finish() {
      for (const key of builder.remaining()) builder.note('changedSince', key, GONE);
    },
  };
}

const GONE = 'it is gone from the source, and still at the target';
