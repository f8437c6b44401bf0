import { describe, expect, it } from 'vitest';
import { createMisconfigured } from '../../functions/http/misconfigured.ts';
import { answerOf, initOf } from '../support/app.ts';
import { OPERATIONS } from './document.ts';
import { MISHAPS, type Mishap } from './mishaps.ts';
import { PLAIN_CALLS } from './plain-calls.ts';
import type { Call } from './session.ts';
import { type Stage, setStage } from './stage.ts';

/** The code of the answer to a call with a mishap; null where it succeeds nevertheless. */
async function codeAfter(
  stage: Stage,
  plain: (stage: Stage) => Call,
  { services, isMisconfigured = false, before, change = call => call }: Mishap,
): Promise<string | null> {
  const call = plain(stage);
  await before?.(stage, call);
  if (isMisconfigured) {
    const request = new Request(`http://localhost${call.path}`, initOf(call.method, {}));
    return codeIn((await answerOf(await createMisconfigured().fetch(request))).text);
  }
  return codeIn((await stage.ask(change(call, stage), services)).text);
}

function plainCall(id: string): (stage: Stage) => Call {
  const plain = PLAIN_CALLS[id];
  if (plain === undefined) throw new Error(`No call of ${id} is there that could go wrong`);
  return plain;
}

function codeIn(text: string): string | null {
  return /^\{"type":"urn:dalsegno:problem:(\w+)"/.exec(text)?.[1] ?? null;
}

async function codesAfterAll(id: string): Promise<readonly string[]> {
  const plain = plainCall(id);
  const codes = new Set<string>();
  let shared: Stage | null = null;
  for (const [index, mishap] of Object.values(MISHAPS).entries()) {
    const isAlone = mishap.before !== undefined;
    const stage: Stage = isAlone || shared === null ? await setStage() : shared;
    const code = await codeAfter(stage, isAlone ? plain : withKeyOf(plain, index), mishap);
    if (code !== null) codes.add(code);
    // A call that reads, or that was refused, has changed nothing.
    if (!isAlone) shared = code !== null || plain(stage).method === 'GET' ? stage : null;
  }
  return [...codes].toSorted();
}

/** The same call with a key of its own, if it has one: the service remembers keys of refused calls too. */
function withKeyOf(plain: (stage: Stage) => Call, index: number): (stage: Stage) => Call {
  return stage => {
    const { headers = {}, ...call } = plain(stage);
    const key = headers['Idempotency-Key'];
    if (key === undefined) return { ...call, headers };
    return { ...call, headers: { ...headers, 'Idempotency-Key': `${key}-${index}` } };
  };
}

/** HEAD has the codes of GET, and no body that would show them. */
const CALLED = OPERATIONS.filter(({ method }) => method !== 'HEAD');

describe('the problem codes', () => {
  it.each(
    CALLED.map(
      ({ operationId, codes }) => [operationId, [...codes.values()].flat().toSorted()] as const,
    ),
  )(
    'of %s are those that the service answers to calls with which something is wrong',
    async (id, documented) => {
      // A fault of the program may be anywhere.
      const codes = new Set([...(await codesAfterAll(id)), 'internal']);
      expect([...codes].toSorted()).toEqual(documented);
    },
  );

  it.each(CALLED.map(({ operationId }) => operationId))('%s succeeds otherwise', async id => {
    expect(await codeAfter(await setStage(), plainCall(id), {})).toBeNull();
  });
});
