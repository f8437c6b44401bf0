import { yieldToEventLoop } from '../base/event-loop-turn.ts';
import type { Fault } from '../failure.ts';
import { layoutMember, type TextPart } from '../json/layout.ts';
import { layoutBounds } from '../json/layout-bounds.ts';
import type { Outline, OutlineEntry } from '../json/outline-shape.ts';
import { decodeKey } from '../json/token.ts';
import { isObject } from '../json/value.ts';
import { dictionary, entryAt, integerKey } from '../schema/dictionary.ts';
import { keepNonFinite } from '../schema/keep-non-finite.ts';
import { MAX_FAULTS } from '../schema/list.ts';
import { check, type Decoded, parseJson } from './check.ts';
import { type CheckpointState, CheckpointState as Whole } from './checkpoint.ts';
import { MAX_PART_NODES, maxValues, type StateLimits } from './limits.ts';
import { parseSlow, SHEETS, withoutIgnored } from './parse.ts';
import { DEEP_CHARACTERS, parseSheet, type SheetOptions } from './parse-sheet.ts';
import type { SheetState } from './sheet.ts';

/** The event loop runs after this many sheets, or this many characters of them: about 20 ms of work. */
const SHEETS_PER_TURN = 250;
const CHARACTERS_PER_TURN = 256 * 1024;

/**
 * Parses a state of megabytes sheet by sheet, and lets the event loop run in between. The result and the
 * total cost are the same as for the parsers of whole texts.
 */
export async function parseLarge(
  text: string,
  outline: Outline,
  options: SheetOptions & { readonly isHuge: boolean },
): Promise<Decoded<CheckpointState>> {
  const { source, nonFiniteOf, isHuge } = options;
  const { member } = outline;
  // If the brackets do not match, the parser refuses the text and reports the place and the reason.
  const entries = member === null ? null : byKey(member.entries);
  if (!outline.balanced || member === null || entries === null) {
    return parseSlow(text, source, nonFiniteOf);
  }
  const { start, end } = member;
  const value = {};
  const skipped = {
    key: SHEETS,
    take: (at: number) => (at === start ? { value, end } : null),
  };
  const parsed = parseJson(text, source, { member: skipped });
  if (!parsed.ok) return parsed;
  // Of a guessed outline the object may be that of another member, or of one that a later member replaces.
  if (!isObject(parsed.value) || entryAt(parsed.value, SHEETS) !== value) {
    return parseSlow(text, source, nonFiniteOf);
  }
  if (isHuge) await yieldToEventLoop();
  const document = withoutIgnored(parsed.value, source);
  const rest = check(
    Whole,
    nonFiniteOf === undefined ? document : keepNonFinite(document, nonFiniteOf),
  );
  if (isHuge) await yieldToEventLoop();
  const sheets = await parseSheets(text, entries, { ...options, isShallow: outline.balanced });
  if (!sheets.ok && sheets.errorType === 'json_decode') return sheets;
  const faults = [...(rest.ok ? [] : rest.faults), ...(sheets.ok ? [] : sheets.faults)];
  if (!rest.ok || !sheets.ok) return { ok: false, errorType: 'validation', faults };
  return { ok: true, value: { ...rest.value, sheets: dictionary(sheets.value) } };
}

/** The text of a file outside its sheets, up to which it is parsed without looking at it first. */
const FRAME_CHARACTERS = 64 * 1024;

/**
 * The outline of a text in the layout of the files, found by the indentation of its sheets in a small part of the time. It
 * counts no values. Null for other texts. It is only a guess: if the text is then refused, a scan must tell why.
 */
export function layoutOutline(text: string): Outline | null {
  const sheets = layoutMember(text, SHEETS, FRAME_CHARACTERS);
  if (sheets === null || text.length - sheets.end > FRAME_CHARACTERS) return null;
  const { start, entries, end } = sheets;
  if (entries.some(entry => entry.end - entry.start > DEEP_CHARACTERS)) return null;
  const counts = { nodes: 0, largest: 0, count: entries.length };
  const member = { ...counts, start, end, entries: entries.map(asUnordered) };
  return { values: 0, nodes: 0, indentation: 0, ordered: false, balanced: true, member };
}

/** The event loop runs after this many characters are looked at: about 10 ms of work. */
const CHARACTERS_LOOKED_AT = 4 * 1024 * 1024;
const SHEET_DEPTH = 2;

/** Whether a body with this outline in the layout certainly is within the limits. */
export async function isLayoutWithin(
  limits: StateLimits,
  text: string,
  { member }: Outline,
): Promise<boolean> {
  if (member === null || member.count > limits.sheets) return false;
  const { start, end, entries } = member;
  // Each character begins at most one value or key.
  if (start + text.length - end > MAX_PART_NODES) return false;
  const frame = [
    { start: 0, end: start, depth: 0 },
    { start: end, end: text.length, depth: 1 },
  ];
  let values = 0;
  let indentation = 0;
  let turnAt = CHARACTERS_LOOKED_AT;
  for (const part of [...frame, ...entries]) {
    if (part.end - part.start > MAX_PART_NODES) return false;
    const bounds = layoutBounds(text, { depth: SHEET_DEPTH, ...part });
    values += bounds.values;
    indentation += bounds.indentation;
    if (part.end < turnAt) continue;
    turnAt = part.end + CHARACTERS_LOOKED_AT;
    await yieldToEventLoop();
  }
  return values <= maxValues(limits) && indentation <= limits.bytes;
}

function asUnordered(part: TextPart): OutlineEntry {
  return { ...part, ordered: false };
}

async function parseSheets(
  text: string,
  entries: ReadonlyMap<string, OutlineEntry>,
  options: SheetOptions,
): Promise<Decoded<Map<string, SheetState>>> {
  const sheets = new Map<string, SheetState>();
  const faults: Fault[] = [];
  let count = 0;
  let turnAt = CHARACTERS_PER_TURN;
  let characters = 0;
  for (const [arrivedKey, entry] of entries) {
    const parsed = parseSheet(text, { ...entry, key: arrivedKey }, options);
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
    await yieldToEventLoop();
  }
  if (faults.length > 0) return { ok: false, errorType: 'validation', faults };
  return { ok: true, value: sheets };
}

/** The entries by key. Null if a key is invalid or duplicate: then the parser of whole texts takes over. */
function byKey(entries: readonly OutlineEntry[]): Map<string, OutlineEntry> | null {
  const keyed = new Map<string, OutlineEntry>();
  for (const entry of entries) {
    const key = /^[0-9]+$/.test(entry.key) ? entry.key : decodeKey(entry.key);
    if (key === null || keyed.has(key)) return null;
    keyed.set(key, entry);
  }
  return keyed;
}

function faultAt(key: string, { path, reason }: Fault): Fault {
  return { path: `/${SHEETS}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}${path}`, reason };
}
