import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import type { Environment, Machine } from '../../store/machine.ts';

/** This machine, as Node sees it. */
export function nodeMachine(environment: Environment = process.env): Machine {
  return {
    environment,
    home: () => environment['HOME'] ?? homedir(),
    async readText(path) {
      try {
        return await readFile(path, 'utf8');
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
        throw error;
      }
    },
  };
}
