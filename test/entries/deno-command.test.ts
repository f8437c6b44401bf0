import { describe, expect, it } from 'vitest';
import { readDenoCommand } from '../../functions/deno/command.ts';

const ENTRY = `${'ab'.repeat(32)}:admin`;

function read(flags: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  return readDenoCommand(flags, name => environment[name]);
}

describe('readDenoCommand()', () => {
  it('takes a flag before the environment, after a space or an equals sign', () => {
    const command = read(['--port', '9000', '--state-dir=/srv/a=b'], { PORT: '1', HOST: '::1' });
    const config = { PORT: 9000, STATE_DIR: '/srv/a=b', HOST: '::1' };
    expect(command).toMatchObject({ kind: 'config', config });
  });

  it('takes a store that machines share, and repeats no URL that is wrong', () => {
    const command = read(['--store', 's3://states/of/jobs?region=auto']);
    const store = { kind: 's3', bucket: 'states', prefix: 'of/jobs/' };
    expect(command).toMatchObject({ kind: 'config', config: { STORE: store } });
    expect(read([], { STORE: 'postgres://u:geheim@db.test/jobs?sslmode=no' })).toEqual({
      kind: 'refused',
      faults: [expect.stringMatching(/^STORE: sslmode: (?!.*geheim)/)],
    });
    expect(read(['--store=file:./state'])).toEqual({
      kind: 'refused',
      faults: ['STORE: Expected a URL that begins with postgres: or postgresql: or s3:'],
    });
  });

  it('listens on other addresses with access tokens only', () => {
    expect(read(['--host', '0.0.0.0'])).toEqual({
      kind: 'refused',
      faults: ['HOST: Without access tokens only loopback is served, got "0.0.0.0"'],
    });
    expect(read(['--host', '0.0.0.0'], { ACCESS_TOKENS: ENTRY }).kind).toBe('config');
  });

  it.each([
    ['--nope', '--nope: No such flag; --help prints all'],
    ['port', 'port: No such flag; --help prints all'],
    ['--port', '--port: A value is missing'],
    ['--port=http', 'PORT: Expected an integer, got "http"'],
  ])('refuses %s', (flag, fault) => {
    expect(read([flag])).toEqual({ kind: 'refused', faults: [fault] });
  });

  it('names every flag when it is asked for help', () => {
    const help = read(['--port', '1', '-h']);
    expect(help).toMatchObject({ kind: 'help', text: expect.stringContaining('--state-dir') });
  });
});
