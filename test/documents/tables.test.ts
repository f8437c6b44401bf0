import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ReadWorkerConfig, readWorkerConfig } from '../../functions/cloudflare/config.ts';
import { type ReadDenoConfig, readDenoConfig } from '../../functions/deno/config.ts';
import { MEANINGS } from '../../functions/http/problem-codes.ts';
import { OPEN_RESOURCES, RESOURCES } from '../../functions/http/resources.ts';
import { type ReadConfig, readNodeConfig } from '../../functions/node/config.ts';
import { plain, ROOT, readPage, tableRows } from './pages.ts';

const API = readPage('functions/README.md');
const NODE = readPage('functions/node/README.md');

/** Variable and default, of a table of settings. */
function settingsIn(path: string, head: string): Map<string, string> {
  const rows = tableRows(readPage(path), head);
  const cells = head.split('|').map(cell => cell.trim());
  const [name, value] = [cells.indexOf('variable') - 1, cells.indexOf('default') - 1];
  return new Map(rows.map(row => [plain(row[name] ?? ''), plain(row[value] ?? '')]));
}

const FLAG_HEAD = '| flag | variable | default | meaning |';
const VARIABLE_HEAD = '| variable | default | meaning |';
const SETTINGS = {
  Node: settingsIn('functions/node/README.md', FLAG_HEAD),
  Cloudflare: settingsIn('functions/cloudflare/README.md', VARIABLE_HEAD),
  Deno: settingsIn('functions/deno/README.md', VARIABLE_HEAD),
};

describe('the tables of the API', () => {
  it('have every resource and method with its scope', () => {
    const braced = (path: string) => path.replaceAll(/:(\w+)/g, '{$1}');
    const open = Object.keys(OPEN_RESOURCES).map(path => `GET ${braced(path)} none`);
    const guarded = Object.entries(RESOURCES).flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([method]) => method !== 'HEAD')
        .map(([method, scope]) => `${method} ${braced(path)} ${scope}`),
    );
    const rows = API.text.matchAll(/^\| `([A-Z]+ \/[^`]*)` \| (\w+) \|/gm);
    const printed = [...rows].map(([, call, scope]) => `${call} ${scope}`);
    expect(printed.toSorted()).toEqual([...open, ...guarded].toSorted());
  });

  it('have every code of an error with its status', () => {
    const codes = Object.entries(MEANINGS)
      // No client sees it.
      .filter(([code]) => code !== 'client_gone')
      .map(([code, { status }]) => `${code} ${status}`);
    const rows = tableRows(API, '| code | status | when |');
    const printed = rows.map(([code = '', status = '']) => `${plain(code)} ${status}`);
    expect(printed.toSorted()).toEqual(codes.toSorted());
  });
});

describe('the tables of settings', () => {
  it('have every flag of the Node entry with its variable', () => {
    const help = readNodeConfig(['--help'], {});
    const lines = 'text' in help ? help.text.matchAll(/^ {2}(--[\w-]+) +([A-Z_]+)/gm) : [];
    const rows = tableRows(NODE, FLAG_HEAD);
    const printed = rows.map(([flag = '', name = '']) => `${plain(flag)} ${plain(name)}`);
    const known = [...lines].map(([, flag, name]) => `${flag} ${name}`);
    expect(printed.toSorted()).toEqual(known.toSorted());
  });

  it.each(['Cloudflare', 'Deno'] as const)('have every variable of the %s entry', runtime => {
    const source = readFileSync(join(ROOT, `functions/${runtime.toLowerCase()}/config.ts`), 'utf8');
    const known = [...source.matchAll(/^ {2}([A-Z_]+): /gm)].map(([, name = '']) => name);
    expect([...SETTINGS[runtime].keys()].toSorted()).toEqual(known.toSorted());
  });

  it('have the defaults of each entry', () => {
    const defaults = [
      ...defaultsOf('Node', readNodeConfig([], {})),
      ...defaultsOf('Cloudflare', readWorkerConfig({})),
      ...defaultsOf(
        'Deno',
        readDenoConfig(() => undefined, false),
      ),
    ];
    const isPrinted = ({ runtime, name, value }: Default) => SETTINGS[runtime].get(name) === value;
    expect(defaults.length).toBeGreaterThan(25);
    expect(defaults.filter(setting => !isPrinted(setting))).toEqual([]);
  });

  it('agree with the table of the settings that the runtimes share', () => {
    const rows = tableRows(API, '| variable | Node | Cloudflare | Deno | meaning |');
    const shared = rows.map(([name = '', ...values]) => [plain(name), ...values.slice(0, 3)]);
    const own = rows.map(([name = '']) => [
      plain(name),
      ...Object.values(SETTINGS).map(settings => settings.get(plain(name))),
    ]);
    expect(shared.map(row => row.map(cell => plain(cell ?? '')))).toEqual(own);
    expect(rows).toHaveLength(11);
  });
});

type Runtime = keyof typeof SETTINGS;

interface Default {
  readonly runtime: Runtime;
  readonly name: string;
  readonly value: string;
}

/** The settings that have a default which is no other setting's, as the tables print them. */
function defaultsOf(
  runtime: Runtime,
  read: ReadConfig | ReadWorkerConfig | ReadDenoConfig,
): Default[] {
  const config = read.kind === 'config' ? read.config : {};
  return Object.entries(config).flatMap(([key, value]) => {
    const name = key.toUpperCase().replaceAll('-', '_');
    const isPlain = ['string', 'number', 'boolean'].includes(typeof value);
    if (!isPlain || !SETTINGS[runtime].has(name)) return [];
    const digits = name === 'STATE_MODE' ? `0${Number(value).toString(8)}` : String(value);
    return [{ runtime, name, value: digits }];
  });
}

describe('the table of folders', () => {
  it('has every folder with sources', () => {
    const sources = ['functions', 'lib'].flatMap(folder =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter(name => /\.tsx?$/.test(name))
        .map(name => `${dirname(join(folder, name))}/`),
    );
    const rows = tableRows(readPage('lib/README.md'), '| folder | has |');
    const printed = rows.map(([folder = '']) => plain(folder));
    expect([...new Set(sources)].filter(folder => folder !== 'lib/').toSorted()).toEqual(
      printed.toSorted(),
    );
  });
});
