import type { FileHandle } from 'node:fs/promises';
import { open, rename } from 'node:fs/promises';

/** The least that a durable write can be: a new file, synced, in the place of the old one, and the folder synced. */
export interface BareWriter {
  /** Replaces one file, which is never written twice at once. */
  put(name: string, body: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** What every save is held against. */
export interface BareSaver {
  /** Replaces one file; a lane never saves twice at once. */
  save(lane: number): Promise<void>;
  close(): Promise<void>;
}

export async function createBareWriter(folder: string): Promise<BareWriter> {
  const handle = await open(folder, 'r');
  return {
    async put(name, body) {
      const temporary = `${folder}/bare-${name}.tmp`;
      const file = await open(temporary, 'wx');
      await writeAndSync(file, body);
      await rename(temporary, `${folder}/bare-${name}`);
      await handle.sync();
    },
    close: () => handle.close(),
  };
}

export async function createBareSaver(folder: string, body: Uint8Array): Promise<BareSaver> {
  const writer = await createBareWriter(folder);
  return {
    save: lane => writer.put(String(lane), body),
    close: () => writer.close(),
  };
}

async function writeAndSync(file: FileHandle, body: Uint8Array): Promise<void> {
  try {
    await file.write(body);
    await file.sync();
  } finally {
    await file.close();
  }
}
