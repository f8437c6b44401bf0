import { connectTo } from '../../../lib/stores/postgres/connection.ts';

/*
 * node test/bench/postgres/fill.ts URL SERVICE [JOBS]: fills the schema `dalsegno` of an empty database with jobs, in the rows that the
 * service itself has written there for one of each kind. Of a million, 890,000 are completed, 100,000 wait, and 10,000
 * run with a live lease each.
 */

const [url = '', service = '', count = '1000000'] = process.argv.slice(2);
const JOBS = Number(count);
const { hostname, port, username, pathname } = new URL(url);
const connection = await connectTo({
  host: hostname,
  port: Number(port),
  database: pathname.slice(1),
  user: username,
  password: null,
  tls: null,
  prepare: false,
  statementTimeoutMs: 0,
});

async function call(path: string, body: unknown, token?: string): Promise<Record<string, unknown>> {
  const answer = await fetch(`${service}/v1/${path}`, {
    method: path.includes('/sheets/') ? 'PUT' : 'POST',
    headers: {
      'Content-Type': 'application/json',
      ...(token === undefined ? {} : { 'Lease-Token': token }),
    },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Record<string, unknown>;
}

/** Jobs of the service, one of each kind. */
async function makeTemplates(): Promise<void> {
  for (const status of ['completed', 'running', 'pending']) {
    const job_name = `template-${status}`;
    await call('jobs', { job_id: `t-${status}`, job_name, total_sheets: 3 });
    if (status === 'pending') continue;
    const claim = { job_name, holder: 'template-holder', ttl_seconds: 3600 };
    const { token } = await call('claims', claim);
    if (status === 'running') continue;
    for (const sheet of [1, 2, 3]) {
      const update = { status: 'completed', stdout: 'line\n'.repeat(40) };
      await call(`jobs/t-${status}/sheets/${sheet}`, update, String(token));
    }
  }
}

async function sql(text: string): Promise<void> {
  const startedAt = performance.now();
  await connection.run({ text, values: [] });
  console.log(`${Math.round(performance.now() - startedAt)} ms: ${text.trim().slice(0, 60)}`);
}

/** The number of a job says its kind; its time is ten seconds before that of the next one. */
const ROWS = `
  SELECT i, 'j' || lpad(i::text, 7, '0') AS id,
    CASE WHEN i % 100 < 89 THEN 'completed' WHEN i % 100 < 90 THEN 'running' ELSE 'pending' END AS kind,
    'name-' || i % 50 AS name, 'holder-' || i % 97 AS holder, now() - interval '10 milliseconds' * (${JOBS} - i) AS at
  FROM generate_series(1, ${JOBS}) AS i`;
const STAMP = `to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
/** As the service has written it, with another id, name, holder and time. */
const filled = (text: string): string =>
  `replace(replace(replace(replace(${text}, 't-' || rows.kind, id), 'template-holder', holder), 'template-' || rows.kind, name), template.label::json->>'updated_at', ${STAMP})`;

await makeTemplates();
await sql(`
  INSERT INTO dalsegno.listed_object (key, version, body, is_text, label, change, place, kind, field_a, field_b)
  SELECT 'jobs/' || id || '.json', lpad(to_hex(i), 20, '0'), convert_to(${filled(`convert_from(template.body, 'UTF8')`)}, 'UTF8'), true,
    ${filled('template.label')}, template.change, lpad((template.place::bigint - (${JOBS} - i) * 10000::bigint)::text, length(template.place), '0'), template.kind, name,
    CASE WHEN template.field_b = '' THEN '' ELSE holder END
  FROM (${ROWS}) AS rows JOIN dalsegno.listed_object AS template ON template.key = 'jobs/t-' || rows.kind || '.json'`);
await sql(`
  INSERT INTO dalsegno.plain_object (key, version, body, is_text, label, change, tag)
  SELECT 'ready/' || to_char(at AT TIME ZONE 'UTC', 'YYYYMMDD"T"HH24MISS.US"Z"') || '.' || rows.tag || '~' || id, lpad(to_hex(i), 20, '0'), template.body, true, NULL, template.change, rows.tag
  FROM (SELECT rows.*, left(encode(sha256(convert_to(name, 'UTF8')), 'hex'), 12) AS tag FROM (${ROWS}) AS rows WHERE kind = 'pending') AS rows
  JOIN dalsegno.plain_object AS template ON template.key LIKE 'ready/%~t-pending'`);
await sql(`
  INSERT INTO dalsegno.resident_object (key, version, body, is_text, label, change)
  SELECT replace(template.key, 't-running', id), lpad(to_hex(i), 20, '0'),
    convert_to(replace(replace(convert_from(template.body, 'UTF8'), 't-running', id), 'template-holder', holder), 'UTF8'), true, template.label, template.change
  FROM (${ROWS}) AS rows JOIN dalsegno.resident_object AS template ON template.key LIKE 'leases/t-running.%' WHERE rows.kind = 'running'`);
await sql('VACUUM ANALYZE dalsegno.listed_object');
await sql('VACUUM ANALYZE dalsegno.plain_object');
await sql('VACUUM ANALYZE dalsegno.resident_object');
await connection.end();
