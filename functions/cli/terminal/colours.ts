import picocolors from 'picocolors';
import type { Io, Output } from './io.ts';

export type Colours = ReturnType<typeof picocolors.createColors>;

/** Colours for an output: on a terminal, unless `NO_COLOR` is set; elsewhere only with `FORCE_COLOR`. */
export function coloursFor({ environment }: Io, output: Output): Colours {
  const forced = environment['FORCE_COLOR'] ?? '';
  if (forced !== '') return picocolors.createColors(forced !== '0' && forced !== 'false');
  const isPlain = (environment['NO_COLOR'] ?? '') !== '' || environment['TERM'] === 'dumb';
  return picocolors.createColors(output.isTerminal && !isPlain);
}
