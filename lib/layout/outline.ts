import { eventLoopTurn } from '../event-loop-turn.ts';
import { createScan } from './outline-scan.ts';

/** What a text holds, found without building any of it. */
export interface Outline {
  /** Values of all kinds and depths, containers among them. */
  readonly values: number;
  /** Of these the costly ones: all but whole numbers of few digits and the three words, where they stand in lists. */
  readonly nodes: number;
  /** The characters of line breaks and indentation that the layout of the files puts before them. */
  readonly indentation: number;
  /** Whether the engine's parser, which sorts keys that look like numbers, leaves all keys where they are. */
  readonly ordered: boolean;
  /** Whether every bracket has its other one, and none is nested deeper than the parser allows. */
  readonly balanced: boolean;
  /** Null where the document has no such member, or its last one is no object. */
  readonly member: OutlineMember | null;
}

/** An object that is a member of the document; offsets into the text, `end` behind the last character. */
export interface OutlineMember {
  readonly start: number;
  readonly end: number;
  /** As `Outline.nodes`, of all of it and of its largest entry. */
  readonly nodes: number;
  readonly largest: number;
  /** Entries; a key may come more than once. */
  readonly count: number;
  /** The first of them, as many as were asked for. */
  readonly entries: readonly OutlineEntry[];
}

export interface OutlineEntry {
  /** Between the quotes, as it is written. */
  readonly key: string;
  readonly start: number;
  readonly end: number;
  /** As `Outline.ordered`, of the value of this entry. */
  readonly ordered: boolean;
}

export interface OutlineOptions {
  /** The member of the document that is to be outlined. */
  readonly member?: string;
  /** Of so many of its entries the places are wanted. */
  readonly mostEntries?: number;
}

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
