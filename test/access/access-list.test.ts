import { describe, expect, it } from 'vitest';
import { readAccessList } from '../../lib/access/access-list.ts';

/** An entry's digest, which tells it from others. */
function digest(letter: string): string {
  return letter.repeat(64);
}

function reasonFor(...entries: readonly string[]): string | null {
  const lines = entries.map((entry, index) => `${digest('abcdef'[index] ?? '0')}:${entry}`);
  const read = readAccessList(lines.join(','));
  return read.ok ? null : read.reason;
}

describe('readAccessList()', () => {
  it('reads name, end and prefix, each where it is given', () => {
    const a = digest('a');
    const read = (text: string) => {
      const list = readAccessList(text);
      return list.ok ? list.list.find(a) : list.reason;
    };
    expect(read(`${a}:work;name=ci;expires=2027-01-31:etl-`)).toMatchObject({
      name: 'ci',
      scope: 'work',
      expiresAt: '2027-01-31T00:00:00Z',
      prefix: 'etl-',
    });
    expect(read(`${a}:read;expires=2027-01-31T12:30:00Z`)).toMatchObject({
      expiresAt: '2027-01-31T12:30:00Z',
      prefix: '',
    });
    expect(read(`${a}:admin;name=Ops_1.x-y`)).toMatchObject({ name: 'Ops_1.x-y', expiresAt: null });
  });

  it('calls an entry without a name by the beginning of its digest', () => {
    const read = readAccessList(`${digest('a')}:read`);
    expect(read.ok && read.list.find(digest('a'))).toMatchObject({ name: 'sha256:aaaaaaaa' });
  });

  it('takes the entries of before, with all that their prefixes may hold', () => {
    const read = readAccessList(`${digest('a')}:work:a;name=b:c`);
    expect(read.ok && read.list.find(digest('a'))).toMatchObject({ prefix: 'a;name=b:c' });
  });

  it.each([
    'work;name=',
    'work;name=-x',
    'work;name=a b',
    'work;name=a\u001bb',
    'work;name=é',
    `work;name=${'x'.repeat(65)}`,
    'work;expires=',
    'work;expires=2027-02-29',
    'work;expires=2027-01-31T25:00:00Z',
    'work;expires=2027-01-31T12:00:00',
    'work;expires=soon',
    'work;expires=2027-01-31;name=x',
    'work;color=red',
  ])('refuses %j', entry => {
    expect(reasonFor('read', entry)).toMatch(/^Entry 2 is not /);
  });

  it('refuses a name that two tokens have, and says which', () => {
    const reason = reasonFor('read;name=ci', 'read', 'work;name=ci');
    expect(reason).toMatch(/^Entries 1 and 3 have the same name, "ci"/);
  });
});

describe('prefixes', () => {
  it.each([
    ['a/', 'a_'],
    ['a/', 'a.'],
    ['a~x', 'a/'],
    ['team/', 'team_a'],
    ['team_', 'team/a/b'],
    ['é/x', 'é_'],
    ['b/c/', 'b/c_d'],
  ])('%j and %j are refused, for their jobs could have the same file names', (left, right) => {
    for (const pair of [[left, right] as const, [right, left] as const]) {
      const reason = reasonFor('admin', `work;name=one:${pair[0]}`, `work;name=two:${pair[1]}`);
      expect(reason).toContain(`entry 2 ("one", prefix ${JSON.stringify(pair[0])})`);
      expect(reason).toContain(`entry 3 ("two", prefix ${JSON.stringify(pair[1])})`);
      expect(reason).toContain('file names');
    }
  });

  it('are found among many', () => {
    const others = Array.from({ length: 300 }, (_, index) => `${digest('0')}:read:t${index}/`);
    const pair = [`${digest('a')}:work:t150/x`, `${digest('b')}:work:t150_x`];
    const read = readAccessList([...others, ...pair].join(','));
    expect(read).toMatchObject({ ok: false, reason: expect.stringMatching(/"t150_x"/) });
  });

  it.each([
    ['a/', 'a/'],
    ['a/', ''],
    ['a/', 'b_'],
    ['team', 'team-a'],
    ['team/', 'team/a/'],
    ['team-a', 'team-b'],
    ['A/', 'a_'],
  ])('%j and %j may stand together', (left, right) => {
    expect(reasonFor(`work:${left}`, `work:${right}`)).toBeNull();
    expect(reasonFor(`work:${right}`, `work:${left}`)).toBeNull();
  });
});
