import type { Machine } from '../store/machine.ts';
import type { DenoApi } from './api.ts';

declare const Deno: DenoApi;

/** This machine, as Deno sees it. */
export function denoMachine(): Machine {
  const environment = Deno.env.toObject();
  return {
    environment,
    home: () => environment['HOME'] ?? environment['USERPROFILE'] ?? '',
    async readText(path) {
      try {
        return await Deno.readTextFile(path);
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return null;
        throw error;
      }
    },
  };
}
