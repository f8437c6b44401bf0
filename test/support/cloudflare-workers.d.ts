declare module 'cloudflare:workers' {
  /** What `vitest.config.ts` binds. */
  export const env: Readonly<Record<string, unknown>>;
}
