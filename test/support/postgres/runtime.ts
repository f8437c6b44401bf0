import type { Runtime } from '../runtime.ts';
import { nextSchema } from './open-store.ts';
import { openShared, runSql } from './shared-client.ts';

// A byte order mark is part of a text.
const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Tables of PostgreSQL. */
export const postgres: Runtime = {
  keepsRepository: true,
  hasFiles: false,
  distinctVersions: true,
  openStore: () => openShared(nextSchema()),
  async makePlace() {
    const schema = nextSchema();
    const table = `"${schema}".listed_object`;
    const keyOf = (name: string) => `jobs/${name}`;
    let written = 0;
    await openShared(schema).head(keyOf('a'));
    return {
      open: async () => openShared(schema),
      async write(name, body) {
        written += 1;
        const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
        const text = `INSERT INTO ${table} (key, version, body, is_text, change) VALUES ($1, $2, $3, false, pg_current_xact_id())
          ON CONFLICT (key) DO UPDATE SET version = $2, body = $3, is_text = false, label = NULL, place = NULL, kind = NULL,
          field_a = NULL, field_b = NULL, change = pg_current_xact_id()`;
        await runSql({ text, values: [keyOf(name), `other-${written}`, bytes] });
      },
      async read(name) {
        const text = `SELECT encode(body, 'hex') FROM ${table} WHERE key = $1`;
        const [row] = await runSql({ text, values: [keyOf(name)] });
        if (row === undefined) throw new Error(`Nothing is stored as ${name}`);
        return UTF8.decode(Buffer.from(row[0] ?? '', 'hex'));
      },
      async remove(name) {
        await runSql({ text: `DELETE FROM ${table} WHERE key = $1`, values: [keyOf(name)] });
      },
      async names() {
        const rows = await runSql({ text: `SELECT key FROM ${table} ORDER BY key`, values: [] });
        return rows.map(([key]) => (key ?? '').slice(keyOf('').length));
      },
    };
  },
};
