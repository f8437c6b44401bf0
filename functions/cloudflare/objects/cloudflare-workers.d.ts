declare module 'cloudflare:workers' {
  /** The methods of a class that extends it can be called from elsewhere. */
  export abstract class DurableObject {
    constructor(state: unknown, env: unknown);
  }
}
