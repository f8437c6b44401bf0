import { readdirSync, readFileSync } from 'node:fs';

/*
 * What other processes have used, from /proc: their own account would take time from what is measured, and workerd
 * and Deno give none. Linux alone; elsewhere every answer is null.
 */

const NANOS_IN_A_MICRO = 1000;
const BYTES_IN_A_KILOBYTE = 1024;

/** The processor time of a process and of all that it has started, in microseconds since their starts. */
export function cpuMicrosOf(pid: number): number | null {
  const nanos = withChildren(pid).map(cpuNanosOf);
  if (nanos.every(value => value === null)) return null;
  return nanos.reduce<number>((sum, value) => sum + (value ?? 0), 0) / NANOS_IN_A_MICRO;
}

/** Resident memory of a process and of all that it has started. */
export function residentBytesOf(pid: number): number | null {
  const sizes = withChildren(pid).map(one => {
    const text = textOf(`/proc/${one}/status`);
    const kilobytes = text === null ? undefined : /VmRSS:\s+([0-9]+)/.exec(text)?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * BYTES_IN_A_KILOBYTE;
  });
  if (sizes.every(size => size === null)) return null;
  return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
}

/** Open files, sockets and pipes of a process. */
export function descriptorsOf(pid: number): number | null {
  return namesIn(`/proc/${pid}/fd`)?.length ?? null;
}

function withChildren(pid: number): number[] {
  const threads = namesIn(`/proc/${pid}/task`) ?? [];
  const children = threads.flatMap(thread =>
    (textOf(`/proc/${pid}/task/${thread}/children`) ?? '').split(' ').filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(withChildren)];
}

function cpuNanosOf(pid: number): number | null {
  const threads = namesIn(`/proc/${pid}/task`);
  if (threads === null) return null;
  return threads.reduce((sum, thread) => {
    const text = textOf(`/proc/${pid}/task/${thread}/schedstat`);
    return sum + Number(text?.split(' ')[0] ?? 0);
  }, 0);
}

function namesIn(folder: string): string[] | null {
  try {
    return readdirSync(folder);
  } catch {
    return null;
  }
}

/** Null where the process or its thread has ended meanwhile. */
function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
