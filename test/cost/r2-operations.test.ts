import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { openEmulation } from '../stores/emulation.ts';
import { countBucket, operationsIn } from './counted-bucket.ts';
import { warmOperations } from './counted-request.ts';
import { OPERATIONS, type RequestName } from './operations.ts';

const emulation = await openEmulation();
// `r2-cost.test.ts` counts all of them at what stands in for the emulation: both have to count alike.
const names = (Object.keys(OPERATIONS) as RequestName[]).filter(name => !name.includes('100'));

afterEach(() => emulation.clear());
afterAll(() => emulation.stop());

describe('what a request asks of a bucket', () => {
  it.each(names)('%s, in an isolate that has dealt with the job', async name => {
    expect(await warmOperations(name, emulation.bucket)).toBe(OPERATIONS[name].warm);
  });

  it('countBucket() counts a put that is refused, and every page of a list', async () => {
    const counted = countBucket(emulation.bucket);
    const onlyIf = { etagDoesNotMatch: '*' };
    await counted.bucket.put('jobs/a.json', new Uint8Array(), { onlyIf });
    expect(await counted.bucket.put('jobs/a.json', new Uint8Array(), { onlyIf })).toBeNull();
    expect(operationsIn(counted.takeCalls())).toBe('2 put jobs');
  });
});
