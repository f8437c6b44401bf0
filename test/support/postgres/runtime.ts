import { systemClock } from '../../../lib/base/clock.ts';
import { decodeState } from '../../../lib/checkpoint/codec.ts';
import { safeName, safeNameOf } from '../../../lib/keys/job-id.ts';
import { labelOf, outlineOf } from '../../../lib/storage/job-summary.ts';
import { UNCONDITIONAL } from '../../../lib/store.ts';
import type { Runtime } from '../runtime.ts';
import { lendSchema } from './lent-schemas.ts';
import { openShared, runSql } from './shared-client.ts';

// A byte order mark is part of a text.
const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Tables of PostgreSQL. */
export const postgres: Runtime = {
  keepsRepository: true,
  hasFiles: false,
  distinctVersions: true,
  openStore: () => openShared(lendSchema()),
  async makePlace() {
    const schema = lendSchema();
    const table = `"${schema.name}".listed_object`;
    const keyOf = (name: string) => `jobs/${name}`;
    const other = openShared(schema);
    await other.head(keyOf('a'));
    return {
      open: async () => openShared(schema),
      async write(name, body) {
        const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
        await other.put(keyOf(name), bytes, UNCONDITIONAL, labelFor(keyOf(name), bytes));
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

/** Only services write these tables, and they write the place of each job in lists. What is no state of the job has none. */
function labelFor(key: string, body: Uint8Array): string | undefined {
  const decoded = decodeState(body, { source: 'file', now: systemClock.now() });
  if (!decoded.ok || safeName(decoded.value.job_id) !== safeNameOf(key)) return undefined;
  return labelOf(outlineOf(decoded.value)) ?? undefined;
}
