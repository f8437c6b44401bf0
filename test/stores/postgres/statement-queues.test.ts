import { describe, expect, it } from 'vitest';
import { READS, type SharedWith } from '../../../lib/stores/postgres/client.ts';
import {
  createQueues,
  type Queue,
  type Queues,
} from '../../../lib/stores/postgres/statement-queues.ts';

const WRITES: SharedWith = { kind: 'durable', row: null };

function add(queues: Queues, count: number, shared?: SharedWith): void {
  for (let index = 0; index < count; index++) {
    const statement = { text: 'SELECT 1', values: [] };
    queues.add(shared === undefined ? statement : { ...statement, shared }).catch(() => {});
  }
}

/** Takes all that may be sent: how many statements each transaction has, and what ends them. */
function send(queues: Queues): { readonly sizes: number[]; readonly ends: (() => void)[] } {
  const sizes: number[] = [];
  const ends: (() => void)[] = [];
  const next = (): Queue | undefined => queues.all.find(queue => queue.maySend());
  for (let queue = next(); queue !== undefined; queue = next()) {
    const batch = queue.take();
    sizes.push(batch.length);
    ends.push(queue.begin(batch));
  }
  return { sizes, ends };
}

describe('a transaction', () => {
  it('has all statements that wait', () => {
    const queues = createQueues(8);
    add(queues, 5, WRITES);
    expect(send(queues).sizes).toEqual([5]);
  });

  it('is sent beside another one once it has as many statements', () => {
    const queues = createQueues(8);
    add(queues, 3, WRITES);
    send(queues);
    add(queues, 2, WRITES);
    expect(send(queues).sizes).toEqual([]);
    add(queues, 1, WRITES);
    expect(send(queues).sizes).toEqual([3]);
    add(queues, 9, WRITES);
    expect(send(queues).sizes).toEqual([]);
  });

  it('is sent once the other one is over, or no longer counts, with all that wait', () => {
    const queues = createQueues(8);
    add(queues, 3, WRITES);
    const { ends } = send(queues);
    add(queues, 2, WRITES);
    ends[0]?.();
    ends[0]?.();
    expect(send(queues).sizes).toEqual([2]);
  });

  it('is sent beside a full one when it is full too', () => {
    const queues = createQueues(8);
    add(queues, 64, WRITES);
    send(queues);
    add(queues, 63, WRITES);
    expect(send(queues).sizes).toEqual([]);
    add(queues, 1, WRITES);
    expect(send(queues).sizes).toEqual([64]);
  });

  it('waits for none of another kind, and for none if it is for one statement alone', () => {
    const queues = createQueues(8);
    add(queues, 4, WRITES);
    send(queues);
    add(queues, 1, READS);
    add(queues, 3);
    expect(send(queues).sizes).toEqual([1, 1, 1, 1]);
  });
});
