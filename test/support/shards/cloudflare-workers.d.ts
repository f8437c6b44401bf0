declare module 'cloudflare:workers' {
  /** What `vitest.config.ts` binds. */
  export const env: Readonly<Record<string, unknown>>;
}

declare module 'cloudflare:test' {
  /** Resets all objects that run. Requests of them are lost. */
  export function abortAllDurableObjects(): Promise<void>;
  /** Ends the object after its requests. */
  export function evictDurableObject(
    stub: unknown,
    options?: { readonly webSockets: 'close' },
  ): Promise<void>;
  /** Runs the alarm of the object at once. False if none is set. */
  export function runDurableObjectAlarm(stub: unknown): Promise<boolean>;
  export function runInDurableObject<T>(
    stub: unknown,
    task: (instance: never, state: never) => T | Promise<T>,
  ): Promise<T>;
}
