import { describe, expect, it } from 'vitest';
import { EXAMPLES, type Example } from '../../functions/openapi/examples/example.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { answerFaults } from './answer-faults.ts';
import { OPERATIONS, operationNamed } from './document.ts';
import { play } from './play.ts';
import { SESSION } from './session.ts';
import { faultsOf } from './validator.ts';

function nameOf({
  operation,
  name,
}: {
  readonly operation: string;
  readonly name: string;
}): string {
  return `${operation} ${name}`;
}

/**
 * The session is one with Node. `test/shards/workerd/presence-object.test.ts` has the first answer, and
 * `test/copy/objects.test.ts` the others.
 */
const ELSEWHERE = [
  'openPresence 201',
  'listObjects 200',
  'headObjects 200',
  'getObject 200',
  'getObject 204',
  'headObject 200',
  'headObject 204',
  'putObject 200',
];

/** What a store mints, and what it says of itself. */
const OF_STORES = new Set([
  'checks',
  'current_version',
  'etag',
  'if-match',
  'if-none-match',
  'limits',
  'store',
  'traits',
  'version',
]);

/** Examples as they are on every store. */
function onAnyStore(examples: readonly Example[]): unknown {
  const text = JSON.stringify(examples, (key, value: unknown) =>
    OF_STORES.has(key.toLowerCase()) ? '*' : value,
  );
  return JSON.parse(
    text
      .replaceAll(/version is \\"\w+\\"/g, 'version is *')
      .replaceAll(/store=\\"[\w-]+\\"/g, 'store=*'),
  );
}

describe('the examples', () => {
  // They were recorded on the store in memory.
  it.runIf(createMemoryStore().traits.name === 'memory')(
    'are what the service answers to their requests',
    async () => {
      const calls = EXAMPLES.map(example => ({ ...example, request: () => example.request }));
      expect(await play(calls)).toEqual(EXAMPLES);
    },
  );

  it('are what a session on any store is answered, but for versions and what the store says of itself', async () => {
    expect(onAnyStore(await play(SESSION))).toEqual(onAnyStore(EXAMPLES));
  });

  it('are there for every operation that succeeds, and show each of its successful answers', () => {
    const shown = new Set(EXAMPLES.map(({ operation, answer }) => `${operation} ${answer.status}`));
    const documented = OPERATIONS.flatMap(({ operationId, answers }) =>
      [...answers.keys()].filter(status => status < 300).map(status => `${operationId} ${status}`),
    );
    const missing = documented.filter(answer => !shown.has(answer));
    expect(missing).toEqual(ELSEWHERE);
  });

  it('have names, each once', () => {
    expect(new Set(EXAMPLES.map(nameOf)).size).toBe(EXAMPLES.length);
  });

  it('are requests of the operations that they name', () => {
    const wrong = EXAMPLES.filter(({ operation, request }) => {
      const { method, path } = operationNamed(operation);
      const pattern = new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`);
      return method !== request.method || !pattern.test(request.path.replace(/\?.*/, ''));
    });
    expect(wrong.map(nameOf)).toEqual([]);
  });

  it.each(
    EXAMPLES.filter(({ request }) => request.body !== undefined).map(
      example => [nameOf(example), example] as const,
    ),
  )('%s has a body that its schema accepts, or that the service refuses', (_, example) => {
    const { body } = operationNamed(example.operation);
    const isRefused = example.answer.status === 422;
    const faults = faultsOf(body?.content.schema ?? {}, example.request.body);
    expect(body).not.toBeNull();
    expect(faults.length > 0).toBe(isRefused);
  });

  it.each(EXAMPLES.map(example => [nameOf(example), example] as const))(
    '%s has the documented status, headers and body',
    (_, example) => {
      expect(answerFaults(operationNamed(example.operation), example.answer)).toEqual([]);
    },
  );
});
