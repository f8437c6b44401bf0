import type { ObjectStore } from '../../lib/store.ts';

/** Where jobs are stored, by the service and by other programs. Nothing of it is left after the test. */
export interface Place {
  /** One more store on it, as another process would open it. */
  open(): Promise<ObjectStore>;
  /** What another program does there, who knows of no store. */
  write(name: string, body: string | Uint8Array): Promise<void>;
  read(name: string): Promise<string>;
  remove(name: string): Promise<void>;
  /** Of all jobs. */
  names(): Promise<readonly string[]>;
}
