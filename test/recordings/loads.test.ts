import { describe, expect, it } from 'vitest';
import { fileBytes, type Load, loads, withoutUpdatedAt } from './recording.ts';
import { openStateFolder } from './state-folder.ts';

/** Where this service differs from the reference on purpose: the outcome, and why. */
const OTHER_OUTCOMES = new Map([
  ['invalid utf8', 'json_decode'],
  ['utf16', 'json_decode'],
  ['deep nesting', 'validation'],
  // The reference returns a state under whatever name it finds it.
  ['job id differs from file', 'validation'],
]);

/** The reference drops keys that it does not know; here they survive, at the end of their object. */
const KEPT_KEYS = new Map([
  ['unknown field', { after: '"circuit_breaker_history": []', kept: ',\n  "brand_new": 1' }],
  ['validation detail extra key', { after: '"passed": true', kept: ',\n          "extra": 1' }],
]);

function outcomeOf(load: Load): string {
  return OTHER_OUTCOMES.get(load.name) ?? load.outcome;
}

function savedTextOf(load: Load): string {
  const saved = load.saved ?? '';
  const kept = KEPT_KEYS.get(load.name);
  return kept === undefined ? saved : saved.replace(kept.after, kept.after + kept.kept);
}

const accepted = loads.filter(load => outcomeOf(load) === 'ok');
const refused = loads.filter(load => outcomeOf(load) !== 'ok');

describe('a file that the reference refused', () => {
  it.each(refused)('$name: GET answers state_corrupt and leaves it alone', async load => {
    const folder = await openStateFolder();
    const bytes = fileBytes(load);
    await folder.write('case.json', bytes);
    const response = await folder.request('GET', '/v1/jobs/case');
    const problem = await response.json();
    expect(response.status).toBe(500);
    expect(problem).toMatchObject({ code: 'state_corrupt', error_type: outcomeOf(load) });
    expect(await folder.read('case.json')).toBe(Buffer.from(bytes).toString('utf8'));
  });
});

describe('a file that the reference loaded', () => {
  it.each(accepted)('$name: has the same next sheet and progress', async load => {
    const folder = await openStateFolder();
    await folder.write('case.json', fileBytes(load));
    const next = await folder.request('GET', '/v1/jobs/case/next-sheet');
    expect(await next.json()).toMatchObject({ next_sheet: load.next_sheet, exists: true });
    const list = await folder.request('GET', '/v1/jobs');
    expect((await list.json()).jobs[0].progress).toEqual(load.progress);
  });

  it.each(accepted)('$name: is saved as the same bytes after a load', async load => {
    const folder = await openStateFolder();
    await folder.write('case.json', fileBytes(load));
    const loaded = await folder.request('GET', '/v1/jobs/case');
    const body = await loaded.text();
    const headers = { 'If-Match': loaded.headers.get('etag') ?? '' };
    const saved = await folder.request('PUT', '/v1/jobs/case', { body, headers });
    expect(saved.status).toBe(200);
    const written = await folder.read('case.json');
    expect(withoutUpdatedAt(written)).toBe(withoutUpdatedAt(savedTextOf(load)));
  });
});
