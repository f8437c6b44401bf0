import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { StoreError } from '../../store.ts';

/** The number of the file system type on Linux; null when the system has no such number. */
export type FileSystemType = (path: string) => number | null;

/**
 * Locks on these may work on one machine only, or not at all, and there are no events for changes by other machines.
 * FUSE is on the list because sshfs, GlusterFS and buckets look the same as a local FUSE file system.
 */
const NETWORK_TYPES: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0x65735546, 'FUSE'],
  [0x01021997, '9P'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x01161970, 'GFS2'],
  [0x7461636f, 'OCFS2'],
  [0x19830326, 'BeeGFS'],
  [0x20030528, 'OrangeFS'],
  [0xaad7aaea, 'PanFS'],
  [0x73757245, 'Coda'],
  [0x564c, 'NCP'],
  [0x786f4256, 'a VirtualBox shared folder'],
  [0xbacbacbc, 'a VMware shared folder'],
  [0x7c7c6673, 'a Parallels shared folder'],
]);

/** Throws a `StoreError` if the folder is, or would be created, on a file system that machines share. */
export function requireLocalDisk(path: string, typeOf: FileSystemType): void {
  const type = typeOf(nearestTo(path));
  const name = type === null ? undefined : NETWORK_TYPES.get(type);
  if (name === undefined) return;
  throw new StoreError(
    `Cannot keep jobs in "${path}": it is on a network file system (${name}), whose locks and change events cannot be trusted. Use a local disk, or set ALLOW_NETWORK_FILE_SYSTEM=true where this process alone writes there`,
  );
}

/** On other systems than Linux the numbers differ between installations. */
export function systemFileSystemType(path: string): number | null {
  if (process.platform !== 'linux') return null;
  try {
    return Number(BigInt.asUintN(32, statfsSync(path, { bigint: true }).type));
  } catch {
    // A sandbox may forbid the call. Then the type is unknown.
    return null;
  }
}

function nearestTo(path: string): string {
  const above = dirname(path);
  return above === path || existsSync(path) ? path : nearestTo(above);
}
