import type { FileHandle } from 'node:fs/promises';
import { open, rename } from 'node:fs/promises';

/** The least that a durable save can be: what every save is held against. */
export interface BareSaver {
  /** Replaces one file; a lane never saves twice at once. */
  save(lane: number): Promise<void>;
  close(): Promise<void>;
}

export async function createBareSaver(folder: string, body: Uint8Array): Promise<BareSaver> {
  const handle = await open(folder, 'r');
  return {
    async save(lane) {
      const temporary = `${folder}/bare-${lane}.tmp`;
      const file = await open(temporary, 'wx');
      await writeAndSync(file, body);
      await rename(temporary, `${folder}/bare-${lane}`);
      await handle.sync();
    },
    close: () => handle.close(),
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
