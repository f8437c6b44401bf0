import { type FSWatcher, watch } from 'node:fs';

/** Called when the names in a folder change. */
export interface WatchListener {
  changed(name: string): void;
  /** Something changed under an unknown name, or the watch has ended. */
  lost(): void;
}

export interface Watch {
  close(): void;
}

/** Starts to watch a folder, or throws when the system cannot. */
export type WatchFolder = (folder: string, listener: WatchListener) => Watch;

/** Watches by the kernel's events, without keeping the process alive. */
export function watchFolder(folder: string, listener: WatchListener): Watch {
  const watcher: FSWatcher = watch(folder, { persistent: false }, (_event, name) => {
    if (name === null) return listener.lost();
    return listener.changed(name);
  });
  watcher.on('error', () => listener.lost());
  return watcher;
}

/**
 * Resolves when the events of all writes before the call have been handled. The kernel queues an event at the moment
 * of the write. Within two turns the event loop reads all events at least once.
 */
export async function waitForEvents(): Promise<void> {
  await nextTurn();
  await nextTurn();
}

/** Lets the event loop run one turn. */
export function nextTurn(): Promise<void> {
  return new Promise(resolve => {
    setImmediate(resolve);
  });
}
