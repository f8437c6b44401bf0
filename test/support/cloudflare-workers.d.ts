declare module 'cloudflare:workers' {
  /** What `vitest.config.ts` binds. */
  export const env: Readonly<Record<string, unknown>>;
}

declare module 'cloudflare:test' {
  /** Resets all objects that run. Requests of them are lost. */
  export function abortAllDurableObjects(): Promise<void>;
  /** Ends the object after its requests. */
  export function evictDurableObject(stub: unknown): Promise<void>;
}
