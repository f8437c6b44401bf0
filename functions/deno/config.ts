import * as z from 'zod';
import { isLoopback } from '../../lib/base/loopback.ts';
import {
  Bytes,
  CorsOrigins,
  Count,
  DEFAULT_GRACE_MS,
  Development,
  EdgeAccessTokens,
  GraceMs,
  LogLevel,
  RetentionDays,
  settingFaults,
  Whole,
} from '../entry/settings.ts';
import { SHARED_READERS, type SharedPlace, storeUrl } from '../store/store-url.ts';

export const DenoConfig = z.object({
  PORT: Whole.pipe(z.number().max(65_535)).default(8787),
  HOST: z.string().default('127.0.0.1'),
  STORE: storeUrl<SharedPlace>(SHARED_READERS).optional(),
  STATE_DIR: z.string().default('./deno-state'),
  ACCESS_TOKENS: EdgeAccessTokens,
  CORS_ORIGINS: CorsOrigins.optional(),
  MAX_BODY_BYTES: Bytes.default(16 * 1024 * 1024),
  MAX_SHEETS: Count.default(10_000),
  MAX_STATE_BYTES: Bytes.optional(),
  MAX_REQUESTS_IN_FLIGHT: Count.default(1000),
  MAX_BYTES_IN_FLIGHT: Bytes.optional(),
  CACHE_BYTES: Bytes.default(64 * 1024 * 1024),
  PRESENCE_GRACE_MS: GraceMs.default(DEFAULT_GRACE_MS),
  RETENTION_DAYS: RetentionDays.optional(),
  LOG_LEVEL: LogLevel.default('info'),
  DEVELOPMENT: Development.default(false),
});
export type DenoConfig = z.infer<typeof DenoConfig>;

export type ReadDenoConfig =
  | { readonly kind: 'config'; readonly config: DenoConfig }
  | { readonly kind: 'refused'; readonly faults: readonly string[] };

/**
 * The settings of the Deno entry, from the environment. An empty variable counts as not set. A deployment is
 * public: `DEVELOPMENT` is refused there.
 */
export function readDenoConfig(
  variable: (name: string) => string | undefined,
  isDeployed: boolean,
): ReadDenoConfig {
  const input = Object.fromEntries(
    Object.keys(DenoConfig.shape).map(name => [name, variable(name) || undefined]),
  );
  const parsed = DenoConfig.safeParse(input);
  if (!parsed.success) return { kind: 'refused', faults: settingFaults(parsed.error, input) };
  const { HOST, DEVELOPMENT } = parsed.data;
  if (DEVELOPMENT && isDeployed) {
    return { kind: 'refused', faults: ['DEVELOPMENT: It is for loopback, and this is deployed'] };
  }
  if (DEVELOPMENT && !isLoopback(HOST)) {
    const fault = `HOST: With DEVELOPMENT only loopback is served, got ${JSON.stringify(HOST)}`;
    return { kind: 'refused', faults: [fault] };
  }
  return { kind: 'config', config: parsed.data };
}
