import { readFileSync } from 'node:fs';

/** Identifies this run of the machine: after a restart it is another one. Null where the system has none. */
export function readBootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim() || null;
  } catch {
    return null;
  }
}
