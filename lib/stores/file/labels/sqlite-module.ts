import type { DatabaseSync } from 'node:sqlite';

export interface Sqlite {
  readonly DatabaseSync: typeof DatabaseSync;
}

/** Node's SQLite; null where this version of Node has none, or only behind a flag. */
export function loadSqlite(): Sqlite | null {
  const emitWarning = Reflect.get(process, 'emitWarning');
  // To load the module warns that it may change. The labels can be made again at any time.
  process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
    if (!isAboutSqlite(warning)) Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
  try {
    return process.getBuiltinModule('node:sqlite') ?? null;
  } catch {
    return null;
  } finally {
    process.emitWarning = emitWarning;
  }
}

function isAboutSqlite(warning: string | Error): boolean {
  return String(warning).includes('SQLite is an experimental feature');
}
