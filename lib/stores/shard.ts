import { createCatalogue } from './shard/catalogue.ts';
import { createComparison } from './shard/comparison.ts';
import { pageOfEntries } from './shard/entry-page.ts';
import { createHotMemory } from './shard/hot-memory.ts';
import { SHARD_LIMITS, type ShardLayout, type ShardLimits } from './shard/layout.ts';
import { createListedTable } from './shard/listed-table.ts';
import { listObjects } from './shard/object-list.ts';
import { createObjectSteps, type Written } from './shard/object-steps.ts';
import { createObjectTable } from './shard/object-table.ts';
import { createRenewalWindow } from './shard/renewal-window.ts';
import { prepareSchema, readMeta, writeMeta } from './shard/schema.ts';
import type { SqlLike } from './shard/sql.ts';
import type {
  Dated,
  LookUp,
  ShardCounts,
  ShardPort,
  ShardStep,
  StepOutcome,
} from './shard-port.ts';

export interface ShardOptions {
  readonly sql: SqlLike;
  readonly layout: ShardLayout;
  /** Reads an entry from the medium of the bodies. */
  readonly lookUp: LookUp;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  /** Calls the task once, after so many milliseconds. Returns what cancels it. */
  readonly timer: (milliseconds: number, task: () => void) => () => void;
  /** Another text without spaces for each start. */
  readonly instance: string;
  readonly limits?: ShardLimits;
  /** Called for each object that was put or deleted, with its label. */
  readonly changed?: (key: string, label: string | null) => void;
}

export interface Shard extends ShardPort {
  /** When renewals may last have been lost, in milliseconds since 1970; null if none were. */
  interruptedAtMs(): number | null;
  /** No holder could reach the shard until now: the same as if renewals were lost. */
  interrupt(): void;
  /** Whether the catalogue has every object of the other medium. */
  isComplete(): boolean;
  /** Stores everything that is only in memory. */
  flush(): void;
  /** Cancels the timer. The shard must not be used afterwards. */
  close(): void;
}

/** After so much time without a call, everything is stored, and no timer runs. */
const QUIET_MS = 5_000;
/** A job that changes again sooner needs no row for it: its entry is still one to be looked up after a restart. */
const SETTLED_AFTER_MS = 60_000;
/** A shard that restarts looks up about so many entries at most. */
const MOST_UNSETTLED = 500;
/** So many items are moved to the tables with one call. */
const MOVED_AT_ONCE = 200;
const INTERRUPTED = 'interrupted';

/**
 * One shard over an SQL database that it alone writes. A change is one row of the journal, together with all others that wait;
 * the tables get what has not changed for long. Starts at once, from the journal.
 */
export function createShard(options: ShardOptions): Shard {
  const { sql, layout, lookUp, nowMs, timer, instance } = options;
  const { limits = SHARD_LIMITS, changed = () => {} } = options;
  prepareSchema(sql);
  const objectTable = createObjectTable(sql);
  const listedTable = createListedTable(sql, layout.fields);
  const open = { openUntilMs: 0 };
  const tables = { objects: objectTable, listed: listedTable };
  const memory = createHotMemory({ sql, layout, limits }, tables, open);
  const window = createRenewalWindow(open, nowMs);
  const objects = createObjectSteps(memory, objectTable);
  const catalogue = createCatalogue({ memory, layout }, { lookUp, nowMs });
  const parts = { sql, layout, memory, table: listedTable, catalogue, nowMs, instance };
  const comparison = createComparison(parts);
  let interruptedAtMs = interruptionAtStart();
  let lastCallMs = nowMs();
  let cancel: (() => void) | null = null;

  function interruptionAtStart(): number | null {
    if (open.openUntilMs === 0) {
      const known = readMeta(sql, INTERRUPTED);
      return known === null ? null : Number(known);
    }
    const now = nowMs();
    sql.transaction(() => {
      writeMeta(sql, INTERRUPTED, String(now));
      window.close();
      memory.write(() => false);
    });
    return now;
  }

  function store(isAll: boolean): void {
    if (memory.has('lazy')) window.stored();
    else if (window.isOver()) window.close();
    const now = nowMs();
    let excess = memory.count('later') - MOST_UNSETTLED;
    memory.write(({ changedAtMs }) => {
      excess -= 1;
      return isAll || excess >= 0 || Math.abs(now - changedAtMs) >= SETTLED_AFTER_MS;
    });
  }

  function isDirty(): boolean {
    return memory.has('ordered') || memory.has('lazy') || memory.has('later');
  }

  function arm(): void {
    if (cancel !== null) return;
    const now = nowMs();
    const isOpen = open.openUntilMs !== 0;
    if (!isOpen && !isDirty()) return;
    const dueAtMs = isOpen ? open.openUntilMs : lastCallMs + QUIET_MS;
    cancel = timer(Math.min(Math.max(dueAtMs - now, 0), QUIET_MS), tick);
  }

  function tick(): void {
    cancel = null;
    const isQuiet = Math.abs(nowMs() - lastCallMs) >= QUIET_MS;
    if (window.isOver()) store(false);
    else if (isQuiet && isDirty() && open.openUntilMs === 0) store(true);
    arm();
  }

  /** Runs one step, and says how soon its change must be stored. */
  function run(step: ShardStep): {
    readonly outcome: StepOutcome;
    readonly urgency: Written['urgency'];
  } {
    const { key } = step;
    switch (step.do) {
      case 'get':
        return { outcome: { of: 'get', object: objects.get(key) }, urgency: null };
      case 'head': {
        const version = objects.read(key)?.version ?? null;
        return { outcome: { of: 'head', version }, urgency: null };
      }
      case 'put': {
        const { result, urgency } = objects.put(step);
        if (result === 'done') changed(key, step.label);
        return { outcome: { of: 'put', result }, urgency };
      }
      case 'delete': {
        const { result, urgency } = objects.delete(step);
        if (result === 'done') changed(key, null);
        return { outcome: { of: 'delete', result }, urgency };
      }
      case 'announce':
        comparison.touched(key);
        return {
          outcome: { of: 'announce' },
          urgency: catalogue.announce(key, step.id) ? 'durable' : null,
        };
      case 'settle':
        comparison.touched(key);
        catalogue.settle(key, step.id, step.outcome);
        return { outcome: { of: 'settle' }, urgency: null };
      case 'doubt':
        // A shard that has not found all jobs yet finds them by its comparison.
        if (comparison.isComplete() && catalogue.doubt(step)) comparison.touched(key);
        return { outcome: { of: 'doubt' }, urgency: null };
      default:
        return step satisfies never;
    }
  }

  function apply(steps: readonly ShardStep[]): readonly StepOutcome[] {
    lastCallMs = nowMs();
    let isDurable = false;
    let isLazy = false;
    const outcomes = steps.map(step => {
      const { outcome, urgency } = run(step);
      isDurable ||= urgency === 'durable';
      isLazy ||= urgency === 'lazy';
      return outcome;
    });
    const isDue = isLazy && window.mustStore();
    if (isDue || (isDurable && memory.has('ordered'))) store(false);
    memory.makeRoom(MOVED_AT_ONCE);
    arm();
    return outcomes;
  }

  function dated<T>(value: T): Dated<T> {
    return { value, interruptedAtMs, instance };
  }

  async function count(): Promise<ShardCounts> {
    await catalogue.verify();
    const counts = listedTable.countGroups();
    const add = (group: string | null, number: number) =>
      counts.set(group, (counts.get(group) ?? 0) + number);
    for (const { value, groupInTable } of memory.entries.values()) {
      if (groupInTable !== undefined) add(groupInTable, -1);
      if (value !== null) add(value.place?.group ?? null, 1);
    }
    const groups = [...counts].flatMap(([group, number]) =>
      group === null || number === 0 ? [] : [[group, number] as const],
    );
    return { isComplete: comparison.isComplete(), groups, unplaced: counts.get(null) ?? 0 };
  }

  arm();
  return {
    apply: async steps => dated(apply(steps)),

    list: async query => dated(listObjects(query, { memory, table: objectTable, layout })),

    async page(folder, query) {
      if (folder !== layout.listed) return { isComplete: false, entries: [] };
      await catalogue.verify();
      arm();
      const { fields } = layout;
      const entries = pageOfEntries(query, { memory, table: listedTable, fields });
      return { isComplete: comparison.isComplete(), entries };
    },

    async count(folder) {
      if (folder !== layout.listed) return { isComplete: false, groups: [], unplaced: 0 };
      const counts = await count();
      arm();
      return counts;
    },

    async compare(part) {
      const answer = await comparison.compare(part);
      memory.makeRoom(MOVED_AT_ONCE);
      arm();
      return answer;
    },

    interruptedAtMs: () => interruptedAtMs,

    interrupt() {
      interruptedAtMs = nowMs();
      writeMeta(sql, INTERRUPTED, String(interruptedAtMs));
    },

    isComplete: () => comparison.isComplete(),

    flush() {
      if (isDirty() || open.openUntilMs !== 0) {
        window.close();
        memory.write(() => true);
      }
    },

    close() {
      cancel?.();
      cancel = null;
    },
  };
}
