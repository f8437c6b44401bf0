import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';

/** What failed in the last run of each part of `npm test`: run as a program, this file prints it, and fails. */
const FOLDER = join(import.meta.dirname, '../../../node_modules/.cache/failed-tests');

/**
 * Of a part of `npm test`, or null for another run. On CI only what failed is printed: of a long log often nothing but
 * the end is kept.
 */
export function reportersOf(part: string | null): (string | Reporter)[] {
  const { CI, GITHUB_ACTIONS } = process.env;
  return [
    CI === undefined ? 'default' : 'minimal',
    ...(GITHUB_ACTIONS === 'true' ? ['github-actions'] : []),
    ...(part === null ? [] : [failedTests(part)]),
  ];
}

/** Writes one line for each failed test of a part, and for what else went wrong. */
function failedTests(part: string): Reporter {
  function write(lines: readonly string[]): void {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(join(FOLDER, part), lines.map(line => `${line}\n`).join(''));
  }

  return {
    onInit: () => write([`failed: ${part} has not come to its end`]),
    onTestRunEnd(modules, unhandled) {
      const errors = unhandled.map(error => `failed: ${part} > ${firstLineOf([error])}`);
      write([...modules.flatMap(failuresOf), ...errors]);
    },
  };
}

function failuresOf(module: TestModule): string[] {
  const file = `${module.project.name} ${module.relativeModuleId}`;
  const ofHooks = [module, ...module.children.allSuites()]
    .filter(suite => suite.errors().length > 0)
    .map(suite => {
      const name = suite.type === 'suite' ? ` > ${suite.fullName}` : '';
      return `failed: ${file}${name}: ${firstLineOf(suite.errors())}`;
    });
  const ofTests = [...module.children.allTests('failed')].map(
    test => `failed: ${file} > ${test.fullName}: ${firstLineOf(test.result().errors ?? [])}`,
  );
  return [...ofHooks, ...ofTests];
}

function firstLineOf(errors: readonly { readonly message?: string }[]): string {
  return (errors[0]?.message ?? 'no message').split('\n', 1).join('').slice(0, 200);
}

if (import.meta.main) {
  for (const part of readdirSync(FOLDER)) {
    process.stdout.write(readFileSync(join(FOLDER, part), 'utf8'));
  }
  process.exitCode = 1;
}
