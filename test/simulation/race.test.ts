import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openApp } from '../support/app.ts';
import { cases } from '../support/effort.ts';
import { makeFolder } from '../support/folder.ts';
import { JOB, withToken } from './world.ts';

const ROUNDS = cases(20);
const CLAIMERS_A_PROCESS = 32;

interface Won {
  readonly epoch: number;
  readonly holder: string;
  readonly token: string;
}

async function startClaimers(directory: string): Promise<ChildProcess> {
  const script = new URL('claimer-process.ts', import.meta.url);
  const child = fork(script, [directory, String(CLAIMERS_A_PROCESS)]);
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'message');
  return child;
}

async function race(child: ChildProcess): Promise<readonly Won[]> {
  const answer = once(child, 'message');
  child.send('go');
  const [won] = await answer;
  return won as Won[];
}

describe('64 claimers of two processes on one job', () => {
  it('have one winner in each round, and epochs that grow by one', async () => {
    const folder = await makeFolder();
    const app = openApp({ store: await folder.open() });
    await app.create();
    const processes = await Promise.all([startClaimers(folder.path), startClaimers(folder.path)]);
    const winners: Won[][] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      // On a busy machine the first that is told may be done before the other one begins.
      processes.reverse();
      const won = (await Promise.all(processes.map(race))).flat();
      winners.push(won);
      for (const { token } of won) await app.ask('DELETE', `${JOB}/lease`, withToken(token));
    }
    expect(winners.filter(({ length }) => length !== 1)).toEqual([]);
    const epochs = winners.flat().map(({ epoch }) => epoch);
    expect(epochs).toEqual(Array.from({ length: ROUNDS }, (_, index) => index + 1));
    // Were one process always the faster one, the rounds would be no race.
    const pids = new Set(winners.flat().map(({ holder }) => holder.split('-')[0]));
    expect(pids.size).toBe(2);
  });

  it('a job whose holder died is taken over by one of them', async () => {
    const folder = await makeFolder();
    const store = await folder.open();
    const app = openApp({ store });
    await app.create();
    const processes = await Promise.all([startClaimers(folder.path), startClaimers(folder.path)]);
    // The clock of this application stands in the past: for the others its leases have long expired.
    await app.ask('POST', `${JOB}/lease`, { json: { holder: 'dead' } });
    const won = (await Promise.all(processes.map(race))).flat();
    expect(won.map(({ epoch }) => epoch)).toEqual([2]);
  });
});
