/** Calls to the service, as another client makes them beside the page. */
export interface ServiceCalls {
  readonly url: string;
  /** The body of a success. Throws for everything else. */
  call(method: string, path: string, body?: unknown, headers?: Headers): Promise<unknown>;
  create(job: Readonly<Record<string, unknown>>): Promise<void>;
  /** Acquires the job, and gives the header that its writes need. */
  acquire(jobId: string, lease: { holder: string; ttl_seconds?: number }): Promise<Headers>;
}

type Headers = Readonly<Record<string, string>>;

export function callsTo(url: string, token?: string): ServiceCalls {
  const bearer: Headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };

  async function call(
    method: string,
    path: string,
    body?: unknown,
    headers: Headers = {},
  ): Promise<unknown> {
    const type: Headers = body === undefined ? {} : { 'Content-Type': 'application/json' };
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { ...bearer, ...type, ...headers },
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? null : JSON.parse(text);
  }

  return {
    url,
    call,
    async create(job) {
      await call('POST', '/v1/jobs', { job_name: 'Nightly import', total_sheets: 3, ...job });
    },
    async acquire(jobId, lease) {
      const path = `/v1/jobs/${encodeURIComponent(jobId)}/lease`;
      const granted = (await call('POST', path, lease, { Prefer: 'return=minimal' })) as {
        token: string;
      };
      return { 'Lease-Token': granted.token };
    },
  };
}
