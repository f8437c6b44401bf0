import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonLine } from '../../functions/entry/log.ts';
import { requestLineText } from '../../functions/entry/request-line-text.ts';
import { recordOf } from '../../functions/http/request-log.ts';
import type { RequestLine } from '../../functions/services/request-lines.ts';
import { cases } from '../support/effort.ts';

const SEED = 20_260_304;

const LINE: RequestLine = {
  level: 'info',
  timestamp: 1_772_600_767_045,
  method: 'GET',
  path: '/v1/jobs/job-1',
  status: 200,
  durationMs: 0.123,
  requestId: 'r-1',
  jobId: 'job-1',
  code: undefined,
  access: undefined,
  waitedMs: undefined,
};

const text = fc.oneof(
  fc.constantFrom(
    '',
    '"',
    '\\',
    '/v1/jobs/a"b',
    'a\\nb',
    'ü',
    '\u2028',
    '\ud800',
    '{path}',
    '\x7f',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 20 }),
);
const number = fc.oneof(
  fc.constantFrom(0, -0, 0.001, 1e-7, 1e21, 12.5),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.nat({ max: 10_000_000 }).map(micros => Math.round(micros) / 1000),
);
const timestamp = fc.oneof(
  fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }),
  fc.integer({ min: 1_772_600_767_000, max: 1_772_600_769_000 }),
);
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const line: fc.Arbitrary<RequestLine> = fc.record({
  level: fc.constantFrom('info', 'debug'),
  timestamp,
  method: text,
  path: text,
  status: fc.integer({ min: 100, max: 599 }),
  durationMs: number,
  requestId: text,
  jobId: optional(text),
  code: optional(fc.constantFrom('job_not_found', 'invalid')),
  access: optional(text),
  waitedMs: optional(number),
});

describe('requestLineText()', () => {
  it('is one object of JSON with what is known of the request', () => {
    expect(requestLineText({ ...LINE, code: 'job_not_found', status: 404 })).toBe(
      '{"@timestamp":"2026-03-04T05:06:07.045Z","level":"INFO",' +
        '"message":"GET /v1/jobs/job-1 404 job_not_found 0.123 ms","logger":"dalsegno.http",' +
        '"method":"GET","path":"/v1/jobs/job-1","status":404,"duration_ms":0.123,' +
        '"request_id":"r-1","job_id":"job-1","code":"job_not_found"}',
    );
  });

  it(`is what the formatter of all other lines makes of the record (seed ${SEED})`, () => {
    fc.assert(
      fc.property(line, given => {
        expect(requestLineText(given)).toBe(jsonLine(recordOf(given)));
      }),
      { seed: SEED, numRuns: cases(1000) },
    );
  });
});
