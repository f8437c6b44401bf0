import type * as z from 'zod';
import { yieldToEventLoop } from '../base/event-loop-turn.ts';
import type { Timestamp } from '../base/timestamp.ts';
import { decodeUtf8 } from '../base/utf8.ts';
import { fail, ok, type Result } from '../failure.ts';
import { outlineInTurns } from '../json/outline.ts';
import type { Outline } from '../json/outline-shape.ts';
import { writeLayout } from '../json/writer.ts';
import type { Bytes } from '../store.ts';
import { check, type Decoded, jsonFault, parseJson, type TextSource } from './check.ts';
import type { CheckpointState } from './checkpoint.ts';
import { parseKnown, withSlices } from './known-state.ts';
import { isLayoutWithin, layoutOutline, parseLarge } from './large-state.ts';
import {
  isWithinAll,
  MAX_PART_NODES,
  MAX_VALUES,
  maxValues,
  type StateLimits,
  tooLarge,
} from './limits.ts';
import { isInLayout, parseFast, parseSlow, SHEETS } from './parse.ts';
import { settle } from './settle.ts';
import type { SheetSlices } from './sliced-sheets.ts';
import { type StateText, wholeText } from './text/state-text.ts';
import { prepareToWrite, writeState } from './write.ts';

interface DecodeOptions {
  readonly source: TextSource;
  readonly now: Timestamp;
  /** The stored state that the text replaces, if that state has non-finite numbers. */
  readonly nonFiniteOf?: CheckpointState | undefined;
}

/** The two texts of a state. They are the same object if the state has no NaN or infinity. */
export interface StateTexts {
  /** The text in the file. */
  readonly file: StateText;
  /** Strict JSON, the text in HTTP responses. */
  readonly strict: StateText;
}

/** From this length on a text is parsed in pieces, and the event loop runs between them. */
const LARGE_CHARACTERS = 64 * 1024;
/** From this length on each step over the whole text takes long. */
const HUGE_CHARACTERS = 1024 * 1024;
const MANY_NODES = 8192;

/** Decodes a whole checkpoint state: parses and checks it, adds defaults, and settles it. */
export function decodeState(body: Uint8Array, options: DecodeOptions): Decoded<CheckpointState> {
  if (body.byteLength > MAX_TEXT_BYTES) return tooLong();
  const text = decodeUtf8(body);
  return text === null ? notUtf8() : decodeText(text, options);
}

/** As `decodeState`, but does not block the event loop for long, whatever the size of the state. */
export async function decodeStateInTurns(
  body: Uint8Array,
  options: DecodeOptions,
): Promise<Decoded<CheckpointState>> {
  if (body.byteLength > MAX_TEXT_BYTES) return tooLong();
  const text = decodeUtf8(body);
  if (text === null) return notUtf8();
  if (text.length < LARGE_CHARACTERS) return decodeText(text, options);
  const layout = layoutOutline(text);
  const fast = layout === null ? null : await parseInTurns(text, layout, options);
  if (fast?.ok === true) return settled(fast, options);
  const outline = await outlineInTurns(text, { member: SHEETS });
  return settled(await parseInTurns(text, outline, options), options);
}

function decodeText(text: string, options: DecodeOptions): Decoded<CheckpointState> {
  return settled(parseText(text, options), options);
}

function parseText(text: string, options: DecodeOptions): Decoded<CheckpointState> {
  const fast = options.nonFiniteOf === undefined ? parseFast(text, options.source) : null;
  return fast ?? parseSlow(text, options.source, options.nonFiniteOf);
}

function settled(
  decoded: Decoded<CheckpointState>,
  { now }: Pick<DecodeOptions, 'now'>,
): Decoded<CheckpointState> {
  return decoded.ok ? { ok: true, value: settle(decoded.value, now) } : decoded;
}

function isHugeText(text: string, { nodes, member }: Outline): boolean {
  return text.length >= HUGE_CHARACTERS || nodes - (member?.nodes ?? 0) >= MANY_NODES;
}

async function parseInTurns(
  text: string,
  outline: Outline,
  options: DecodeOptions,
): Promise<Decoded<CheckpointState>> {
  const isHuge = isHugeText(text, outline);
  if (isHuge) await yieldToEventLoop();
  return parseLarge(text, outline, { ...options, isHuge });
}

/** Writes a state in the layout of the files. */
export function textsOf(state: CheckpointState): StateTexts {
  const file = writeState(state);
  if (!file.nonFinite) return { file, strict: file };
  const strict = new TextEncoder().encode(writeLayout(state, 'null'));
  return { file, strict: wholeText(strict, false) };
}

/** As `textsOf`, each in one array. */
export function encodeState(state: CheckpointState): {
  readonly file: Bytes;
  readonly strict: Bytes;
} {
  const { file, strict } = textsOf(state);
  return { file: file.toBytes(), strict: strict.toBytes() };
}

export interface BodyOptions extends Omit<DecodeOptions, 'source'> {
  readonly limits: StateLimits;
  /**
   * Settled sheets of any state, whose bytes are looked for in the body; none if the body replaces no known state. If it
   * is given, the sheets of the result are slices. The bytes of the body must not change then.
   */
  readonly known?: SheetSlices | undefined;
}

/**
 * Parses the body of a request as a whole state. The limits are checked before values are built.
 * `nonFiniteOf` is the one of `DecodeOptions`.
 */
export async function parseStateBody(
  body: Bytes,
  options: BodyOptions,
): Promise<Result<CheckpointState>> {
  const { known, nonFiniteOf } = options;
  if (known === undefined || nonFiniteOf !== undefined) return parseWholeBody(body, options);
  const state = known.size === 0 ? null : await parseKnown(body, known, options);
  return state === null ? parseWholeBody(body, options) : ok(state);
}

async function parseWholeBody(
  body: Bytes,
  { limits, known, ...options }: BodyOptions,
): Promise<Result<CheckpointState>> {
  const text = decodeUtf8(body);
  if (text === null) return toResult<CheckpointState>(notUtf8());
  const request = { ...options, source: 'request' } as const;
  const excess = escapedExcess(body, text, limits);
  if (excess !== null) return excess;
  const found = await parseWithin(text, { ...request, limits });
  if (!found.ok) return found;
  const { outline, parsed } = found.value;
  const large = text.length < LARGE_CHARACTERS ? null : outline;
  const decoded = settled(parsed, request);
  if (!parsed.ok || !decoded.ok) return toResult(decoded);
  if (large !== null) await prepareToWrite(decoded.value);
  if (large !== null && isHugeText(text, large)) await yieldToEventLoop();
  if (known === undefined || options.nonFiniteOf !== undefined) return toResult(decoded);
  const states = { parsed: parsed.value, settled: decoded.value };
  return ok(await withSlices({ body, text, outline }, states));
}

/** Parses a text that is within the limits. Its outline is null if the length alone shows that. */
async function parseWithin(
  text: string,
  options: DecodeOptions & Pick<BodyOptions, 'limits'>,
): Promise<
  Result<{ readonly outline: Outline | null; readonly parsed: Decoded<CheckpointState> }>
> {
  const { limits } = options;
  if (isWithinAll(limits, text.length)) {
    return ok({ outline: null, parsed: parseText(text, options) });
  }
  const layout = text.length < LARGE_CHARACTERS ? null : layoutOutline(text);
  if (layout !== null && (await isLayoutWithin(limits, text, layout))) {
    const parsed = await parseInTurns(text, layout, options);
    if (parsed.ok) return ok({ outline: layout, parsed });
  }
  const outline = await outlineInTurns(text, { member: SHEETS, maxEntries: limits.sheets });
  const excess = excessOf(outline, limits);
  if (excess !== null) return excess;
  if (text.length >= LARGE_CHARACTERS) {
    return ok({ outline, parsed: await parseInTurns(text, outline, options) });
  }
  const isSearched = isInLayout(text) || outline.member === null;
  const bySheets = isSearched ? null : await parseInTurns(text, outline, options);
  // Of all faults the parser of whole texts says which comes first.
  const parsed = bySheets?.ok === true ? bySheets : parseText(text, options);
  return ok({ outline, parsed });
}

/** Parses a small body of a request and checks it with a schema of plain values. */
export function parseBody<T>(body: Uint8Array, schema: z.ZodType<T>): Result<T> {
  const text = decodeUtf8(body);
  return text === null ? toResult<T>(notUtf8()) : parseValue(text, schema);
}

/** As `parseBody`, for a body that may have megabytes. Failure: `state_too_large` for too many values. */
export async function parseBodyInTurns<T>(
  body: Uint8Array,
  schema: z.ZodType<T>,
): Promise<Result<T>> {
  const text = decodeUtf8(body);
  if (text === null) return toResult<T>(notUtf8());
  if (text.length < LARGE_CHARACTERS) return parseValue(text, schema);
  const excess = valuesExcess(await outlineInTurns(text, {}), MAX_VALUES);
  return excess ?? parseValue(text, schema);
}

function parseValue<T>(text: string, schema: z.ZodType<T>): Result<T> {
  const parsed = parseJson(text, 'request');
  return toResult(parsed.ok ? check(schema, parsed.value) : parsed);
}

const ESCAPE_BYTES = 6;
/** UTF-8 has three bytes at most for a code unit. */
const MAX_EXTRA_BYTES = 2;

/** Code units outside ASCII are longer in the layout than in a body. To encode very many takes long. */
function escapedExcess(body: Bytes, text: string, limits: StateLimits): Excess | null {
  const units = (body.byteLength - text.length) / MAX_EXTRA_BYTES;
  const bytes = Math.ceil(units) * ESCAPE_BYTES;
  return bytes > limits.bytes ? tooLarge('bytes', bytes, limits.bytes) : null;
}

/** The limit that a body exceeds, or null if it is within all limits. */
function excessOf(outline: Outline, limits: StateLimits): Excess | null {
  const { indentation, member } = outline;
  const sheets = member?.count ?? 0;
  if (sheets > limits.sheets) return tooLarge('sheets', sheets, limits.sheets);
  const excess = valuesExcess(outline, maxValues(limits));
  if (excess !== null) return excess;
  // Nested brackets are short in a request but long in the stored layout, because of their indentation.
  return indentation > limits.bytes ? tooLarge('bytes', indentation, limits.bytes) : null;
}

function valuesExcess({ values, nodes, member }: Outline, limit: number): Excess | null {
  if (values > limit) return tooLarge('values', values, limit);
  const largest = Math.max(nodes - (member?.nodes ?? 0), member?.largest ?? 0);
  return largest > MAX_PART_NODES ? tooLarge('nodes', largest, MAX_PART_NODES) : null;
}

type Excess = ReturnType<typeof tooLarge>;

/** Checks the part of a request's body at `path` with a schema. */
export function checkPart<T>(value: unknown, schema: z.ZodType<T>, path: string): Result<T> {
  const decoded = check(schema, value);
  if (decoded.ok) return decoded;
  const faults = decoded.faults.map(fault => ({
    path: `${path}${fault.path}`,
    reason: fault.reason,
  }));
  return fail({ code: 'invalid', faults });
}

function toResult<T>(decoded: Decoded<T>): Result<T> {
  if (decoded.ok) return decoded;
  const code = decoded.errorType === 'json_decode' ? 'malformed_json' : 'invalid';
  return fail({ code, faults: decoded.faults });
}

/** The longest string of the engines. */
const MAX_TEXT_BYTES = 2 ** 29 - 32;

function tooLong(): Decoded<never> {
  const reason = `The text has more than ${MAX_TEXT_BYTES} bytes`;
  return { ok: false, errorType: 'validation', faults: [{ path: '', reason }] };
}

function notUtf8(): Decoded<never> {
  return jsonFault('The bytes are not UTF-8');
}
