import { describe, expect, it } from 'vitest';
import { readNodeConfig } from '../../functions/node/config.ts';

describe('readNodeConfig()', () => {
  it('gives the defaults when nothing is set', () => {
    expect(readNodeConfig([], {})).toEqual({
      kind: 'config',
      config: {
        port: 8787,
        host: '127.0.0.1',
        'state-dir': './state',
        'state-mode': 0o600,
        'allow-network-file-system': false,
        'max-body-bytes': 33_554_432,
        'max-sheets': 10_000,
        'max-requests-in-flight': 1000,
        'cache-bytes': 67_108_864,
        'sweep-interval': 60,
        'presence-grace-ms': 2000,
        'log-level': 'info',
        development: false,
      },
    });
  });

  it('does not repeat the URL of a store that is wrong', () => {
    const read = readNodeConfig([], { STORE: 's3://key:very-secret@states' });
    expect(read).toEqual({
      kind: 'refused',
      text: '--store (STORE): Credentials do not belong into the URL of a store',
    });
  });

  it('takes flags before the environment', () => {
    const environment = { PORT: '1', HOST: '::1', STATE_DIR: 'theirs' };
    const read = readNodeConfig(['--port', '2', '--state-dir=mine'], environment);
    expect(read).toMatchObject({ config: { port: 2, host: '::1', 'state-dir': 'mine' } });
  });

  it('takes the origins of pages, separated by commas, or all', () => {
    const origins = (text: string) => readNodeConfig([], { CORS_ORIGINS: text });
    expect(origins('https://app.example, http://localhost:3000')).toMatchObject({
      config: { 'cors-origins': new Set(['https://app.example', 'http://localhost:3000']) },
    });
    expect(origins('*')).toMatchObject({ config: { 'cors-origins': 'any' } });
  });

  it('takes an empty variable for one that is not set', () => {
    const read = readNodeConfig([], { PORT: '', HOST: '', LOG_FORMAT: '' });
    expect(read).toMatchObject({ kind: 'config', config: { port: 8787, host: '127.0.0.1' } });
  });

  it.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('takes the host %s', host => {
    expect(readNodeConfig(['--host', host], {})).toMatchObject({ kind: 'config' });
  });

  const bad = [
    ['port', 'PORT', '70000'],
    ['port', 'PORT', '-1'],
    ['port', 'PORT', ''],
    ['port', 'PORT', ' '],
    ['port', 'PORT', '0x50'],
    ['port', 'PORT', '1e3'],
    ['port', 'PORT', '80.5'],
    ['port', 'PORT', 'NaN'],
    ['host', 'HOST', '0.0.0.0'],
    ['host', 'HOST', '::'],
    ['host', 'HOST', '127.0.0.1.example.org'],
    ['host', 'HOST', '127.0.0.256'],
    ['host', 'HOST', 'example.org'],
    ['state-dir', 'STATE_DIR', ''],
    ['max-body-bytes', 'MAX_BODY_BYTES', '0'],
    ['max-body-bytes', 'MAX_BODY_BYTES', '9999999999'],
    ['cache-bytes', 'CACHE_BYTES', '1MB'],
    ['cors-origins', 'CORS_ORIGINS', 'app.example'],
    ['cors-origins', 'CORS_ORIGINS', 'https://app.example/'],
    ['cors-origins', 'CORS_ORIGINS', 'https://APP.example'],
    ['cors-origins', 'CORS_ORIGINS', 'https://app.example:443'],
    ['cors-origins', 'CORS_ORIGINS', 'https://*.example'],
    ['cors-origins', 'CORS_ORIGINS', '*,https://app.example'],
    ['cors-origins', 'CORS_ORIGINS', 'null'],
    ...['', '0', '60', '0o600', '06000', '00600', '1600', '0680', 'rw-------', '-600', '600 '].map(
      value => ['state-mode', 'STATE_MODE', value] as const,
    ),
    // Unreadable by the service itself, and programs.
    ...['000', '0400', '0200', '0066', '0700', '755', '0601'].map(
      value => ['state-mode', 'STATE_MODE', value] as const,
    ),
    ['allow-network-file-system', 'ALLOW_NETWORK_FILE_SYSTEM', 'yes'],
    ['log-level', 'LOG_LEVEL', 'loud'],
    ['log-format', 'LOG_FORMAT', 'xml'],
  ] as const;

  it.each(bad)('refuses --%s and %s of %j, and says which', (name, variable, value) => {
    const read = readNodeConfig([`--${name}=${value}`], {});
    const text = expect.stringContaining(`--${name} (${variable}): `);
    expect(read).toEqual({ kind: 'refused', text });
  });

  it.each([
    ['0600', 0o600],
    ['600', 0o600],
    ['640', 0o640],
    ['0660', 0o660],
    ['0644', 0o644],
    ['666', 0o666],
  ])('takes the mode %s', (text, mode) => {
    expect(readNodeConfig([], { STATE_MODE: text })).toMatchObject({
      config: { 'state-mode': mode },
    });
  });

  it('refuses a variable as it does a flag', () => {
    const text = expect.stringMatching(/^--port \(PORT\): .*"eighty"$/);
    expect(readNodeConfig([], { PORT: 'eighty' })).toEqual({ kind: 'refused', text });
  });

  it('tells every wrong setting at once', () => {
    const read = readNodeConfig(['--port=x', '--host=y'], {});
    const text = expect.stringMatching(/--port.*\n--host/);
    expect(read).toEqual({ kind: 'refused', text });
  });

  it.each([['--nope'], ['--port'], ['extra'], ['--', 'x']])('refuses %s', (...flags) => {
    expect(readNodeConfig(flags, {})).toMatchObject({ kind: 'refused' });
  });

  it.each(['--help', '-h'])('gives help when it is asked by %s', flag => {
    expect(readNodeConfig([flag], {})).toMatchObject({ kind: 'help' });
  });
});
