import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';

/** Where Linux lists the TCP connections of this network. */
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];
const ESTABLISHED = '01';
/** Many connections may be asked about at one time, and the tables are long. */
const CACHE_MS = 200;

let cached: { readonly atMs: number; readonly text: string } | null = null;

/**
 * Whether the other machine of a connection has left something unacknowledged. It acknowledges also what its process
 * does not read, so a machine that leaves the pings of the last seconds unacknowledged is down, or cut off. False
 * where the system does not tell.
 */
export function isUnacknowledged(connection: unknown): boolean {
  if (!(connection instanceof Socket)) return false;
  const { localPort, remotePort } = connection;
  if (localPort === undefined || remotePort === undefined) return false;
  return unacknowledgedBytes(readTables(), { localPort, remotePort }) > 0;
}

/**
 * The bytes of the only established connection between these ports that are not acknowledged; 0 if there is none, or
 * more than one. `text` is what the tables have.
 */
export function unacknowledgedBytes(
  text: string,
  { localPort, remotePort }: { readonly localPort: number; readonly remotePort: number },
): number {
  const ports = new RegExp(
    `^ *\\d+: [0-9A-F]+:${hexOf(localPort)} [0-9A-F]+:${hexOf(remotePort)} ${ESTABLISHED} ([0-9A-F]+):`,
    'gm',
  );
  const found = [...text.matchAll(ports)].map(([, bytes = '']) => Number.parseInt(bytes, 16));
  return found.length === 1 ? (found[0] ?? 0) : 0;
}

function hexOf(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0');
}

function readTables(): string {
  const now = performance.now();
  if (cached === null || now - cached.atMs > CACHE_MS) {
    cached = { atMs: now, text: TABLES.map(readTable).join('\n') };
  }
  return cached.text;
}

function readTable(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // Another system, or one without this version of IP.
    return '';
  }
}
