import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/base/clock.ts';
import { decodeState } from '../../lib/checkpoint/codec.ts';
import { hasProof, withoutProof } from '../../lib/lease/job-lease.ts';

const value = fc.constantFrom(null, 1, 'x', [], {}, { token_sha256: null }, { '2': 0, '1': 0 });
const added = fc.oneof(
  value,
  fc.record({ lease: value, created: value, epoch: value }, { requiredKeys: [] }),
);

describe('hasProof()', () => {
  it('says whether withoutProof() changes the state, and no state has a proof after that', () => {
    fc.assert(
      fc.property(added, dalsegno => {
        const source = { job_id: 'j', job_name: 'j', total_sheets: 1, dalsegno };
        const body = new TextEncoder().encode(JSON.stringify(source));
        const decoded = decodeState(body, { source: 'file', now: systemClock.now() });
        const state = decoded.ok ? decoded.value : null;
        expect(state).not.toBeNull();
        if (state === null) return;
        expect(withoutProof(state) !== state).toBe(hasProof(state));
        expect(hasProof(withoutProof(state))).toBe(false);
      }),
    );
  });
});
