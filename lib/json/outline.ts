import { yieldToEventLoop } from '../base/event-loop-turn.ts';
import { createScan } from './outline-scan.ts';
import type { Outline, OutlineOptions } from './outline-shape.ts';

/**
 * Scans a JSON text once, in time linear in its length. It never throws: for text that is not JSON the
 * outline has no meaning, and the parser refuses the text later.
 */
export function outlineOf(text: string, options: OutlineOptions = {}): Outline {
  const scan = createScan(text, options);
  scan.until(text.length);
  return scan.outline();
}

/** As `outlineOf`, but yields to the event loop between pieces of the text. */
export async function outlineInTurns(text: string, options: OutlineOptions): Promise<Outline> {
  const scan = createScan(text, options);
  for (let end = CHARACTERS_PER_TURN; !scan.until(end); end += CHARACTERS_PER_TURN) {
    await yieldToEventLoop();
  }
  return scan.outline();
}

/** About 50 ms of work in the worst case, when every character is a bracket. */
const CHARACTERS_PER_TURN = 512 * 1024;
