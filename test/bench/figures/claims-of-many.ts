import type { Grant } from '../../../lib/protocol/granted.ts';
import type { Repository } from '../../../lib/service/service.ts';
import type { ObjectStore } from '../../../lib/store.ts';
import { openRepository, openStore } from '../jobs/job-folder.ts';
import { claimOne, inLanes, NO_SHEETS, releaseJob, writeJobs } from '../jobs/lease-jobs.ts';
import { type Figure, type Pace, WITHIN_THREE_TIMES } from '../measure/figure.ts';
import { compare } from '../measure/rounds.ts';
import { type Sample, sampleAfter } from '../measure/sample.ts';

const FEW = 100;

interface Growth {
  /** What most jobs of the folder are. */
  readonly stored: 'finished' | 'waiting';
  readonly many: number;
  readonly pace: Pace;
}

/** Claims from many jobs against claims from few. */
export async function claimsOfMany(
  folder: string,
  { stored, many, pace }: Growth,
): Promise<Figure[]> {
  const opened = [];
  for (const count of [FEW, many]) {
    const path = `${folder}/${count}`;
    if (stored === 'finished') {
      writeJobs(path, { count, size: NO_SHEETS, status: 'completed' });
      writeJobs(path, { count: FEW, size: NO_SHEETS, status: 'paused' });
    } else {
      writeJobs(path, { count, size: NO_SHEETS, status: 'paused' });
    }
    opened.push(await openClaimer(path, `${count.toLocaleString('en-US')} ${stored}`));
  }
  const [few, lot] = opened;
  if (few === undefined || lot === undefined) return [];
  const rounds = Math.min(pace.rounds, 3);
  const contenders = [
    { what: 'first claim of a process', of: firstClaims, pace },
    { what: 'start and first claim', of: starts, pace },
    { what: 'later claims', of: laterClaims, pace: { rounds, millis: 1 } },
  ];
  const figures: Figure[] = [];
  for (const { what, of, pace: own } of contenders) {
    const goal = what === 'start and first claim' ? null : WITHIN_THREE_TIMES;
    figures.push(
      ...(await compare(
        { name: `${what}, ${few.name}`, measure: of(few) },
        [{ name: `${what}, ${lot.name}`, goal, measure: of(lot) }],
        own,
      )),
    );
  }
  for (const claimer of opened) await claimer.close();
  return figures;
}

/** Claims from one folder, and hands back what it claimed. */
interface Claimer {
  readonly name: string;
  /** As a process that has just been started. */
  restart(): Promise<void>;
  claim(): Promise<void>;
  releaseAll(): Promise<void>;
  close(): Promise<void>;
}

async function openClaimer(path: string, name: string): Promise<Claimer> {
  let store: ObjectStore = await openStore(path);
  let repository: Repository = openRepository(store);
  let grants: Grant[] = [];
  return {
    name,
    async restart() {
      await store.close();
      store = await openStore(path);
      repository = openRepository(store);
    },
    async claim() {
      grants.push(await claimOne(repository));
    },
    async releaseAll() {
      await inLanes(grants, SIDE_BY_SIDE, grant => releaseJob(repository, grant));
      grants = [];
    },
    close: () => store.close(),
  };
}

const SIDE_BY_SIDE = 8;
const PAGE_OF_HINTS = 1000;

function firstClaims(claimer: Claimer): (millis: number) => Promise<Sample> {
  return millis =>
    sampleAfter(
      async () => {
        await claimer.releaseAll();
        await claimer.restart();
      },
      () => claimer.claim(),
      millis,
    );
}

function starts(claimer: Claimer): (millis: number) => Promise<Sample> {
  return millis =>
    sampleAfter(
      () => claimer.releaseAll(),
      async () => {
        await claimer.restart();
        await claimer.claim();
      },
      millis,
    );
}

/** As many as one list of hints is good for, so that its cost is in the figure, however few fit in a round. */
function laterClaims(claimer: Claimer): () => Promise<Sample> {
  return async () => {
    await claimer.releaseAll();
    await claimer.restart();
    await claimer.claim();
    let claimedMs = 0;
    let cpuMicros = 0;
    let claimed = 0;
    while (claimed < PAGE_OF_HINTS) {
      await claimer.releaseAll();
      const before = process.cpuUsage();
      const startedAt = performance.now();
      await inLanes(Array.from({ length: FEW }), SIDE_BY_SIDE, () => claimer.claim());
      claimedMs += performance.now() - startedAt;
      const { user, system } = process.cpuUsage(before);
      cpuMicros += user + system;
      claimed += FEW;
    }
    await claimer.releaseAll();
    return {
      perSecond: (claimed * 1000) / claimedMs,
      cpuMicros: cpuMicros / claimed,
      clientCpuMicros: null,
    };
  };
}
