/** The answer of the service, which must succeed; empty where it has no body. The token is that of a lease. */
export type Call = (
  method: string,
  path: string,
  options?: { readonly json?: unknown; readonly token?: string },
) => Promise<Readonly<Record<string, unknown>>>;

/** What makes many jobs needs: a service for one job of each kind, and its database for the others. */
export interface ManyJobsParts {
  readonly call: Call;
  readonly sql: (text: string) => Promise<unknown>;
  readonly schema: string;
  readonly jobs: number;
}

/** Of how many in a thousand jobs. */
const KINDS = {
  running: 10,
  pending: 150,
  released: 50,
  paused: 5,
  failed: 20,
  cancelled: 10,
  completed: 755,
} as const;
type Kind = keyof typeof KINDS;

/** The number of a job times this, modulo a thousand, says its kind, so that all kinds are as old as each other. */
const STRIDE = 7919;

/** A job of the service in this situation, whose id and names say the kind. */
async function makeTemplate(call: Call, kind: Kind): Promise<void> {
  const job_name = `template-${kind}`;
  const job = `/v1/jobs/t-${kind}`;
  await call('POST', '/v1/jobs', { json: { job_id: `t-${kind}`, job_name, total_sheets: 3 } });
  switch (kind) {
    case 'pending':
      return;
    case 'paused':
    case 'failed':
    case 'cancelled':
      await call('POST', `${job}/${ACTIONS[kind]}`, { json: {} });
      return;
    case 'running':
    case 'released':
    case 'completed': {
      const claim = { job_name, holder: 'template-holder', ttl_seconds: 3600 };
      const token = String((await call('POST', '/v1/claims', { json: claim }))['token']);
      if (kind === 'released') await call('DELETE', `${job}/lease`, { token });
      if (kind !== 'completed') return;
      for (const sheet of [1, 2, 3]) {
        const json = { status: 'completed', stdout: 'line\n'.repeat(40) };
        await call('PUT', `${job}/sheets/${sheet}`, { json, token });
      }
      return;
    }
    default:
      throw new TypeError(kind satisfies never);
  }
}

const ACTIONS = { paused: 'pause', failed: 'fail', cancelled: 'cancel' } as const;

/**
 * Fills an empty schema with jobs, in the rows that the service itself has written there for one of each kind. Of a million, 200,000
 * wait for a claim (three of four pending, one released), 10,000 run with a live lease each, 5,000 are paused by an operator, and the
 * others have ended. They have a thousand names, the most frequent one of every tenth job, and 500 holders. One job is a second older
 * than the next. Templates are jobs too.
 */
export async function makeManyJobs({ call, sql, schema, jobs }: ManyJobsParts): Promise<void> {
  for (const kind of Object.keys(KINDS) as Kind[]) await makeTemplate(call, kind);
  for (const text of textsFor(schema, jobs)) await sql(text);
}

function textsFor(schema: string, jobs: number): readonly string[] {
  const rows = `
    SELECT i, 'j' || lpad(i::text, 7, '0') AS id, ${kindText()} AS kind, ${jobs} - i AS age,
      'name-' || floor(exp(ln(1000) * (hashint4(i)::bigint + 2147483648) / 4294967296.0)) AS name, 'holder-' || (hashint4(i + 1)::bigint + 2147483648) % 500 AS holder
    FROM (SELECT i, i::bigint * ${STRIDE} % 1000 AS turn FROM generate_series(1, ${jobs}) AS i) AS numbers`;
  const updated = `template.label::json->>'updated_at'`;
  const stamp = (format: string): string =>
    `to_char(((${updated})::timestamptz - interval '1 second' * age) AT TIME ZONE 'UTC', '${format}')`;
  const leaseId = `(SELECT split_part(key, '.', 2) FROM "${schema}".resident_object WHERE key LIKE 'leases/t-running.%' LIMIT 1)`;
  // As the service has written it, with another id, name, holder, lease and time.
  const filled = (text: string): string =>
    `replace(replace(replace(replace(replace(${text}, 't-' || rows.kind, id), 'template-holder', holder), 'template-' || rows.kind, name), ${leaseId}, md5(id)), ${updated}, ${stamp('YYYY-MM-DD"T"HH24:MI:SS.US"Z"')})`;
  const templates = `"${schema}".listed_object AS template ON template.key = 'jobs/t-' || rows.kind || '.json'`;
  return [
    `INSERT INTO "${schema}".listed_object (key, version, body, is_text, label, change, place, kind, field_a, field_b)
      SELECT 'jobs/' || id || '.json', lpad(to_hex(i), 20, '0'), convert_to(${filled(`convert_from(template.body, 'UTF8')`)}, 'UTF8'), true,
        ${filled('template.label')}, template.change, lpad((template.place::bigint - age * 1000000::bigint)::text, length(template.place), '0'), template.kind, name,
        CASE WHEN template.field_b = '' THEN '' ELSE holder END
      FROM (${rows}) AS rows JOIN ${templates}`,
    `INSERT INTO "${schema}".plain_object (key, version, body, is_text, label, change, tag)
      SELECT 'ready/' || since || '.' || hash || '~' || id, lpad(to_hex(i), 20, '0'), ''::bytea, true, NULL, change, hash
      FROM (
        SELECT id, i, template.change, ${stamp('YYYYMMDD"T"HH24MISS.US"Z"')} AS since, left(encode(sha256(convert_to(name, 'UTF8')), 'hex'), 12) AS hash
        FROM (${rows}) AS rows JOIN ${templates} WHERE rows.kind IN ('pending', 'released')
      ) AS hints`,
    `INSERT INTO "${schema}".resident_object (key, version, body, is_text, label, change)
      SELECT 'leases/' || id || '.' || md5(id) || '.json', lpad(to_hex(i), 20, '0'),
        convert_to(replace(replace(replace(convert_from(template.body, 'UTF8'), 't-running', id), 'template-holder', holder), ${leaseId}, md5(id)), 'UTF8'), true, template.label, template.change
      FROM (${rows}) AS rows JOIN "${schema}".resident_object AS template ON template.key LIKE 'leases/t-running.%' WHERE rows.kind = 'running'`,
    ...['listed', 'plain', 'resident'].map(kind => `VACUUM ANALYZE "${schema}".${kind}_object`),
  ];
}

function kindText(): string {
  let from = 0;
  const parts = Object.entries(KINDS).map(([kind, share]) => {
    from += share;
    return `WHEN turn < ${from} THEN '${kind}'`;
  });
  return `CASE ${parts.join(' ')} END`;
}
