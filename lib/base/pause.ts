/** Waits the given number of milliseconds. */
export type Pause = (milliseconds: number) => Promise<void>;

export const systemPause: Pause = milliseconds =>
  new Promise(resolve => setTimeout(resolve, milliseconds));
