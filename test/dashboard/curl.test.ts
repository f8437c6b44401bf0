import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { actionCall, curlText, jobPath } from '../../functions/dashboard/text/curl.ts';

const PLACE = { base: 'http://127.0.0.1:8787/', withToken: false };

describe('curlText()', () => {
  it('names the variable of the token, and never a token', () => {
    const text = curlText({ method: 'GET', path: '/v1/stats' }, { ...PLACE, withToken: true });
    expect(text).toBe(
      `curl -sS 'http://127.0.0.1:8787/v1/stats' -H "Authorization: Bearer $DALSEGNO_TOKEN"`,
    );
  });

  it('keeps the path of a proxy', () => {
    expect(
      curlText({ method: 'GET', path: '/v1/jobs' }, { base: 'https://h/ds/', withToken: false }),
    ).toBe("curl -sS 'https://h/ds/v1/jobs'");
  });

  it('gives a shell the very body and address', () => {
    const body = { error_message: `it's "over" $HOME \`id\` \\ \n` };
    const command = curlText({ method: 'POST', path: jobPath("a'b/$(id)", '/fail'), body }, PLACE);
    const shown = execFileSync('sh', ['-c', command.replace(/^curl/, "printf '%s\\0'")], {
      encoding: 'utf8',
    }).split('\0');
    expect(shown[3]).toBe('http://127.0.0.1:8787/v1/jobs/a%27b%2F%24%28id%29/fail');
    expect(JSON.parse(shown[7] ?? '')).toEqual(body);
  });
});

describe('actionCall()', () => {
  it('forces in the query, and sends a message with a failure alone', () => {
    expect(actionCall('a/b', 'delete', { force: true, message: 'x' })).toEqual({
      method: 'DELETE',
      path: '/v1/jobs/a%2Fb?force=true',
    });
    expect(actionCall('a', 'pause', { force: false, message: 'x' })).toEqual({
      method: 'POST',
      path: '/v1/jobs/a/pause',
    });
    expect(actionCall('a', 'fail', { force: false, message: ' x ' })).toEqual({
      method: 'POST',
      path: '/v1/jobs/a/fail',
      body: { error_message: 'x' },
    });
  });
});
