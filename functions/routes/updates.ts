import * as z from 'zod';
import { yieldToEventLoop } from '../../lib/base/event-loop-turn.ts';
import { checkPart } from '../../lib/checkpoint/codec.ts';
import { SheetNum, SheetUpdate } from '../../lib/checkpoint/sheet-update.ts';
import { type Failure, ok, type Result } from '../../lib/failure.ts';
import { leasedJobOf, type PresentedToken } from '../../lib/lease/token.ts';
import { statusRuleOf } from '../http/access.ts';
import type { HttpContext } from '../http/env.ts';
import { failedItem, type ItemAnswer, readItemToken, refusal } from '../http/item-answer.ts';
import { checkLeaseSupport } from '../http/lease-request.ts';
import { problem } from '../http/problem.ts';
import { readRequest } from '../http/read-request.ts';
import { largeJsonBody } from '../http/request-body.ts';
import { jsonResponse } from '../http/response.ts';
import { createRoutes, type Routes } from '../serving/routes.ts';

const MAX_UPDATES = 100;
const COUNT = `A request has 1 to ${MAX_UPDATES} updates`;

/** Each update is checked on its own, and has its own answer. */
export const UpdatesBody = z.strictObject({
  updates: z.array(z.unknown()).min(1, COUNT).max(MAX_UPDATES, COUNT),
});

/** The sheet of an update, and the lease under which it is made. The other members are those of the update. */
export const UpdateTarget = z.looseObject({ token: z.string(), sheet: SheetNum });

/** `/v1/updates`: updates sheets of several held jobs in one request, with an answer for each. */
export function updateRoutes(): Routes {
  const routes = createRoutes();

  routes.post('/v1/updates', async c => {
    const request = await readRequest(c, {
      support: checkLeaseSupport,
      body: largeJsonBody(UpdatesBody),
    });
    if (!request.ok) return problem(c, request.failure);
    const read = await readAll(c, request.value.body.updates);
    // All are submitted before any is awaited: those of one job are decided in their order here, and share their saves.
    const updates = await Promise.all(read.map((one, index) => apply(c, one, pathOf(index))));
    return jsonResponse(c, { updates });
  });

  return routes;
}

interface ReadUpdate {
  readonly token: PresentedToken;
  readonly sheetNum: number;
  readonly update: SheetUpdate;
}

/** Above this size the event loop gets a turn after each update: to redact its texts takes time. */
const LARGE_BYTES = 64 * 1024;

async function readAll(c: HttpContext, sent: readonly unknown[]): Promise<Result<ReadUpdate>[]> {
  const isLarge = !(Number(c.req.header('content-length')) <= LARGE_BYTES);
  const read: Result<ReadUpdate>[] = [];
  for (const [index, one] of sent.entries()) {
    if (isLarge && index > 0) await yieldToEventLoop();
    read.push(await readUpdate(c, one, pathOf(index)));
  }
  return read;
}

/** The update that is at `path` in the body. Failures: `invalid`, `forbidden`. */
async function readUpdate(
  c: HttpContext,
  sent: unknown,
  path: string,
): Promise<Result<ReadUpdate>> {
  const target = checkPart(sent, UpdateTarget, path);
  if (!target.ok) return target;
  const { token: text, sheet: sheetNum, ...members } = target.value;
  const update = checkPart(members, SheetUpdate, path);
  if (!update.ok) return update;
  const token = await readItemToken(c, text, `${path}/token`);
  return token.ok ? ok({ token: token.value, sheetNum, update: update.value }) : token;
}

async function apply(c: HttpContext, read: Result<ReadUpdate>, path: string): Promise<ItemAnswer> {
  if (!read.ok) return refusal(read.failure);
  const { token, sheetNum, update } = read.value;
  try {
    const updated = await c.env.jobs.update(leasedJobOf(token), sheetNum, {
      update,
      token,
      precondition: { kind: 'none' },
      allowStatus: statusRuleOf(c),
    });
    return updated.ok ? { ok: true, ...updated.value } : refusal(placed(updated.failure, path));
  } catch (error) {
    // The other updates keep their answers.
    if (!(error instanceof Error)) throw error;
    return failedItem(c, error);
  }
}

function pathOf(index: number): string {
  return `/updates/${index}`;
}

/** The failure with the places of its faults in the body of this request. */
function placed(failure: Failure, path: string): Failure {
  if (failure.code !== 'invalid') return failure;
  const faults = failure.faults.map(fault => ({
    ...fault,
    path: `${path}${fault.path === '{n}' ? '/sheet' : fault.path}`,
  }));
  return { ...failure, faults };
}
