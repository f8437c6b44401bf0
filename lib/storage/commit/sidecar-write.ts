import type { Body, ObjectStore, Version } from '../../store.ts';

/** What is done with an object, whatever is there if nothing else is said. */
export type Sidecar =
  | {
      readonly kind: 'put';
      readonly key: string;
      readonly body: Body;
      readonly label?: string | undefined;
      /** Whether there must be none. */
      readonly isNew: boolean;
    }
  | {
      readonly kind: 'delete';
      readonly key: string;
      /** The object as it must be still. */
      readonly current?: { readonly version: Version };
      readonly receipt?: string;
    };

/** A write of an object beside the one that is changed. A store may make both in one step. */
export interface SidecarWrite {
  readonly write: Sidecar;
  /** Runs when that step is over, with the version of what was put. Null of a deletion, and where the answer was lost. */
  readonly written?: (version: Version | null) => void;
  /** The same as a step of its own. Null of a write for which a caller makes sure that the store has joint steps. */
  readonly alone: {
    readonly when: 'before' | 'after';
    readonly run: () => Promise<void>;
  } | null;
}

/** Whether the store writes an object with all these in one step. */
export function areJoint(
  store: Pick<ObjectStore, 'putWith'>,
  sidecars: readonly SidecarWrite[],
): boolean {
  if (store.putWith === undefined) return false;
  // A step writes each object once.
  return new Set(sidecars.map(({ write }) => write.key)).size === sidecars.length;
}

/** Those of the steps that come before the write, or after it, one after the other. */
export async function runAlone(
  sidecars: readonly SidecarWrite[],
  when: 'before' | 'after',
): Promise<void> {
  for (const { alone } of sidecars) if (alone?.when === when) await alone.run();
}
