import { createMemoryStore } from '../../lib/stores/memory.ts';
import type { Runtime } from './runtime.ts';

export const node: Runtime = {
  keepsRepository: true,
  hasFiles: true,
  distinctVersions: true,
  openStore: createMemoryStore,
  async makePlace() {
    const { makeFolder } = await import('./folder.ts');
    return makeFolder();
  },
};
