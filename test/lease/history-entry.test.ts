import { describe, expect, it } from 'vitest';
import { writeLayout } from '../../lib/json/writer.ts';
import {
  addEntry,
  type HistoryEntry,
  MAX_ENTRIES,
  MAX_HISTORY_BYTES,
  readHistory,
} from '../../lib/lease/history-entry.ts';
import { NOON } from '../support/lease.ts';

function anEntry(overrides: Partial<HistoryEntry> = {}): HistoryEntry {
  return {
    at: NOON,
    event: 'granted',
    epoch: 1,
    holder: 'w-1',
    by: null,
    reason: null,
    ...overrides,
  };
}

function filled(entry: HistoryEntry): readonly HistoryEntry[] {
  return Array.from({ length: 30 }, () => entry).reduce<readonly HistoryEntry[]>(addEntry, []);
}

describe('addEntry()', () => {
  it('addEntry() keeps the last entries', () => {
    const numbered = Array.from({ length: 30 }, (_, epoch) => anEntry({ epoch }));
    const history = numbered.reduce<readonly HistoryEntry[]>(addEntry, []);
    expect(history.map(({ epoch }) => epoch)).toEqual(
      Array.from({ length: MAX_ENTRIES }, (_, nth) => 10 + nth),
    );
  });

  it('addEntry() cuts a reason, and never in the middle of a character', () => {
    const [entry] = addEntry([], anEntry({ reason: `${'x'.repeat(199)}😀` }));
    expect(entry?.reason).toBe(`${'x'.repeat(199)}\ufffd`);
  });

  it.each([
    'x'.repeat(200),
    '\u0000'.repeat(200),
    '"'.repeat(200),
    'é'.repeat(200),
    '😀'.repeat(100),
  ])('addEntry() keeps a history within its bytes, with texts such as %j', text => {
    const history = filled(anEntry({ holder: text, by: text, reason: text }));
    const stored = writeLayout({ dalsegno: { history } }, 'word');
    expect(stored.length).toBeLessThanOrEqual(MAX_HISTORY_BYTES);
    expect(history.length).toBeGreaterThan(3);
  });

  it('addEntry() keeps 20 entries with usual texts', () => {
    const reason = 'Zombie recovery: the lease of "w-1" (epoch 1) expired at 2026-03-04T12:01:00Z';
    expect(filled(anEntry({ holder: 'importer-1', by: 'importer-1', reason }))).toHaveLength(20);
  });
});

describe('readHistory()', () => {
  it('readHistory() returns what was added, without parsing it again', () => {
    const history = addEntry([], anEntry());
    expect(readHistory(JSON.parse(JSON.stringify(history)))).toEqual(history);
    expect(readHistory([...history])).toEqual(history);
  });

  it('readHistory() drops members that it does not know', () => {
    expect(readHistory([{ ...anEntry(), theirs: 'x'.repeat(1000) }])).toEqual([anEntry()]);
  });
});
