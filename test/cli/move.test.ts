import { describe, expect, it } from 'vitest';
import { openApp } from '../support/app.ts';
import { json } from '../worker/scripted-service.ts';
import { runAgainst, runCommand } from './command-line.ts';

describe('dalsegno move', () => {
  function inOrder(...states: readonly string[]): () => Promise<Response> {
    let moved = 0;
    const waiting = [...states];
    return async () => {
      moved += 2;
      const move = { to: 'shards', state: waiting.shift(), starts_in_seconds: 0, moved };
      return json(200, { move })(new Request('http://localhost/v1/move'));
    };
  }

  it('goes on until everything is moved, and says how far it is', async () => {
    const fetch = inOrder('waiting', 'moving', 'moving', 'comparing', 'done');
    const { code, stdout } = await runCommand(['move'], { fetch });
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n')).toEqual([
      'the move to the shards starts when no earlier deployment runs any more',
      '4 objects are moved to the shards',
      '6 objects are moved to the shards',
      'comparing the jobs in R2 with the lists of the shards',
      'everything is in the shards: 10 objects were moved',
    ]);
  });

  it('does one part with --no-wait', async () => {
    const fetch = inOrder('moving', 'done');
    const { code, stdout } = await runCommand(['move', '--no-wait', '--json'], { fetch });
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { move: { state: 'moving' } }]);
  });

  it('has nothing to do where everything is in one store', async () => {
    const { code, stdout } = await runAgainst(openApp(), 'move');
    expect([code, stdout]).toEqual([
      0,
      'nothing to move: the service keeps everything in one store\n',
    ]);
  });

  it('exits with 1 where the service answers something else', async () => {
    const { code } = await runCommand(['move'], { fetch: json(200, {}) });
    expect(code).toBe(1);
  });
});
