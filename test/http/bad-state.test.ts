import { describe, expect, it } from 'vitest';
import { openApp } from '../support/app.ts';
import { leastOf } from '../support/measure/least.ts';
import { cpuMsOf } from '../support/measure/processor-time.ts';
import { aProblem } from '../support/problem.ts';
import { aState } from '../support/state.ts';
import { askInVain, JOB, openWithJob, SHEET } from './asked-in-vain.ts';

describe('a state', () => {
  const wrongTypes = [
    ['/job_name', { job_name: 7 }],
    ['/total_sheets', { total_sheets: 'many' }],
    ['/total_sheets', { total_sheets: 0 }],
    ['/total_sheets', { total_sheets: 1.5 }],
    ['/total_sheets', { total_sheets: null }],
    ['/status', { status: 'sleeping' }],
    ['/status', { status: ['pending'] }],
    ['/created_at', { created_at: 'yesterday' }],
    ['/created_at', { created_at: '2026-02-30T00:00:00Z' }],
    ['/sheets', { sheets: [] }],
    ['/sheets/x', { sheets: { x: { sheet_num: 1 } } }],
    ['/sheets/1', { sheets: { 1: null } }],
    ['/sheets/1/sheet_num', { sheets: { 1: {} } }],
    ['/sheets/1/status', { sheets: { 1: { sheet_num: 1, status: 'x' } } }],
    ['/sheets/1/confidence_score', { sheets: { 1: { sheet_num: 1, confidence_score: 1.5 } } }],
    ['/config_snapshot', { config_snapshot: 'none' }],
    ['/hook_results/1', { hook_results: [{}, 1] }],
    ['/parallel_enabled', { parallel_enabled: 'perhaps' }],
    ['/isolation_mode', { isolation_mode: 'vm' }],
    ['/pid', { pid: {} }],
  ] as const;

  it.each(wrongTypes)('%s is named when it is %j', async (path, overrides) => {
    const json = aState(overrides);
    const headers = { 'If-Match': '*' };
    const answer = await askInVain(await openWithJob(), 'PUT', JOB, { json, headers });
    expect(answer).toMatchObject(aProblem({ status: 422, code: 'invalid', path }));
  });

  it('a key with slashes and tildes is escaped in the path', async () => {
    const json = aState({ synthesis_results: { 'a/b~c': 1 } });
    const headers = { 'If-Match': '*' };
    const answer = await askInVain(await openWithJob(), 'PUT', JOB, { json, headers });
    expect(answer).toMatchObject(
      aProblem({ status: 422, code: 'invalid', path: '/synthesis_results/a~1b~0c' }),
    );
  });

  it('every fault is told at once', async () => {
    const json = { job_id: 1, total_sheets: 'x', pid: [] };
    const headers = { 'If-Match': '*' };
    const answer = await askInVain(await openWithJob(), 'PUT', JOB, { json, headers });
    const told = ['/job_id', '/job_name', '/total_sheets', '/pid'];
    expect(answer.json).toMatchObject({ errors: told.map(path => ({ path })) });
  });

  it.each([
    ['attempt_results', { attempt_results: [JSON.parse(nested(300))] }],
    ['agent_feedback', { agent_feedback: { a: JSON.parse(nested(300)) } }],
    ['an unknown key', { unknown: JSON.parse(nested(300)) }],
  ])('too deep a value in a sheet at %s is a fault of its place', async (_, sheet) => {
    const json = aState({ sheets: { 1: { sheet_num: 1, ...sheet } } });
    const headers = { 'If-Match': '*' };
    const answer = await askInVain(await openWithJob(), 'PUT', JOB, { json, headers });
    expect(answer).toMatchObject(aProblem({ status: 422, code: 'invalid' }));
    const path = expect.stringMatching(/^\/sheets\/1\//);
    expect(answer.json).toMatchObject({ errors: [{ path, reason: 'Nested deeper than 200' }] });
  });

  it('a hundred thousand faults are told as the first hundred', async () => {
    const json = aState({ instruments_used: Array.from({ length: 100_000 }, () => 1) });
    const headers = { 'If-Match': '*' };
    const answer = await askInVain(await openWithJob(), 'PUT', JOB, { json, headers });
    expect(answer).toMatchObject(aProblem({ status: 422, code: 'invalid' }));
    expect(answer.json).toHaveProperty('errors.length', 100);
  });

  it('many faults and long ones make a short answer', async () => {
    const long = 'k'.repeat(100_000);
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`${at + 1}`, 1]));
    const json = aState({ sheets: { [long]: 1, ...many } });
    const headers = { 'If-Match': '*' };
    const answer = await askInVain(await openWithJob(), 'PUT', JOB, { json, headers });
    expect(answer).toMatchObject(aProblem({ status: 422, code: 'invalid' }));
    expect(answer.json).toHaveProperty('errors.length', 100);
    expect(answer.text.length).toBeLessThan(20_000);
  });

  it.each([
    ['total_sheets', `${'0'.repeat(40_000)}x`],
    ['total_estimated_cost', `${'1'.repeat(40_000)}x`],
  ])('a long text for %s is refused at once', async (field, text) => {
    const json = aState({ [field]: text });
    const app = await openWithJob();
    const ask = async () => expect((await app.ask('POST', '/v1/jobs', { json })).status).toBe(422);
    expect(await leastOf(500, () => cpuMsOf(ask))).toBeLessThan(500);
  });

  const depths = [
    [200, 199, 201],
    [201, 200, 422],
  ] as const;

  it.each(depths)('nesting of %d levels in all is judged', async (_, levels, status) => {
    const body = `{"job_id":"job-1","job_name":"x","total_sheets":1,"x":${nested(levels)}}`;
    expect((await openApp().ask('POST', '/v1/jobs', { body })).status).toBe(status);
  });
});

describe('an update', () => {
  const wrongUpdates = [
    ['/status', {}],
    ['/status', { status: 'pending' }],
    ['/status', { status: null }],
    ['', { status: 'completed', extra: 1 }],
    ['', { status: 'in_progress', stdout: 'x' }],
    ['/validation_passed', { status: 'completed', validation_passed: 'maybe' }],
    ['/validation_details', { status: 'completed', validation_details: {} }],
    ['/execution_duration_seconds', { status: 'completed', execution_duration_seconds: 'long' }],
    ['/stdout', { status: 'completed', stdout: ['line'] }],
    ['/exit_code', { status: 'failed', exit_code: 1.5 }],
    ['/exit_reason', { status: 'failed', exit_reason: 'bored' }],
    ['/error_category', { status: 'failed', error_category: 'x' }],
    ['/error_type', { status: 'failed', error_type: 'x' }],
    ['/reason', { status: 'skipped', reason: 7 }],
  ] as const;

  it.each(wrongUpdates)('%s is named when it is %j', async (path, json) => {
    const answer = await askInVain(await openWithJob(), 'PUT', SHEET, { json });
    expect(answer).toMatchObject(aProblem({ status: 422, code: 'invalid', path }));
  });
});

describe('a sheet number', () => {
  const wrong = [
    '0',
    '-1',
    '1.5',
    '1e1',
    '0x1',
    '01',
    '+1',
    '%31%00',
    '%201',
    '%EF%BC%91',
    'NaN',
    'one',
    '__proto__',
    '4',
    '9007199254740993',
    '9'.repeat(5000),
  ];

  it.each(wrong)('%s is refused', async n => {
    const app = await openWithJob();
    const json = { status: 'completed' };
    const answer = await askInVain(app, 'PUT', `/v1/jobs/job-1/sheets/${n}`, { json });
    expect(answer).toMatchObject(aProblem({ status: 422, code: 'invalid', path: '{n}' }));
  });
});

/** Arrays in arrays, so many of them. */
function nested(levels: number): string {
  return '['.repeat(levels) + ']'.repeat(levels);
}
