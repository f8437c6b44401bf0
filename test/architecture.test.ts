import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** From top to bottom: a file imports from its own folder and from rows below. `lib/README.md` has it as a picture. */
const RANKS: readonly (readonly string[])[] = [
  ['functions', 'functions/cli'],
  ['functions/dashboard'],
  ['functions/cli/commands'],
  ['functions/cli/folder'],
  ['functions/cli/access', 'functions/cli/calls', 'functions/cli/dev', 'functions/cli/serve.ts'],
  ['functions/dashboard/pages'],
  [
    'functions/dashboard/parts/api',
    'functions/dashboard/parts/job',
    'functions/dashboard/parts/jobs',
    'functions/dashboard/parts/service',
  ],
  ['functions/dashboard/parts'],
  ['functions/dashboard/state'],
  ['functions/dashboard/text'],
  ['functions/testing'],
  ['functions/cloudflare/entry'],
  ['functions/cloudflare/objects', 'functions/cloudflare/hyperdrive'],
  ['functions/node', 'functions/cloudflare', 'functions/deno', 'functions/cli/copy'],
  [
    'functions/node/plain',
    'functions/node/store',
    'functions/cloudflare/shards',
    'functions/cloudflare/presence',
  ],
  ['functions/node/drain.ts', 'functions/node/sent.ts', 'functions/store'],
  ['functions/store/aws'],
  ['functions/store/machine.ts'],
  ['functions/cli/terminal'],
  ['functions/entry', 'functions/pages', 'functions/telemetry'],
  ['functions/openapi'],
  ['functions/openapi/operations', 'functions/openapi/examples'],
  ['functions/openapi/schemas'],
  ['functions/app.ts'],
  ['functions/plain'],
  ['functions/routes'],
  ['functions/serving'],
  ['functions/http/list', 'functions/http/presence'],
  ['functions/http'],
  ['functions/metrics'],
  ['functions/services'],
  ['lib/service'],
  ['lib/why', 'lib/sweep', 'lib/presence', 'lib/claims', 'lib/live', 'lib/remote'],
  ['lib/protocol', 'lib/doctor', 'lib/copy', 'lib/move'],
  ['lib/storage/lists', 'lib/storage/leases'],
  ['lib/storage'],
  ['lib/storage/commit'],
  ['lib/ready'],
  ['lib/availability'],
  ['lib/lease'],
  ['lib/checkpoint', 'lib/access'],
  ['lib/checkpoint/generated', 'lib/checkpoint/text'],
  ['lib/keys'],
  ['lib/failure.ts'],
  ['lib/redaction'],
  ['lib/schema'],
  ['lib/json'],
  ['lib/worker.ts', 'lib/client.ts'],
  ['lib/client'],
  ['lib/worker'],
  ['lib/worker/handler'],
  ['lib/worker/client'],
  ['lib/worker/shape'],
  ['lib/stores'],
  [
    'lib/stores/file',
    'lib/stores/r2',
    'lib/stores/s3',
    'lib/stores/workers-kv',
    'lib/stores/deno-kv',
    'lib/stores/shards',
    'lib/stores/shard',
    'lib/stores/moving',
    'lib/stores/service',
    'lib/stores/postgres',
  ],
  ['lib/stores/binding', 'lib/stores/deno-kv/in-memory'],
  ['lib/stores/file/journal'],
  ['lib/stores/file/temporaries', 'lib/stores/file/labels'],
  [
    'lib/stores/file/body.ts',
    'lib/stores/file/crash-point.ts',
    'lib/stores/file/errno.ts',
    'lib/stores/file/identity.ts',
    'lib/stores/file/pace.ts',
    'lib/stores/file/permissions.ts',
    'lib/stores/file/remove-file.ts',
    'lib/stores/file/stat.ts',
    'lib/stores/file/sync-folder.ts',
  ],
  [
    'lib/stores/deno-kv/kv-like.ts',
    'lib/stores/key-order.ts',
    'lib/stores/own-text.ts',
    'lib/stores/parts.ts',
    'lib/stores/shard-port.ts',
  ],
  ['lib/store.ts'],
  ['lib/base'],
];

const MAX_FILES_IN_A_FOLDER = 25;

interface Import {
  readonly from: string;
  /** A path from the root for a file of ours, else the name of a package. */
  readonly to: string;
}

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => /\.tsx?$/.test(name) && !name.includes('node_modules'))
    .map(name => join(folder, name));
}

function textOf(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

/** Type imports too. */
function importsOf(file: string): Import[] {
  const specifiers = textOf(file).matchAll(
    /^(?:import|export)\b[^;]*?from '([^']+)';|^import '([^']+)';|\bimport\('([^']+)'\)/gms,
  );
  return [...specifiers].map(match => {
    const specifier = match[1] ?? match[2] ?? match[3] ?? '';
    const isLocal = specifier.startsWith('.');
    return { from: file, to: isLocal ? normalize(join(dirname(file), specifier)) : specifier };
  });
}

const FILES = [...sources('lib'), ...sources('functions')];
const IMPORTS = FILES.flatMap(importsOf);
const LOCAL = IMPORTS.filter(({ to }) => /^(?:lib|functions)\//.test(to));

/** The row of a file: its own where it has one, else that of its folder. */
function rankOf(file: string): number {
  const own = RANKS.findIndex(row => row.includes(file));
  return own >= 0 ? own : RANKS.findIndex(row => row.includes(dirname(file)));
}

function isDownward({ from, to }: Import): boolean {
  const isSameFolder = dirname(from) === dirname(to) && rankOf(from) === rankOf(to);
  return isSameFolder || rankOf(from) < rankOf(to);
}

function offending(edges: readonly Import[], isAllowed: (edge: Import) => boolean): string[] {
  return edges.filter(edge => !isAllowed(edge)).map(({ from, to }) => `${from} imports ${to}`);
}

/** A circle of imports, null where there is none. */
function circleOf(edges: readonly Import[]): readonly string[] | null {
  const done = new Set<string>();
  const targets = Map.groupBy(edges, ({ from }) => from);

  function visit(file: string, path: readonly string[]): readonly string[] | null {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return null;
    for (const { to } of targets.get(file) ?? []) {
      const circle = visit(to, [...path, file]);
      if (circle !== null) return circle;
    }
    done.add(file);
    return null;
  }

  for (const file of targets.keys()) {
    const circle = visit(file, []);
    if (circle !== null) return circle;
  }
  return null;
}

function usersOf(pattern: RegExp): string[] {
  return FILES.filter(file => pattern.test(textOf(file))).toSorted();
}

describe('folders', () => {
  it('each have a rank', () => {
    expect(FILES.length).toBeGreaterThan(200);
    expect(FILES.filter(file => rankOf(file) < 0)).toEqual([]);
  });

  it('are all there that have a rank', () => {
    const places = new Set(FILES.flatMap(file => [file, dirname(file)]));
    expect(RANKS.flat().filter(place => !places.has(place))).toEqual([]);
  });

  it(`have no more than ${MAX_FILES_IN_A_FOLDER} files each, those of tests too`, () => {
    const files = [...FILES, ...sources('test')];
    const folders = [...Map.groupBy(files, dirname)];
    const wide = folders.filter(([, members]) => members.length > MAX_FILES_IN_A_FOLDER);
    expect(wide.map(([folder, members]) => `${folder}: ${members.length}`)).toEqual([]);
  });
});

describe('imports', () => {
  it('are read from more than a thousand lines', () => {
    expect(LOCAL.length).toBeGreaterThan(1_000);
  });

  it('run downwards only', () => {
    expect(offending(LOCAL, isDownward)).toEqual([]);
  });

  it('form no circle', () => {
    expect(circleOf(LOCAL)).toBeNull();
  });

  it('of a store are the store contract and its own medium', () => {
    const ofStores = LOCAL.filter(({ from }) => from.startsWith('lib/stores/'));
    expect(offending(ofStores, ({ to }) => /^lib\/(?:store\.ts$|stores\/)/.test(to))).toEqual([]);
  });

  it('of one store are not of another', () => {
    // The store of shards, and each of them, know each other by the port alone.
    const SHARED = new Set(['binding', 'key-order', 'own-text', 'parts', 'shard-port']);
    const mediumOf = (file: string) => /^lib\/stores\/([^/.]+)/.exec(file)?.[1] ?? '';
    const own = ({ from, to }: Import) => {
      const medium = mediumOf(to);
      return medium === mediumOf(from) || SHARED.has(medium);
    };
    const between = LOCAL.filter(
      ({ from, to }) => from.startsWith('lib/stores/') && to.startsWith('lib/stores/'),
    );
    expect(offending(between, own)).toEqual([]);
  });

  it('of the job library are its own and the base: it talks to the service over HTTP alone', () => {
    const ofWorker = LOCAL.filter(({ from }) => /^lib\/worker(?:\.ts|\/)/.test(from));
    expect(offending(ofWorker, ({ to }) => /^lib\/(?:worker|base)\//.test(to))).toEqual([]);
  });

  it('of the job library and the client are no packages: they load in other programs', () => {
    const own = IMPORTS.filter(({ from }) => /^lib\/(?:worker|client)(?:\.ts|\/)/.test(from));
    expect(own.length).toBeGreaterThan(100);
    expect(offending(own, ({ to }) => /^lib\/(?:worker|client|base)\//.test(to))).toEqual([]);
  });

  it('of lib/ are neither functions/ nor hono nor a log', () => {
    const ofLib = IMPORTS.filter(({ from }) => from.startsWith('lib/'));
    expect(offending(ofLib, ({ to }) => !/^(?:functions\/|@?hono|@logtape)/.test(to))).toEqual([]);
  });

  it('of routes, requests and responses are no store', () => {
    const ofRoutes = LOCAL.filter(({ from }) =>
      /^functions\/(?:app\.ts|routes|http|entry)/.test(from),
    );
    expect(offending(ofRoutes, ({ to }) => !to.startsWith('lib/stores/'))).toEqual([]);
  });
});

describe('runtimes', () => {
  it('node: is imported by the Node entry, the command line, the pages, the test service, the file store and the driver of PostgreSQL alone', () => {
    const places =
      /^(?:functions\/(?:node(?:\.ts|\/)|cli\/|pages\/|testing\/|cloudflare\/hyperdrive\/)|lib\/stores\/(?:file(?:\.ts|\/)|postgres\/(?:connection|prepared-names|body-text|wire-messages)\.ts))/;
    const users = usersOf(/from '(?:node:|@hono\/node-server)/);
    expect(users.filter(file => !places.test(file))).toEqual([]);
  });

  it('the pages are read on Node and Deno alone: the platform serves them on Workers', () => {
    const users = LOCAL.filter(({ to }) => to.startsWith('functions/pages/'));
    expect(
      offending(users, ({ from }) => /^functions\/(?:node|deno|pages|dashboard)\//.test(from)),
    ).toEqual([]);
  });

  it('cloudflare: is imported by the Cloudflare entry alone', () => {
    const users = usersOf(/from 'cloudflare:/);
    expect(users.filter(file => !/^functions\/cloudflare(?:\.ts|\/)/.test(file))).toEqual([]);
  });

  it('Deno is named by the Deno entry alone', () => {
    const users = usersOf(/(?<![`\w])Deno\??\.\w|globalThis\.Deno/);
    expect(users.filter(file => !/^functions\/deno(?:\.ts|\/)/.test(file))).toEqual([]);
  });
});

describe('one place each', () => {
  it('one place does compare-and-swap, one probes it, and one passes on what a copy asks', () => {
    const users = usersOf(/\b(?:atVersion|ABSENT)\b/);
    expect(users.filter(file => !/^lib\/store(?:\.ts|s\/)/.test(file))).toEqual([
      'functions/routes/objects.ts',
      'lib/doctor/medium-probe.ts',
      'lib/doctor/probes.ts',
      'lib/storage/commit/confirmed-swap.ts',
    ]);
  });

  it('time and randomness have one source each', () => {
    expect(usersOf(/Date\.now\(|new Date\(\)/)).toEqual(['lib/base/clock.ts']);
    expect(usersOf(/Math\.random\(/)).toEqual(['lib/base/random.ts']);
  });
});
