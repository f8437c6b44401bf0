import { describe, expect, it } from 'vitest';
import { files, withoutUpdatedAt } from './recording.ts';
import { openStateFolder } from './state-folder.ts';

describe('a file that the reference wrote', () => {
  it('is recorded 40 times', () => {
    expect(files).toHaveLength(40);
  });

  it.each(files)('$name: GET answers its bytes, and PUT of them writes them again', async file => {
    const folder = await openStateFolder();
    const jobId = String(JSON.parse(file.text).job_id);
    const name = `${jobId}.json`;
    await folder.write(name, file.text);

    const loaded = await folder.request('GET', `/v1/jobs/${jobId}`);
    const body = await loaded.text();
    expect(loaded.status).toBe(200);
    expect(body).toBe(file.text);

    const headers = { 'If-Match': loaded.headers.get('etag') ?? '' };
    const saved = await folder.request('PUT', `/v1/jobs/${jobId}`, { body, headers });
    expect(saved.status).toBe(200);
    const written = await folder.read(name);
    expect(written).not.toBe(file.text);
    expect(withoutUpdatedAt(written)).toBe(withoutUpdatedAt(file.text));
  });
});
