import { systemClock } from '../../../lib/base/clock.ts';
import { systemTimers } from '../../../lib/base/timers.ts';
import { connectTo } from '../../../lib/stores/postgres/connection.ts';
import { openApp } from '../../support/app.ts';
import { openClient, openStore } from '../../support/postgres/open-store.ts';
import { explain, planText, recordingClient } from '../../support/postgres/plans.ts';
import { benchTarget } from './bench-target.ts';
import { callApp } from './call-app.ts';
import { REQUESTS } from './requests.ts';
import { callService } from './service.ts';

/*
 * node test/bench/postgres/measure.ts URL SERVICE [--plans] [--only TEXT] [--rounds 7]: the times of requests to a service on the
 * database that `fill.ts` has filled, and what each of their statements reads there. `--plans` prints whole plans. It claims, releases
 * and updates some jobs. All leases are renewed first, for an hour.
 */

const [url = '', service = '', ...flags] = process.argv.slice(2);
const valueOf = (flag: string): string | undefined =>
  flags.includes(flag) ? flags[flags.indexOf(flag) + 1] : undefined;
const only = valueOf('--only') ?? '';
const rounds = Number(valueOf('--rounds') ?? 7);
// The doctor opens sessions of its own.
process.env['TEST_POSTGRES'] = url;
const connection = await connectTo(benchTarget(url));
const client = openClient({ ...benchTarget(url), prepare: true }, 4);
const recorded = recordingClient(client);
const call = callService(service);
const app = openApp({
  store: openStore('dalsegno', { client: recorded }),
  clock: systemClock,
  seed: systemClock.millis(),
});
const recordedCall = callApp(app);

/** In labels and bodies, as the service writes them. */
async function renewLeases(): Promise<void> {
  const now = systemClock.millis();
  const [renewed, expires] = [now, now + 3_600_000].map(millis => {
    return new Date(millis).toISOString().replace('Z', '000Z');
  });
  const text = `UPDATE dalsegno.resident_object SET change = pg_current_xact_id(), version = left(md5(random()::text), 20), label = $1 || ' ' || $2 || ' 3600',
    body = convert_to(replace(replace(convert_from(body, 'UTF8'), split_part(label, ' ', 1), $1), '"renewed_at":"' || split_part(label, ' ', 2), '"renewed_at":"' || $2), 'UTF8')
    WHERE key LIKE 'leases/%' AND label NOT LIKE '% ended'`;
  await connection.run({ text, values: [expires ?? '', renewed ?? ''] });
  await connection.run({ text: 'VACUUM ANALYZE dalsegno.resident_object', values: [] });
}

await renewLeases();
console.log('| request | median ms | first ms | statements | rows read | pages read | server ms |');
console.log('|---|---|---|---|---|---|---|');
const plans: string[] = [];
for (const { name, prepare, run } of REQUESTS) {
  if (!name.includes(only)) continue;
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const known = (await prepare?.(call)) ?? {};
    const startedAtMs = systemTimers.elapsedMs();
    await run(call, known);
    times.push(systemTimers.elapsedMs() - startedAtMs);
    if ((times[0] ?? 0) > 5_000) break;
  }
  const known = (await prepare?.(recordedCall)) ?? {};
  recorded.take();
  await run(recordedCall, known);
  const statements = recorded.take();
  const sums = { rows: 0, pages: 0, milliseconds: 0 };
  if (statements.length <= 100) {
    for (const statement of statements) {
      const facts = await explain(connection, statement);
      sums.rows += facts.rows;
      sums.pages += facts.pages;
      sums.milliseconds += facts.milliseconds;
      if (flags.includes('--plans')) {
        plans.push(`-- ${name}\n${statement.text}\n${await planText(connection, statement)}\n`);
      }
    }
  }
  const median = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
  const { rows, pages, milliseconds } = sums;
  const shown = [median, times[0] ?? 0, statements.length, rows, pages, milliseconds];
  console.log(
    `| ${[name, ...shown.map(number => number.toFixed(number < 10 ? 1 : 0))].join(' | ')} |`,
  );
}
for (const plan of plans) console.log(plan);
await connection.end();
await client.close();
