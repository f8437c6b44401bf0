declare module 'cloudflare:workers' {
  /** What `vitest.config.ts` binds. */
  export const env: Readonly<Record<string, unknown>>;
}

declare module 'cloudflare:test' {
  /** Resets all objects that run. Requests of them are lost. */
  export function abortAllDurableObjects(): Promise<void>;
  /** Ends all objects that run, after their requests. */
  export function evictAllDurableObjects(): Promise<void>;
}
