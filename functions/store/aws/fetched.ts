import * as z from 'zod';
import type { CredentialSource, S3Credentials } from '../../../lib/stores/s3/send.ts';
import type { Machine } from '../machine.ts';

const Answer = z.object({
  AccessKeyId: z.string().min(1),
  SecretAccessKey: z.string().min(1),
  Token: z.string().min(1).optional(),
  Expiration: z.string().optional(),
});

export interface FetchedParts extends Machine {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** In milliseconds since 1970. */
  readonly now: () => number;
}

/** They are asked for again this long before they expire. */
const EARLY_MS = 5 * 60_000;
const TIMEOUT_MS = 2_000;
const CONTAINER_HOST = 'http://169.254.170.2';
const INSTANCE = 'http://169.254.169.254/latest';

/** Credentials of the container, or else of the machine on AWS. They are fetched before they expire. */
export function createFetchedCredentials(parts: FetchedParts): CredentialSource {
  let current: { readonly credentials: S3Credentials; readonly untilMs: number } | null = null;
  let fetching: Promise<S3Credentials> | null = null;

  async function renew(): Promise<S3Credentials> {
    const answer = await fetchAnswer(parts);
    const { AccessKeyId, SecretAccessKey, Token, Expiration = '' } = answer;
    const credentials = {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: Token,
    };
    const expiresMs = Date.parse(Expiration);
    current = {
      credentials,
      untilMs: Number.isNaN(expiresMs) ? Number.POSITIVE_INFINITY : expiresMs - EARLY_MS,
    };
    return credentials;
  }

  return async rejected => {
    const isRejected =
      rejected !== null && rejected.accessKeyId === current?.credentials.accessKeyId;
    if (current !== null && parts.now() < current.untilMs && !isRejected)
      return current.credentials;
    fetching ??= renew().finally(() => {
      fetching = null;
    });
    try {
      return await fetching;
    } catch (error) {
      // Those that expire soon are still valid.
      if (current === null || isRejected) throw error;
      return current.credentials;
    }
  };
}

async function fetchAnswer(parts: FetchedParts): Promise<z.infer<typeof Answer>> {
  const { environment } = parts;
  const relative = environment['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'];
  const full = environment['AWS_CONTAINER_CREDENTIALS_FULL_URI'];
  const url = relative === undefined ? full : `${CONTAINER_HOST}${relative}`;
  const text =
    url === undefined
      ? await askInstance(parts)
      : await ask(parts, url, { headers: await containerHeaders(parts) });
  const parsed = Answer.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error('The credentials of the platform cannot be read');
  return parsed.data;
}

async function containerHeaders({
  environment,
  readText,
}: Machine): Promise<Record<string, string>> {
  const file = environment['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'];
  const token =
    file === undefined
      ? environment['AWS_CONTAINER_AUTHORIZATION_TOKEN']
      : await tokenIn(file, readText);
  return token === undefined ? {} : { Authorization: token };
}

async function tokenIn(file: string, readText: Machine['readText']): Promise<string> {
  const text = await readText(file);
  if (text === null) throw new Error(`There is no file ${file}`);
  return text.trim();
}

async function askInstance(parts: FetchedParts): Promise<string> {
  const token = await ask(parts, `${INSTANCE}/api/token`, {
    method: 'PUT',
    headers: { 'X-aws-ec2-metadata-token-ttl-seconds': '21600' },
  });
  const headers = { 'X-aws-ec2-metadata-token': token };
  const roles = `${INSTANCE}/meta-data/iam/security-credentials/`;
  const [role = ''] = (await ask(parts, roles, { headers })).split('\n');
  return ask(parts, `${roles}${role.trim()}`, { headers });
}

async function ask({ fetch }: FetchedParts, url: string, init: RequestInit): Promise<string> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
  const text = await response.text();
  if (!response.ok) throw new Error(`The credentials of the platform: ${response.status}`);
  return text;
}
