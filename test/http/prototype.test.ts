import { describe, expect, it } from 'vitest';
import { openApp } from '../support/app.ts';

const JOB = '/v1/jobs/job-1';

/** Names that a JavaScript object has already, in every place where a key may stand. */
const BODY = `{
  "job_id": "job-1",
  "job_name": "x",
  "total_sheets": 2,
  "__proto__": {"polluted": 1},
  "constructor": {"prototype": {"polluted": 2}},
  "toString": null,
  "hasOwnProperty": 3,
  "config_snapshot": {"__proto__": {"polluted": 4}, "valueOf": 5, "10": 1, "2": 1},
  "hook_results": [{"__proto__": null}],
  "synthesis_results": {"__proto__": {"__proto__": 6}},
  "sheets": {
    "1": {"sheet_num": 1, "__proto__": [7], "fallback_attempts": {"__proto__": 8}}
  }
}`;

function keysOf(value: unknown): readonly string[] {
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}

/** What the calls have left in what all objects share: nothing, if all is well. */
function traces(): readonly string[] {
  return [...Object.keys(Object.prototype), ...Object.keys(Object)];
}

describe('keys that a JavaScript object has already', () => {
  it('survive a PUT and a GET', async () => {
    const app = openApp();
    const headers = { 'If-None-Match': '*' };
    const saved = await app.ask('PUT', JOB, { body: BODY, headers });
    expect(saved.status).toBe(201);
    const state = JSON.parse((await app.ask('GET', JOB)).text);
    expect(keysOf(state).slice(-4)).toEqual([
      '__proto__',
      'constructor',
      'toString',
      'hasOwnProperty',
    ]);
    expect(JSON.stringify(Object.entries(state).slice(-4))).toBe(
      '[["__proto__",{"polluted":1}],["constructor",{"prototype":{"polluted":2}}],["toString",null],["hasOwnProperty",3]]',
    );
    expect(JSON.stringify(state.hook_results)).toBe('[{"__proto__":null}]');
    expect(keysOf(state.sheets[1])).toContain('__proto__');
    expect(JSON.stringify(state.sheets[1].fallback_attempts)).toBe('{"__proto__":8}');
    expect(keysOf(state.config_snapshot)).toContain('__proto__');
    expect(keysOf(state.synthesis_results)).toEqual(['__proto__']);
    expect(traces()).toEqual([]);
  });

  it('survive an update', async () => {
    const app = openApp();
    const headers = { 'If-None-Match': '*' };
    const saved = await app.ask('PUT', JOB, { body: BODY, headers });
    await app.ask('PUT', `${JOB}/sheets/2`, { json: { status: 'in_progress' } });
    const updated = (await app.ask('GET', JOB)).text;
    const count = (text: string) => text.split('"__proto__"').length;
    expect(count(updated)).toBe(count(saved.text));
    expect(updated).toContain('"config_snapshot": {\n    "__proto__"');
    expect(traces()).toEqual([]);
  });

  it('survive in the list of full states', async () => {
    const app = openApp();
    await app.ask('POST', '/v1/jobs', { body: BODY });
    expect((await app.ask('GET', '/v1/jobs?view=full')).text).toContain('"__proto__"');
  });

  it.each(['__proto__', 'constructor', 'status'])('are no argument of an update: %s', async key => {
    const app = openApp();
    await app.create();
    const body = `{"status": "completed", "${key}": {"status": "failed"}}`;
    const updated = await app.ask('PUT', `${JOB}/sheets/1`, { body });
    expect(updated.status).toBe(422);
    expect(traces()).toEqual([]);
  });
});

describe('unknown keys that a JavaScript object would put first', () => {
  it('stay behind the declared fields, in order of arrival, through saves and updates', async () => {
    const app = openApp();
    const body =
      '{"10":1,"job_id":"job-1","zz":2.0,"job_name":"n","2":3,"total_sheets":2,"sheets":{"1":{"7":1,"sheet_num":1,"3":0,"yy":1}}}';
    await app.ask('PUT', JOB, { body, headers: { 'If-None-Match': '*' } });
    await app.ask('PUT', `${JOB}/sheets/1`, { json: { status: 'completed' } });
    await app.ask('PUT', `${JOB}/sheets/2`, { json: { status: 'in_progress' } });
    const { text } = await app.ask('GET', JOB);
    expect(text.startsWith('{\n  "job_id"')).toBe(true);
    expect(text.endsWith(',\n  "10": 1,\n  "zz": 2.0,\n  "2": 3\n}')).toBe(true);
    expect(text).toContain(
      '"agent_feedback": null,\n      "7": 1,\n      "3": 0,\n      "yy": 1\n',
    );
  });
});
