import type { LabelMedium, LabelMediumOptions } from './label-medium.ts';
import { plainLabels } from './plain-labels.ts';
import { sqliteLabels } from './sqlite-labels.ts';
import { loadSqlite } from './sqlite-module.ts';

/** SQLite where this version of Node has it, else a plain file. `path` is that of the file without its ending. */
export function systemLabels(options: LabelMediumOptions): LabelMedium {
  const sqlite = loadSqlite();
  const { path } = options;
  if (sqlite === null) return plainLabels({ ...options, path: `${path}.jsonl` });
  return sqliteLabels(sqlite, { ...options, path: `${path}.sqlite` });
}
