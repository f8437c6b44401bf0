import type { StoredEntry } from '../../store.ts';
import { compareKeys, endOf } from '../key-order.ts';
import type { ComparedAnswer, ComparedPart } from '../shard-port.ts';
import type { Catalogue } from './catalogue.ts';
import { isSettled, listedAs } from './hot-item.ts';
import type { HotMemory } from './hot-memory.ts';
import { isAsFound, type ShardLayout } from './layout.ts';
import type { ListedEntry, ListedTable } from './listed-table.ts';
import { readMeta, writeMeta } from './schema.ts';
import type { SqlLike } from './sql.ts';

/** Compares lists of the other medium with the catalogue. */
export interface Comparison {
  isComplete(): boolean;
  /** Something has changed an entry, or may have. */
  touched(key: string): void;
  compare(part: ComparedPart): Promise<ComparedAnswer>;
}

/** A list that began before is not trusted about what has changed since. */
const TRUSTED_MS = 120_000;
/** Beyond so many keys nothing is trusted that was listed before. */
const MOST_TOUCHES = 10_000;
const COMPLETE = 'complete';
const PROGRESS = 'compared';

export function createComparison(parts: {
  readonly sql: SqlLike;
  readonly layout: ShardLayout;
  readonly memory: HotMemory;
  readonly table: ListedTable;
  readonly catalogue: Catalogue;
  readonly nowMs: () => number;
  /** Another text for each start of the shard. */
  readonly instance: string;
}): Comparison {
  const { sql, layout, memory, table, catalogue, nowMs, instance } = parts;
  const folder = layout.listed;
  /** The keys that were touched since the oldest moment that is trusted, and after which moment. */
  const touches = new Map<string, { readonly moment: number; readonly atMs: number }>();
  let moments = 0;
  /** Lists that began at an earlier moment are not trusted: too much has changed since. */
  let firstTrusted = 0;
  let lastMomentMs = Number.NEGATIVE_INFINITY;
  let isWhole = folder === null || readMeta(sql, COMPLETE) !== null;

  function isFresh(atMs: number): boolean {
    return Math.abs(nowMs() - atMs) < TRUSTED_MS;
  }

  function nextMoment(): string {
    for (const [key, { atMs }] of touches) if (!isFresh(atMs)) touches.delete(key);
    moments += 1;
    lastMomentMs = nowMs();
    return `${instance} ${moments} ${lastMomentMs}`;
  }

  /** Whether nothing has changed the key since the moment, so that the list is right about it. */
  function trust(moment: string | null): (key: string) => boolean {
    const [origin, number = '', atMs = ''] = moment?.split(' ') ?? [];
    const isTrusted = origin === instance && isFresh(Number(atMs));
    if (!isTrusted || Number(number) < firstTrusted) return () => false;
    return key => {
      const entry = memory.entries.get(key);
      if (entry !== undefined && !isSettled(entry)) return false;
      const touch = touches.get(key);
      return touch === undefined || touch.moment < Number(number);
    };
  }

  /** The entries of the catalogue in this range. */
  function known(after: string, upTo: string): Map<string, ListedEntry> {
    const found = new Map(table.keys({ after, upTo }));
    for (const { key, value } of memory.entries.values()) {
      if (compareKeys(key, after) <= 0 || compareKeys(key, upTo) > 0) continue;
      if (value === null) found.delete(key);
      else found.set(key, listedAs(value));
    }
    return found;
  }

  function correct(key: string, entry: StoredEntry | null): void {
    const place = entry === null || entry.label === null ? null : layout.placeOf(entry.label);
    if (memory.entries.has(key)) catalogue.correct(key, entry);
    else if (entry === null) table.remove(key);
    else table.write(key, { version: entry.version, label: entry.label, place });
  }

  /** Notes how far the lists have been compared without a gap. */
  function advance({ after, upTo }: ComparedPart): void {
    if (isWhole) return;
    const before = readMeta(sql, PROGRESS);
    if (after !== null && (before === null || compareKeys(before, after) < 0)) return;
    if (upTo !== null) {
      if (before === null || compareKeys(upTo, before) > 0) writeMeta(sql, PROGRESS, upTo);
      return;
    }
    writeMeta(sql, COMPLETE, '1');
    isWhole = true;
  }

  return {
    isComplete: () => isWhole,

    touched(key) {
      if (!isFresh(lastMomentMs)) return;
      touches.set(key, { moment: moments, atMs: nowMs() });
      if (touches.size <= MOST_TOUCHES) return;
      touches.clear();
      firstTrusted = moments + 1;
    },

    async compare(part) {
      if (folder === null || part.folder !== folder) {
        return { moment: nextMoment(), corrected: 0, isComplete: true };
      }
      const isTrusted = trust(part.moment);
      const prefix = `${folder}/`;
      const rest = known(part.after ?? prefix, part.upTo ?? endOf(prefix));
      let corrected = 0;
      function differs(key: string, entry: StoredEntry | null): void {
        corrected += 1;
        if (isTrusted(key)) correct(key, entry);
        else catalogue.suspect(key);
      }
      sql.transaction(() => {
        for (const entry of part.entries) {
          if (!layout.owns(entry.key)) continue;
          const found = rest.get(entry.key);
          rest.delete(entry.key);
          if (found === undefined || !isAsFound(layout, found, entry)) differs(entry.key, entry);
        }
        for (const key of rest.keys()) differs(key, null);
      });
      await catalogue.verify();
      // What was found is stored before the progress is.
      if (corrected > 0) memory.write(() => true);
      advance(part);
      return { moment: nextMoment(), corrected, isComplete: isWhole };
    },
  };
}
