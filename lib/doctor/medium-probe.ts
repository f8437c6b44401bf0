import {
  ABSENT,
  atVersion,
  type Precondition,
  StoreError,
  type StoreMedium,
  UNCONDITIONAL,
  type Version,
} from '../store.ts';
import type { Probe } from './probe.ts';

/** Of the probe of a medium, and where several operations are one call. */
const MEDIUM_CALLS = 7;
const ONE_CALL_CALLS = 2;

/** The keys of the other probes are in one medium. The races are of writers that come at one moment. */
export function mediumProbe(medium: StoreMedium, prefix: string): Probe {
  const { races = 1 } = medium;
  const first = `${prefix}${medium.name.replaceAll(' ', '-')}`;
  return {
    name: `${medium.name}: compare-and-swap`,
    vital: true,
    async run() {
      const found = await Promise.all(
        Array.from({ length: races }, (_, race) =>
          runRace(medium, medium.keyFrom(race === 0 ? first : `${first}-${race}`)),
        ),
      );
      return found.find(fault => fault !== null) ?? null;
    },
  };
}

/** Of writers of this key. */
async function runRace(medium: StoreMedium, key: string): Promise<string | null> {
  const write = (text: string, precondition: Precondition) =>
    medium.store.put(key, new TextEncoder().encode(text), precondition);
  const remove = () => medium.store.delete(key, UNCONDITIONAL);
  const { racers = 2 } = medium;
  const race = (text: string, precondition: Precondition) =>
    Promise.allSettled(
      Array.from({ length: racers }, (_, racer) => write(`${text} ${racer}`, precondition)),
    );

  async function stale({ version }: { readonly version: Version }): Promise<string | null> {
    const refused = await write('stale', atVersion(version));
    return refused === null ? null : 'replaced what another writer had stored';
  }

  /** Where all is one call, the rest of it comes with the race. */
  async function swapAll(created: { readonly version: Version }) {
    const swapping = () => race('swapped', atVersion(created.version));
    const checking = () => [stale(created), medium.store.get(key)] as const;
    if (medium.isOneCall) {
      const [swaps, fault, stored] = await Promise.all([swapping(), ...checking(), remove()]);
      return { swaps, fault, stored };
    }
    const swaps = await swapping();
    const [fault, stored] = await Promise.all(checking());
    return { swaps, fault, stored };
  }

  let isRemoved = false;
  try {
    // A cache before one of several endpoints would keep that there is nothing. Where there is one race its calls are counted.
    if (medium.races !== undefined) await medium.store.get(key);
    const created = winnerOf(await race('created', ABSENT));
    if ('fault' in created) return created.fault;
    const { swaps, fault, stored } = await swapAll(created);
    isRemoved = medium.isOneCall;
    const swapped = winnerOf(swaps);
    if ('fault' in swapped) return swapped.fault;
    if (fault !== null) return fault;
    return stored?.version === swapped.version ? null : 'the written object is not stored';
  } finally {
    if (!isRemoved) await remove();
  }
}

/** The media that can be examined with so many calls. Those that cost more come first: there is one of them. */
export function affordable(
  media: readonly StoreMedium[],
  { calls, from }: { readonly calls: number; readonly from: number },
): ReadonlySet<StoreMedium> {
  const [costly, others] = [false, true].map(isOne =>
    media.filter(each => each.isOneCall === isOne),
  );
  const start = Math.floor(from * (others?.length ?? 0));
  const inTurn = [...(others?.slice(start) ?? []), ...(others?.slice(0, start) ?? [])];
  const chosen = new Set<StoreMedium>();
  let left = calls;
  for (const medium of [...(costly ?? []), ...inTurn]) {
    left -= medium.isOneCall ? ONE_CALL_CALLS : MEDIUM_CALLS;
    if (left < 0) break;
    chosen.add(medium);
  }
  return chosen;
}

/** It changes no verdict: nothing is known. */
export function notExamined({ name }: StoreMedium): Probe {
  return {
    name: `${name}: compare-and-swap`,
    vital: true,
    run: () =>
      Promise.reject(
        new StoreError(
          'Not examined: one call on this plan cannot examine all. Another one begins elsewhere',
        ),
      ),
  };
}

/**
 * A server that takes one write of a key a second, as R2, does not answer all in time. Which of the others won is known all the same; where
 * none did, nothing is.
 */
function winnerOf(
  tries: readonly PromiseSettledResult<Version | null>[],
): { readonly version: Version } | { readonly fault: string } {
  const failures = tries.filter(each => each.status === 'rejected').map(each => each.reason);
  const broken = failures.find(reason => !(reason instanceof StoreError));
  if (broken !== undefined) throw broken;
  const winners = tries
    .filter(each => each.status === 'fulfilled')
    .map(each => each.value)
    .filter(version => version !== null);
  const [winner] = winners;
  if (winner === undefined && failures.length > 0) throw failures[0];
  if (winner === undefined) return { fault: 'a write was refused whose condition was true' };
  if (winners.length === 1) return { version: winner };
  return { fault: `${winners.length} of ${tries.length} writers won` };
}
