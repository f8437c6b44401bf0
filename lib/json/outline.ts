import { eventLoopTurn } from '../base/event-loop-turn.ts';
import { createScan, type Outline, type OutlineOptions } from './outline-scan.ts';

/**
 * Goes through a JSON text once, in time linear in its length whatever it holds. Of a text that is no JSON it
 * says something, and throws never: the parser is to refuse it.
 */
export function outlineOf(text: string, options: OutlineOptions = {}): Outline {
  const scan = createScan(text, options);
  scan.until(text.length);
  return scan.outline();
}

/** As `outlineOf`, with turns for others in between. */
export async function outlineInTurns(text: string, options: OutlineOptions): Promise<Outline> {
  const scan = createScan(text, options);
  for (let end = CHARACTERS_PER_TURN; !scan.until(end); end += CHARACTERS_PER_TURN) {
    await eventLoopTurn();
  }
  return scan.outline();
}

/** Some 50 ms of work, where each of them is a bracket. */
const CHARACTERS_PER_TURN = 512 * 1024;
