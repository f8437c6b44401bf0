import { type FSWatcher, watch } from 'node:fs';

/** Hears what happens to the names in a folder. */
export interface WatchListener {
  changed(name: string): void;
  /** Something happened and its name is not known, or the watch has ended. */
  lost(): void;
}

export interface Watch {
  close(): void;
}

/** Starts to watch a folder, or throws where the system cannot. */
export type WatchFolder = (folder: string, listener: WatchListener) => Watch;

/** A watch by the kernel's own events, which does not keep the process alive. */
export function watchFolder(folder: string, listener: WatchListener): Watch {
  const watcher: FSWatcher = watch(folder, { persistent: false }, (_event, name) => {
    if (name === null) return listener.lost();
    return listener.changed(name);
  });
  watcher.on('error', () => listener.lost());
  return watcher;
}

/**
 * Resolves when the events of all that was written before the call have been heard. The kernel queues an
 * event at the moment of the write; within two turns the event loop asks it for all events at least once.
 */
export async function eventsHeard(): Promise<void> {
  await nextTurn();
  await nextTurn();
}

/** Lets the event loop go round once. */
export function nextTurn(): Promise<void> {
  return new Promise(resolve => {
    setImmediate(resolve);
  });
}
