import { describe, expect, it } from 'vitest';
import { createProcessAvailability } from '../../lib/availability/process.ts';
import { type ObjectStore, StoreError } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { createSweepLeader, type LeaderEvent, LOST_MS } from '../../lib/sweep/leader.ts';
import { LEADER_KEY } from '../../lib/sweep/leader-record.ts';
import { createMachines, type Machine } from '../machines/harness.ts';
import { frozenClock } from '../support/clock.ts';
import { storedText, write } from '../support/leasing.ts';

const due = (...machines: readonly Machine[]) => machines.map(({ leader }) => leader.isDue());

async function startThree() {
  const store = createMemoryStore();
  const machines = createMachines();
  const first = await machines.start(store);
  const second = await machines.start(store);
  const third = await machines.start(store);
  await machines.run(30_000);
  return { store, machines, first, second, third };
}

/** A store that this process cannot reach while its switch is on. */
function breakable(inner: ObjectStore) {
  let isBroken = false;
  function check(): void {
    if (isBroken) throw new StoreError('The server is gone');
  }
  const store: ObjectStore = {
    ...inner,
    async get(key) {
      check();
      return inner.get(key);
    },
    async put(...asked) {
      check();
      return inner.put(...asked);
    },
  };
  return {
    store,
    set: (broken: boolean): void => {
      isBroken = broken;
    },
  };
}

describe('several processes on one store', () => {
  it('one of them sweeps as soon as the others have seen that it lives', async () => {
    const { first, second, third } = await startThree();
    expect(due(first, second, third)).toEqual([true, false, false]);
    expect(second.events).toEqual([{ kind: 'follows', name: 'machine-1' }]);
  });

  it('a process that starts sweeps until it has seen another one', async () => {
    const { store, machines, first } = await startThree();
    const late = await machines.start(store);
    expect(due(first, late)).toEqual([true, true]);
    await machines.run(15_000);
    expect(due(first, late)).toEqual([true, false]);
  });

  it('one that is alone sweeps from its start on, whatever the one before has left', async () => {
    const { store, machines, first, second, third } = await startThree();
    for (const machine of [first, second, third]) machine.kill();
    await machines.run(5000);
    const next = await machines.start(store);
    for (let looks = 0; looks < 6; looks++) {
      expect(due(next)).toEqual([true]);
      await machines.run(15_000);
    }
    expect(next.events).toEqual([{ kind: 'leads', epoch: 2 }]);
  });

  it('one of the others takes over within a minute when the leader is killed', async () => {
    const { machines, first, second, third } = await startThree();
    first.kill();
    await machines.run(60_000);
    expect(due(second, third).filter(Boolean)).toHaveLength(1);
    await machines.run(300_000);
    expect(due(second, third).filter(Boolean)).toHaveLength(1);
  });

  it('one of the others takes over with its next look when the leader stops', async () => {
    const { machines, first, second, third } = await startThree();
    first.kill();
    await first.leader.resign();
    await machines.run(15_000);
    expect(due(second, third).filter(Boolean)).toHaveLength(1);
    expect(JSON.parse(await storedText(first.app.store, LEADER_KEY))).toMatchObject({ epoch: 2 });
  });

  it('a leader that was suspended for long follows the one that has taken over', async () => {
    const { machines, first, second, third } = await startThree();
    first.stall(120_000);
    await machines.run(150_000);
    expect(due(first)).toEqual([false]);
    expect(due(second, third).filter(Boolean)).toHaveLength(1);
  });

  it('compares no clocks: differences of an hour change nothing', async () => {
    const store = createMemoryStore();
    const machines = createMachines();
    const first = await machines.start(store);
    const ahead = await machines.start(store, { aheadMs: 3_600_000 });
    const behind = await machines.start(store, { aheadMs: -3_600_000 });
    await machines.run(300_000);
    expect(due(first, ahead, behind)).toEqual([true, false, false]);
    expect(ahead.events).toContainEqual({ kind: 'clock', name: 'machine-1', seconds: -3585 });
    expect(behind.events).toContainEqual({ kind: 'clock', name: 'machine-1', seconds: 3600 });
  });

  it('one that never sweeps follows, and leads never', async () => {
    const store = createMemoryStore();
    const machines = createMachines();
    const quiet = await machines.start(store, { mayLead: false });
    await machines.run(120_000);
    expect(await store.head(LEADER_KEY)).toBeNull();
    const first = await machines.start(store);
    await machines.run(30_000);
    expect(due(quiet, first)).toEqual([false, true]);
  });

  it('one takes over at the third look at the same record, although its timers fire a little early', async () => {
    const store = createMemoryStore();
    await write(store, LEADER_KEY, '{"format":2}');
    let elapsedMs = 0;
    const events: LeaderEvent[] = [];
    const leader = createSweepLeader({
      store,
      clock: frozenClock(),
      timers: { elapsedMs: () => elapsedMs },
      availability: createProcessAvailability(frozenClock()),
      id: 'process-1',
      name: 'machine-1',
      mayLead: true,
      report: event => void events.push(event),
    });
    await leader.step();
    for (let look = 1; look <= 3; look += 1) {
      expect(events).toEqual([]);
      elapsedMs += leader.delayMs() - 1;
      await leader.step();
    }
    expect(events).toEqual([{ kind: 'leads', epoch: 1 }]);
  });

  it('two that start at one moment agree on one', async () => {
    const store = createMemoryStore();
    const machines = createMachines();
    const both = await Promise.all([machines.start(store), machines.start(store)]);
    await machines.run(30_000);
    expect(due(...both).filter(Boolean)).toHaveLength(1);
  });
});

describe('a record that this version cannot read', () => {
  it('is that of a process that lives while it changes, and is replaced when it does not', async () => {
    const store = createMemoryStore();
    const machines = createMachines();
    await write(store, LEADER_KEY, '{"format":2}');
    const older = await machines.start(store);
    for (let renewal = 0; renewal < 10; renewal++) {
      await machines.run(15_000);
      await write(store, LEADER_KEY, JSON.stringify({ format: 2, renewal }));
    }
    await machines.run(15_000);
    expect(older.events).toEqual([{ kind: 'follows', name: 'another version' }]);
    expect(due(older)).toEqual([false]);
    await machines.run(LOST_MS + 15_000);
    expect(due(older)).toEqual([true]);
    expect(JSON.parse(await storedText(store, LEADER_KEY))).toMatchObject({ name: 'machine-1' });
  });

  it('loses nothing that this version needs when a later one has added members', async () => {
    const { store, machines, first, second, third } = await startThree();
    const record = JSON.parse(await storedText(store, LEADER_KEY));
    await write(store, LEADER_KEY, JSON.stringify({ ...record, id: 'later', region: 'eu' }));
    await machines.run(15_000);
    expect(due(first, second, third)).toEqual([false, false, false]);
    await machines.run(60_000);
    expect(due(first, second, third).filter(Boolean)).toHaveLength(1);
  });
});

describe('a store that cannot be reached', () => {
  it('is reported once, and looked at again every two seconds', async () => {
    const { store, set } = breakable(createMemoryStore());
    const machines = createMachines();
    const one = await machines.start(store);
    await machines.run(30_000);
    set(true);
    await machines.run(60_000);
    expect(one.events.filter(({ kind }) => kind === 'error')).toHaveLength(1);
    expect(one.leader.delayMs()).toBe(2000);
    set(false);
    await machines.run(2000);
    expect(one.leader.delayMs()).toBe(15_000);
    expect(due(one)).toEqual([true]);
  });

  it('lets another process take over from one that cannot reach it', async () => {
    const inner = createMemoryStore();
    const { store, set } = breakable(inner);
    const machines = createMachines();
    const first = await machines.start(store);
    const second = await machines.start(inner);
    await machines.run(30_000);
    set(true);
    await machines.run(60_000);
    expect(due(second)).toEqual([true]);
    set(false);
    await machines.run(30_000);
    expect(due(first, second)).toEqual([false, true]);
  });

  it('goes on where the answer to a renewal was lost', async () => {
    const inner = createMemoryStore();
    let loses = false;
    const store: ObjectStore = {
      ...inner,
      async put(...asked) {
        const version = await inner.put(...asked);
        if (loses) throw new StoreError('The answer was lost');
        return version;
      },
    };
    const machines = createMachines();
    const one = await machines.start(store);
    loses = true;
    await machines.run(16_000);
    loses = false;
    await machines.run(30_000);
    expect(due(one)).toEqual([true]);
    expect(JSON.parse(await storedText(store, LEADER_KEY))).toMatchObject({ epoch: 1 });
  });
});
