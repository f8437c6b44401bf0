import { fail, ok, type Result } from '../../lib/failure.ts';
import { JOB_KEYS } from '../../lib/keys/job-id.ts';
import { READY_KEYS } from '../../lib/keys/ready-hint.ts';
import { LEASE_KEYS } from '../../lib/lease/lease.ts';
import { EXPIRED_LEASE_KEYS } from '../../lib/storage/false-alarms.ts';
import {
  ABSENT,
  atVersion,
  MAX_LABEL_BYTES,
  type ObjectStore,
  type Precondition,
  type StoredEntry,
  UNCONDITIONAL,
  type Version,
} from '../../lib/store.ts';
import { checkFullAccess } from '../http/access.ts';
import { OVERLOADED, takeRoomFor } from '../http/admission.ts';
import type { HttpContext } from '../http/env.ts';
import { entityTag, readPrecondition } from '../http/precondition.ts';
import { problem } from '../http/problem.ts';
import { invalid, readRequest } from '../http/read-request.ts';
import { readBytes } from '../http/request-body.ts';
import { answer, emptyAnswer, jsonResponse } from '../http/response.ts';
import { createRoutes, type Routes } from '../serving/routes.ts';

/** How many keys a page has at most. */
export const OBJECTS_AT_ONCE = 1_000;

/** What belongs to jobs. The service's own records, such as the number of shards, are in other folders. */
const FOLDERS = [JOB_KEYS, LEASE_KEYS, READY_KEYS, EXPIRED_LEASE_KEYS, 'copied/'].join('|');

function pattern(least: number): RegExp {
  return new RegExp(`^(?:${FOLDERS})[^/\\p{Cc}]{${least},255}$`, 'u');
}

/** `/v1/objects` and `/v1/object`: what the store has, byte for byte, in whichever media it is. For copies between stores. */
export function objectRoutes(): Routes {
  const routes = createRoutes();

  routes.get('/v1/objects', async c => {
    const request = await readRequest(c, {
      access: checkFullAccess,
      store: storeOf,
      prefix: readPrefix,
    });
    if (!request.ok) return problem(c, request.failure);
    const { store, prefix } = request.value;
    const objects: StoredEntry[] = [];
    let next: string | null = null;
    for await (const { key, version, label } of store.list(prefix, c.req.query('after') ?? '')) {
      if (objects.length === OBJECTS_AT_ONCE) {
        next = objects.at(-1)?.key ?? null;
        break;
      }
      objects.push({ key, version, label });
    }
    return jsonResponse(c, { objects, next });
  });

  routes.get('/v1/object', async c => {
    const request = await readRequest(c, { access: checkFullAccess, store: storeOf, key });
    if (!request.ok) return problem(c, request.failure);
    const object = await request.value.store.get(request.value.key);
    if (object === null) return emptyAnswer(c, { status: 204 });
    if (!takeRoomFor(c, object.body.byteLength)) return problem(c, OVERLOADED);
    const headers = {
      'Content-Type': 'application/octet-stream',
      'Cache-Control': 'no-store',
      ETag: entityTag(object.version),
    };
    return answer(c, object.body, { status: 200, headers });
  });

  routes.put('/v1/object', async c => {
    const request = await readRequest(c, {
      access: checkFullAccess,
      store: storeOf,
      key,
      label: readLabel,
      precondition: readOnePrecondition,
      body: context => readBytes(context, context.env.bodyLimitBytes),
    });
    if (!request.ok) return problem(c, request.failure);
    const { store, key: stored, body, precondition, label } = request.value;
    return jsonResponse(c, { version: await store.put(stored, body, precondition, label) });
  });

  return routes;
}

/** No resource where another process can open the store itself, which is a folder or a database. */
function storeOf(c: HttpContext): Result<ObjectStore> {
  const { objects = null } = c.env;
  return objects === null ? fail({ code: 'not_found', path: c.req.path }) : ok(objects);
}

const readPrefix = keyParam('prefix', pattern(0));
const key = keyParam('key', pattern(1));

function keyParam(name: string, expected: RegExp) {
  return (c: HttpContext): Result<string> => {
    const text = c.req.query(name) ?? '';
    if (expected.test(text)) return ok(text);
    return invalid(
      `?${name}`,
      'Expected a folder of jobs, leases, ready, lapses or copied, and a name',
    );
  };
}

function readLabel(c: HttpContext): Result<string | undefined> {
  const label = c.req.query('label');
  if (label === undefined || new TextEncoder().encode(label).byteLength <= MAX_LABEL_BYTES) {
    return ok(label);
  }
  return invalid('?label', `Expected at most ${MAX_LABEL_BYTES} bytes`);
}

function readOnePrecondition(c: HttpContext): Result<Precondition> {
  const read = readPrecondition(c);
  if (!read.ok) return read;
  const { value } = read;
  if (value.kind === 'none') return ok(UNCONDITIONAL);
  if (value.kind === 'absent') return ok(ABSENT);
  const [version, ...others] = value.kind === 'any' ? [] : value.versions;
  if (version !== undefined && others.length === 0) return ok(atVersion(version as Version));
  return invalid('If-Match', 'Expected the entity tag of one version');
}
