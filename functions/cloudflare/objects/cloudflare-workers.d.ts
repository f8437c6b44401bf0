declare module 'cloudflare:workers' {
  /** The methods of a class that extends it can be called from elsewhere. */
  export const DurableObject: abstract new (state: unknown, env: unknown) => object;
}
