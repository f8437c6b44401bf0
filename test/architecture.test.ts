import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Import {
  readonly from: string;
  /** A path from the root for a file of ours, else the name of a package. */
  readonly to: string;
}

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => join(folder, name));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  const specifiers = text.matchAll(
    /^(?:import|export)\b[^;]*?from '([^']+)';|^import '([^']+)';/gms,
  );
  return [...specifiers].map(match => {
    const specifier = match[1] ?? match[2] ?? '';
    const local = specifier.startsWith('.');
    return { from: file, to: local ? normalize(join(dirname(file), specifier)) : specifier };
  });
}

const imports = [...sources('lib'), ...sources('functions')].flatMap(importsOf);

function offending(offends: (edge: Import) => boolean): string[] {
  return imports.filter(offends).map(({ from, to }) => `${from} imports ${to}`);
}

function isEntry(file: string): boolean {
  return /^functions\/(?:node|worker|deno)(?:-[a-z]+)*\.ts$/.test(file);
}

describe('import directions', () => {
  it('are read from more than a hundred imports', () => {
    expect(imports.length).toBeGreaterThan(100);
  });

  it('lib/ imports neither functions/ nor hono nor a log', () => {
    const allowed = (to: string) => !/^(?:functions\/|@?hono|@logtape)/.test(to);
    expect(offending(({ from, to }) => from.startsWith('lib/') && !allowed(to))).toEqual([]);
  });

  it('only the file store knows the file system, and only it imports from node', () => {
    const inFileStore = (file: string) => /^lib\/stores\/file(?:\.ts|\/)/.test(file);
    expect(
      offending(
        ({ from, to }) => from.startsWith('lib/') && to.startsWith('node:') && !inFileStore(from),
      ),
    ).toEqual([]);
  });

  it('a store imports the store contract and its own medium, nothing else', () => {
    const own = /^lib\/(?:store\.ts$|stores\/)/;
    expect(
      offending(
        ({ from, to }) => from.startsWith('lib/stores/') && to.startsWith('lib/') && !own.test(to),
      ),
    ).toEqual([]);
  });

  it('the layout knows no schema, the schema no state, the state no lease, the lease no job', () => {
    const layers = ['lib/layout/', 'lib/schema/', 'lib/state/', 'lib/lease/'];
    const outer = (from: string, to: string) => {
      const layer = layers.findIndex(folder => from.startsWith(folder));
      const target = layers.findIndex(folder => to.startsWith(folder));
      return layer >= 0 && (target > layer || /^lib\/job(?!-id)|^lib\/stores\//.test(to));
    };
    expect(offending(({ from, to }) => outer(from, to))).toEqual([]);
  });

  it('a worker talks to the service over HTTP alone', () => {
    const own = /^lib\/(?:worker\/|clock\.ts$|random\.ts$|unreachable\.ts$)/;
    const ofWorker = (file: string) => /^lib\/worker(?:\.ts|\/)/.test(file);
    expect(
      offending(({ from, to }) => ofWorker(from) && to.startsWith('lib/') && !own.test(to)),
    ).toEqual([]);
  });

  it('one place does compare-and-swap, and one other probes it', () => {
    const users = sources('lib').filter(
      file =>
        !/^lib\/store(?:\.ts|s\/)/.test(file) &&
        /\b(?:atVersion|ABSENT)\b/.test(readFileSync(join(root, file), 'utf8')),
    );
    expect(users).toEqual(['lib/doctor-probes.ts', 'lib/object-writer.ts']);
  });

  it('routes call the repository, never a store', () => {
    expect(
      offending(
        ({ from, to }) =>
          from.startsWith('functions/') && to.startsWith('lib/stores/') && !isEntry(from),
      ),
    ).toEqual([]);
  });

  it('only the entries name a runtime', () => {
    expect(
      offending(
        ({ from, to }) =>
          from.startsWith('functions/') && /^node:|^@hono\/node/.test(to) && !isEntry(from),
      ),
    ).toEqual([]);
  });

  it('time and randomness have one source each', () => {
    const users = (pattern: RegExp) =>
      [...sources('lib'), ...sources('functions')].filter(file =>
        pattern.test(readFileSync(join(root, file), 'utf8')),
      );
    expect(users(/Date\.now\(|new Date\(\)/)).toEqual(['lib/clock.ts']);
    expect(users(/Math\.random\(/)).toEqual(['lib/random.ts']);
  });
});
