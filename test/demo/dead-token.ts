import { createClient, DalsegnoError, type HeldLease } from '../../lib/worker.ts';

/** What a dead worker would have written. */
export const FORGERY = 'written by the dead';

/** One thing that a dead worker tries, and what it is answered. */
export interface Attempt {
  readonly what: string;
  readonly answer: string;
  readonly isRefused: boolean;
}

/** Does with the token of a dead worker all that it might do if it came back. */
export async function tryDeadToken(
  url: string,
  { held, sheet }: { readonly held: HeldLease; readonly sheet: number },
): Promise<readonly Attempt[]> {
  const client = createClient({ url });
  const forged = { status: 'completed', stdout: FORGERY } as const;
  return [
    await attempt('heartbeat', () => client.renew(held)),
    await attempt(`update of sheet ${sheet}`, () => client.update({ ...held, sheet }, forged)),
    await attempt('release', () => client.release(held)),
  ];
}

async function attempt(what: string, call: () => Promise<unknown>): Promise<Attempt> {
  try {
    await call();
    return { what, answer: 'accepted', isRefused: false };
  } catch (error) {
    if (!(error instanceof DalsegnoError)) return { what, answer: String(error), isRefused: false };
    const { status, code } = error;
    return {
      what,
      answer: `${status} ${code}`,
      isRefused: status === 409 && code === 'lease_lost',
    };
  }
}
