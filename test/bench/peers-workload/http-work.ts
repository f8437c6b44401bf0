import * as z from 'zod';
import { type Connection, connect } from './connection.ts';
import { inTurn } from './lanes.ts';
import { BATCH, type Work } from './work.ts';

const Grant = z.looseObject({
  lease: z.looseObject({ job_id: z.string() }),
  token: z.string(),
  next_sheet: z.number().nullable(),
});
type Grant = z.infer<typeof Grant>;

const Updated = z.looseObject({ next_sheet: z.number().nullable() });
const Renewed = z.looseObject({ beats: z.array(z.looseObject({ ok: z.literal(true) })) });

const MINIMAL = { Prefer: 'return=minimal' };
const RESULT = { status: 'completed', stdout: 'ok' };

/** The calls of the workload over plain connections, opened again where the ports change. */
export interface HttpWork {
  does(work: Work): Promise<void>;
}

export function createHttpWork(): HttpWork {
  let connections: readonly Connection[] = [];
  let of = '';
  let held: readonly Grant[] = [];
  let series = 0;

  async function open({ width, ports }: Work): Promise<void> {
    const wanted = `${width} ${ports.join()}`;
    if (wanted === of) return;
    for (const connection of connections) connection.close();
    const lanes = Array.from({ length: width }, (_, lane) => ports[lane % ports.length] ?? 0);
    connections = await Promise.all(lanes.map(connect));
    of = wanted;
  }

  function at(lane: number): Connection {
    const connection = connections[lane];
    if (connection === undefined) throw new Error(`No connection for lane ${lane}`);
    return connection;
  }

  async function create(prefix: string, index: number, { sheets }: Work, lane: number) {
    const body = { job_id: `${prefix}-${index}`, job_name: 'bench', total_sheets: sheets };
    await at(lane).call('POST', '/v1/jobs', { headers: MINIMAL, body });
  }

  async function claim(lane: number, more: object = {}): Promise<Grant> {
    const body = { holder: 'bench', ...more };
    return Grant.parse(await at(lane).call('POST', '/v1/claims', { headers: MINIMAL, body }));
  }

  /** Runs one job: a claim, and an update for each sheet. The last one ends the lease. */
  async function run(lane: number, isStarting: boolean): Promise<void> {
    const { lease, token, next_sheet: first } = await claim(lane);
    const headers = { 'Lease-Token': token };
    const update = (sheet: number, body: object) =>
      at(lane).call('PUT', `/v1/jobs/${lease.job_id}/sheets/${sheet}`, { headers, body });
    if (isStarting && first !== null) await update(first, { status: 'in_progress' });
    const body = isStarting ? { ...RESULT, start_next: true } : RESULT;
    for (let sheet = first; sheet !== null; ) {
      sheet = Updated.parse(await update(sheet, body)).next_sheet;
    }
  }

  async function renew(lane: number): Promise<void> {
    const { lease, token } = heldBy(lane, 1);
    const headers = { 'Lease-Token': token };
    await at(lane).call('PUT', `/v1/jobs/${lease.job_id}/lease`, { headers });
  }

  async function renewAll(lane: number): Promise<void> {
    const beats = held.slice(lane * BATCH, (lane + 1) * BATCH).map(({ token }) => ({ token }));
    Renewed.parse(await at(lane).call('POST', '/v1/heartbeats', { body: { beats } }));
  }

  function heldBy(lane: number, each: number): Grant {
    const grant = held[lane * each];
    if (grant === undefined) throw new Error('No lease is held');
    return grant;
  }

  return {
    async does(work) {
      await open(work);
      const { kind, count, width } = work;
      const prefix = `${process.pid}-${series++}`;
      switch (kind) {
        case 'create':
          return inTurn(count, width, (index, lane) => create(prefix, index, work, lane));
        case 'run':
          return inTurn(count, width, (_, lane) => run(lane, work.by === 'http-starting'));
        case 'hold': {
          const grants: Grant[] = [];
          await inTurn(count, width, (index, lane) => create(prefix, index, work, lane));
          await inTurn(count, width, async (_, lane) => {
            grants.push(await claim(lane, { ttl_seconds: 3600 }));
          });
          held = grants;
          return;
        }
        case 'renew':
          return inTurn(count, width, (_, lane) => renew(lane));
        case 'renew-all':
          return inTurn(count, width, (_, lane) => renewAll(lane));
        default:
          return kind satisfies never;
      }
    },
  };
}
