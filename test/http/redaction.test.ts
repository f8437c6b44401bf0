import { describe, expect, it } from 'vitest';
import { type AppClient, openApp } from '../support/app.ts';
import { acquire, JOB } from '../support/leasing.ts';
import { runtime } from '../support/runtime.ts';

const KEY = `sk-ant-api03-${'Ab3'.repeat(30)}`;
const SAID = `401 from the model with ${KEY}, giving up`;
const SHOWN = '401 from the model with [REDACTED_ANTHROPIC_KEY], giving up';

/** Everything that a reader may ask of the job. */
async function allAnswers(app: AppClient): Promise<string> {
  const paths = [JOB, `${JOB}/why`, `${JOB}/next-sheet`, '/v1/jobs', '/v1/jobs?view=full'];
  const answers = await Promise.all(paths.map(path => app.ask('GET', path)));
  return answers.map(({ text }) => text).join('\n');
}

function updateSheet(app: AppClient, json: unknown, headers: Record<string, string> = {}) {
  return app.ask('PUT', `${JOB}/sheets/1`, { json, headers });
}

describe('what an update of a sheet says', () => {
  it.each([
    ['failed', 'error_message'],
    ['failed', 'error_code'],
    ['failed', 'stdout'],
    ['failed', 'stderr'],
    ['skipped', 'reason'],
    ['skipped', 'error_message'],
    ['completed', 'stdout'],
  ])('is kept and shown without credentials: %s with %s', async (status, member) => {
    const app = openApp();
    await app.create();
    const updated = await updateSheet(app, { status, [member]: SAID });
    expect(updated.status).toBe(200);
    const shown = await allAnswers(app);
    expect(shown).toContain(SHOWN);
    expect(shown).not.toContain(KEY);
  });

  it('is so in the history of errors too', async () => {
    const app = openApp();
    await app.create();
    await updateSheet(app, { status: 'failed', error_message: SAID, error_type: 'permanent' });
    expect((await app.ask('GET', JOB)).json).toMatchObject({
      sheets: { 1: { error_message: SHOWN, error_history: [{ error_message: SHOWN }] } },
    });
  });

  it('is so in every text of the validation details', async () => {
    const app = openApp();
    await app.create();
    const texts = {
      description: SAID,
      path: SAID,
      pattern: SAID,
      actual_value: SAID,
      expected_value: SAID,
      error_message: SAID,
      failure_reason: SAID,
      suggested_fix: SAID,
      error_type: SAID,
    };
    const own = { their_own: [{ deep: SAID }], 2: SAID, 1: 1.0 };
    const detail = { rule_type: 'regex', passed: false, ...texts, ...own, confidence: 0.5 };
    const updated = await updateSheet(app, { status: 'completed', validation_details: [detail] });
    expect(updated.status).toBe(200);
    const redacted = Object.fromEntries(Object.keys(texts).map(name => [name, SHOWN]));
    const { json, text } = await app.ask('GET', JOB);
    expect(text).not.toContain(KEY);
    expect(json).toMatchObject({
      sheets: {
        1: {
          validation_details: [
            { ...redacted, passed: false, their_own: [{ deep: SHOWN }], 2: SHOWN, confidence: 0.5 },
          ],
        },
      },
    });
  });

  it('counts once when it is said again under the lease', async () => {
    const app = openApp();
    await app.create();
    const held = await acquire(app);
    const json = { status: 'failed', error_message: SAID, error_type: 'transient' };
    const first = await updateSheet(app, json, held.headers);
    const second = await updateSheet(app, json, held.headers);
    expect(second.header('etag')).toBe(first.header('etag'));
  });

  it('may be long', async () => {
    const app = openApp();
    await app.create();
    const long = 'a'.repeat(3_000_000);
    await updateSheet(app, { status: 'failed', error_message: `${long} ${KEY} ${long}` });
    const { text } = await app.ask('GET', JOB);
    expect(text).toContain('aaa [REDACTED_ANTHROPIC_KEY] aaa');
    expect(text).not.toContain(KEY);
  });
});

describe('what is said of a job and of its lease', () => {
  it('is kept and shown without credentials where an operator fails the job', async () => {
    const app = openApp();
    await app.create();
    await app.ask('POST', `${JOB}/fail`, { json: { error_message: SAID } });
    const shown = await allAnswers(app);
    expect(shown).toContain(SHOWN);
    expect(shown).not.toContain(KEY);
  });

  it('is so while it waits for the holder, which is told it so', async () => {
    const app = openApp();
    await app.create();
    const { headers } = await acquire(app);
    await app.ask('POST', `${JOB}/fail`, { json: { error_message: SAID } });
    const beat = await app.ask('PUT', `${JOB}/lease`, { json: { progress: [SAID] }, headers });
    expect(beat.json).toMatchObject({ lease: { progress: [SHOWN], request_message: SHOWN } });
    expect(await allAnswers(app)).not.toContain(KEY);
  });

  it('is so in a list, and in why, where a state was saved whole', async () => {
    const app = openApp();
    await app.create({ status: 'failed', error_message: SAID });
    for (const path of ['/v1/jobs', `${JOB}/why`]) {
      const { text } = await app.ask('GET', path);
      expect(text).toContain(SHOWN);
      expect(text).not.toContain(KEY);
    }
  });

  it('is shortened in a list after that, so that no half of a credential is left', async () => {
    const app = openApp();
    await app.create({ status: 'failed', error_message: `${'x'.repeat(489)} ${KEY}` });
    const { text } = await app.ask('GET', '/v1/jobs');
    expect(text).not.toContain('sk-ant');
  });
});

describe('a state that is saved whole', () => {
  it('stays as it came, to the byte', async () => {
    const place = await runtime.makePlace();
    const app = openApp({ store: await place.open() });
    const sheets = { 1: { sheet_num: 1, error_message: SAID, stdout_tail: SAID } };
    await app.create({ error_message: SAID, sheets });
    const stored = await place.read('job-1.json');
    expect(stored.split(KEY)).toHaveLength(4);
    expect((await app.ask('GET', JOB)).text).toBe(stored);
  });
});
