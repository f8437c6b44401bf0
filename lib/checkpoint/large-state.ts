import { eventLoopTurn } from '../base/event-loop-turn.ts';
import type { Fault } from '../failure.ts';
import type { Outline, OutlineEntry } from '../json/outline-scan.ts';
import { decodedKey } from '../json/token.ts';
import { dictionary, entryAt, integerKey } from '../schema/dictionary.ts';
import { MAX_FAULTS } from '../schema/list.ts';
import { NeedsExactParse } from '../schema/needs-exact-parse.ts';
import {
  type CheckpointState,
  SheetFromCare,
  SheetFromEngine,
  CheckpointState as Whole,
} from './checkpoint.ts';
import {
  check,
  type Decoded,
  keepNonFinite,
  parseJson,
  parseWithCare,
  SHEETS,
  type TextSource,
  taken,
} from './parse.ts';
import type { SheetState } from './sheet.ts';

interface LargeOptions {
  readonly source: TextSource;
  /** As for `decodeState`. */
  readonly nonFiniteOf?: CheckpointState | undefined;
}

/** After so many sheets, or characters of them, others have their turn: some 20 ms of work. */
const SHEETS_PER_TURN = 250;
const CHARACTERS_PER_TURN = 256 * 1024;

/** The depth of the dictionary of the sheets in a state. */
const SHEETS_DEPTH = 2;

/**
 * A state from a text of megabytes, sheet after sheet, with turns for others in between. It comes to what the
 * parsers of whole texts come to, at about the same cost.
 */
export async function parseLarge(
  text: string,
  outline: Outline,
  options: LargeOptions & { readonly isHuge: boolean },
): Promise<Decoded<CheckpointState>> {
  const { source, nonFiniteOf, isHuge } = options;
  const { member } = outline;
  // Where the brackets do not fit the parser refuses the text; it says where and why.
  const entries = member === null ? null : byKey(member.entries);
  if (!outline.balanced || member === null || entries === null) {
    return parseWithCare(text, source, nonFiniteOf);
  }
  const { start, end } = member;
  const skipped = {
    key: SHEETS,
    take: (at: number) => (at === start ? { value: {}, end } : null),
  };
  const parsed = parseJson(text, source, { member: skipped });
  if (!parsed.ok) return parsed;
  if (isHuge) await eventLoopTurn();
  const document = taken(parsed.value, source);
  const rest = check(
    Whole,
    nonFiniteOf === undefined ? document : keepNonFinite(document, nonFiniteOf),
  );
  if (isHuge) await eventLoopTurn();
  const sheets = await parseSheets(text, entries, options);
  if (!sheets.ok && sheets.errorType === 'json_decode') return sheets;
  const faults = [...(rest.ok ? [] : rest.faults), ...(sheets.ok ? [] : sheets.faults)];
  if (!rest.ok || !sheets.ok) return { ok: false, errorType: 'validation', faults };
  return { ok: true, value: { ...rest.value, sheets: dictionary(sheets.value) } };
}

async function parseSheets(
  text: string,
  entries: ReadonlyMap<string, OutlineEntry>,
  options: LargeOptions,
): Promise<Decoded<Map<string, SheetState>>> {
  const sheets = new Map<string, SheetState>();
  const faults: Fault[] = [];
  let count = 0;
  let turnAt = CHARACTERS_PER_TURN;
  let characters = 0;
  for (const [arrivedKey, entry] of entries) {
    const parsed = parseSheet(text, { arrivedKey, entry }, options);
    if (!parsed.ok && parsed.errorType === 'json_decode') return parsed;
    const key = integerKey(arrivedKey);
    if (key === null)
      faults.push(faultAt(arrivedKey, { path: '', reason: 'Keys should be valid integers' }));
    else if (parsed.ok) sheets.set(key, parsed.value);
    else faults.push(...parsed.faults.map(fault => faultAt(arrivedKey, fault)));
    if (faults.length >= MAX_FAULTS) break;
    count += 1;
    characters += entry.end - entry.start;
    if (count % SHEETS_PER_TURN !== 0 && characters < turnAt) continue;
    turnAt = characters + CHARACTERS_PER_TURN;
    await eventLoopTurn();
  }
  if (faults.length > 0) return { ok: false, errorType: 'validation', faults };
  return { ok: true, value: sheets };
}

/** The places by key. Null where a key is no JSON text, or comes twice: then that is for the whole parser. */
function byKey(entries: readonly OutlineEntry[]): Map<string, OutlineEntry> | null {
  const places = new Map<string, OutlineEntry>();
  for (const entry of entries) {
    const key = /^[0-9]+$/.test(entry.key) ? entry.key : decodedKey(entry.key);
    if (key === null || places.has(key)) return null;
    places.set(key, entry);
  }
  return places;
}

function parseSheet(
  text: string,
  { arrivedKey, entry }: { arrivedKey: string; entry: OutlineEntry },
  { source, nonFiniteOf }: LargeOptions,
): Decoded<SheetState> {
  const part = text.slice(entry.start, entry.end);
  const fast = nonFiniteOf === undefined && entry.ordered ? sheetFromEngine(part) : null;
  if (fast !== null) return fast;
  const parsed = parseJson(part, source, {
    part: { depth: SHEETS_DEPTH, wholeLength: text.length },
    whole: { text, start: entry.start },
  });
  if (!parsed.ok) return parsed;
  if (nonFiniteOf === undefined) return check(SheetFromCare, parsed.value);
  const stored = entryAt<unknown>(nonFiniteOf.sheets, arrivedKey);
  return check(SheetFromCare, keepNonFinite(parsed.value, stored));
}

function sheetFromEngine(part: string): Decoded<SheetState> | null {
  try {
    return check(SheetFromEngine, JSON.parse(part));
  } catch (error) {
    if (error instanceof NeedsExactParse || error instanceof SyntaxError) return null;
    throw error;
  }
}

function faultAt(key: string, { path, reason }: Fault): Fault {
  return { path: `/${SHEETS}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}${path}`, reason };
}
