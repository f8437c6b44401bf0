import { describe, expect, it } from 'vitest';
import { createFollowedIndex } from '../../lib/ready/followed-index.ts';
import { createReadyIndex } from '../../lib/ready/ready-index.ts';
import { frozenClock } from '../support/clock.ts';

function hintOf(nth: number): string {
  return `ready/20260101T000000.${String(nth).padStart(6, '0')}Z~job-${nth}`;
}

/** An index of so many hints, and a way to add one more. */
async function withHints(count: number) {
  const clock = frozenClock();
  const named = Array.from({ length: count }, (_, nth) => hintOf(nth));
  const follower = {
    async *poll() {
      for (const key of named.splice(0)) yield { kind: 'named', key } as const;
    },
    forget() {},
  };
  const followed = createFollowedIndex(createReadyIndex(clock), follower, clock);
  await followed.refresh();
  return {
    followed,
    add: (nth: number) => {
      named.push(hintOf(nth));
      return followed.refresh();
    },
  };
}

describe('byJob()', () => {
  it('has the hints of the moment when it resolves, whatever changed while it was filled', async () => {
    const { followed, add } = await withHints(6_000);
    const events: string[] = [];
    setTimeout(() => {
      events.push('another request');
      followed.remove(hintOf(1));
      followed.remove(hintOf(5_998));
      followed.remove(hintOf(5_999));
      void add(5_999);
      void add(7_000);
    }, 0);
    const hints = await followed.byJob();
    events.push('filled');
    expect(events).toEqual(['another request', 'filled']);
    const found = [0, 1, 5_998, 5_999, 7_000].map(nth => hints.of(`jobs/job-${nth}.json`));
    expect(found).toEqual([[hintOf(0)], [], [], [hintOf(5_999)], [hintOf(7_000)]]);
    expect(await followed.byJob()).toBe(hints);
  });
});
