import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { openEmulation } from '../stores/emulation.ts';
import { countBucket, operationsIn } from './counted-bucket.ts';
import { REQUESTS } from './counted-request.ts';
import { openEdgeService } from './edge-service.ts';
import { OPERATIONS, type RequestName } from './operations.ts';

// `r2-cost.test.ts` counts the same at what stands in for the emulation: both have to count alike.
const emulation = await openEmulation();
const names = Object.keys(OPERATIONS) as RequestName[];

afterEach(() => emulation.clear());
afterAll(() => emulation.stop());

describe('what a request asks of a bucket', () => {
  it.each(names)('%s, in an isolate that has dealt with the job', async name => {
    const { given, request } = REQUESTS[name];
    const service = openEdgeService(emulation.bucket);
    const isolate = service.isolate();
    const sent = await given(isolate, service);
    const [method, path, json] = request;
    const { calls } = await isolate.spend(method, path, { json, ...sent });
    expect(operationsIn(calls)).toBe(OPERATIONS[name].warm);
  });

  it('countBucket() counts a put that is refused, and every page of a list', async () => {
    const counted = countBucket(emulation.bucket);
    const onlyIf = { etagDoesNotMatch: '*' };
    await counted.bucket.put('jobs/a.json', new Uint8Array(), { onlyIf });
    expect(await counted.bucket.put('jobs/a.json', new Uint8Array(), { onlyIf })).toBeNull();
    expect(operationsIn(counted.takeCalls())).toBe('2 put jobs');
  });
});
