import { writeFile } from 'node:fs/promises';
import { type Lane, requestHead } from '../http/http-load.ts';
import { SMALL, stateBody } from '../jobs/state.ts';

/** The calls whose cost is compared, one for each connection. */
export interface Calls {
  readonly save: readonly Lane[];
  readonly update: readonly Lane[];
  readonly heartbeat: readonly Lane[];
  readonly claim: readonly Lane[];
}

export const CLAIM = { holder: 'bench', ttl_seconds: 3600 };
export const BEAT = { progress: { sheet: 3, done: 0.5 } };
export const COMPLETED = { status: 'completed', execution_duration_seconds: 53.8 };
const STARTED = { status: 'in_progress' };

/** For `tokens.length` connections. The files of the bodies are written into the folder. */
export async function writeCalls(folder: string, tokens: readonly string[]): Promise<Calls> {
  const everyLane = (of: (lane: number) => Promise<Lane>) =>
    Promise.all(tokens.map((_, lane) => of(lane)));

  async function request(line: string, lane: number, options: Sent) {
    const { body, headers = {}, nth = 0 } = options;
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    const name = `${line.replaceAll(/[^A-Za-z0-9]/g, '-')}-${lane}-${nth}`;
    const bodyFile = `${folder}/${name}`;
    await writeFile(bodyFile, bytes);
    const head = requestHead(line, {
      'Content-Type': 'application/json',
      'Content-Length': bytes.byteLength,
      Prefer: 'return=minimal',
      'X-Lane': lane,
      ...headers,
    });
    return { head, bodyFile };
  }

  return {
    save: await everyLane(async lane => {
      const jobId = saveJob(lane);
      const line = `PUT /v1/jobs/${jobId}`;
      const headers = { 'If-Match': '*' };
      const stepped = stateBody(jobId, SMALL, { completed: SMALL.sheets });
      const bodies = [stepped, stateBody(jobId, SMALL)];
      const requests = bodies.map((body, nth) => request(line, lane, { body, headers, nth }));
      return { requests: await Promise.all(requests), release: null };
    }),
    update: await everyLane(async lane => {
      const line = `PUT /v1/jobs/${updateJob(lane)}/sheets/${SMALL.sheets}`;
      const requests = [COMPLETED, STARTED].map((update, nth) =>
        request(line, lane, { body: JSON.stringify(update), nth }),
      );
      return { requests: await Promise.all(requests), release: null };
    }),
    heartbeat: await everyLane(async lane => {
      const headers = { 'Lease-Token': tokens[lane] ?? '' };
      const line = `PUT /v1/jobs/${heldJob(lane)}/lease`;
      const sent = await request(line, lane, { body: JSON.stringify(BEAT), headers });
      return { requests: [sent], release: null };
    }),
    claim: await everyLane(async lane => {
      const sent = await request('POST /v1/claims', lane, { body: JSON.stringify(CLAIM) });
      return {
        requests: [sent],
        release: { prefix: '', headers: { 'X-Lane': String(lane) } },
      };
    }),
  };
}

interface Sent {
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly nth?: number;
}

export const saveJob = (lane: number) => `save-${lane}`;
export const updateJob = (lane: number) => `update-${lane}`;
export const heldJob = (lane: number) => `held-${lane}`;
export const waitingJob = (nth: number) => `waiting-${nth}`;
export const readJob = (size: string) => `read-${size.replaceAll(/[^0-9a-zA-Z]/g, '')}`;

/** The same calls to what also makes the writes. */
export function durable(lanes: readonly Lane[]): Lane[] {
  return lanes.map(({ requests, release }) => ({
    requests: requests.map(({ head, bodyFile }) => ({
      head: head.replace(' /v1/', ' /durable/v1/'),
      bodyFile,
    })),
    release: release === null ? null : { ...release, prefix: '/durable' },
  }));
}
