/** What the entry of Workers takes of the platform, for tests that load it elsewhere. */
export const DurableObject: new () => object = Object;
