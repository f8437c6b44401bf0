import { expect, it } from 'vitest';
import { check, checkWithSchema } from '../../lib/checkpoint/check.ts';
import { SheetUpdate } from '../../lib/checkpoint/sheet-update.ts';
import { parseExactly } from '../../lib/json/parser.ts';
import { writeLayout } from '../../lib/json/writer.ts';
import { checkOf, IRREGULAR } from '../../lib/schema/regular.ts';
import { cases } from '../support/effort.ts';
import { seededRandom } from '../support/random.ts';

const SEED = 20_261_128;

const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  status: ['"completed"', '"completed"', '"in_progress"', '"failed"', '"skipped"', '"done"', '1'],
  stdout: ['"ok"', '""', 'null', '1', '"password=hunter2hunter2 \\ud800"', '"é"'],
  stderr: ['"ok"', 'null', '[]', '"Authorization: Bearer abcdefghijklmnopqrstuvwxyz0123"'],
  error_message: ['"no"', 'null', '1', '"https://user:secret@example.org/"'],
  start_next: ['true', 'false', '"yes"', '1', 'null'],
  validation_passed: ['true', 'false', '0', 'null'],
  validation_details: ['null', '[]'],
  execution_duration_seconds: ['null', '1.5', '1e400'],
  attempt: ['1', '0', '"2"', 'null'],
  start: ['2'],
  __proto__x: ['1'],
};

function updatesOf(seed: number): () => string {
  const random = seededRandom(seed);
  const below = (bound: number): number => Math.floor(random.fraction() * bound);
  return () => {
    const entries = Object.entries(MEMBERS).flatMap(([name, values]) => {
      const isThere =
        name === 'status' ? below(20) > 0 : below(name.startsWith('std') ? 2 : 8) === 0;
      return isThere ? [`${JSON.stringify(name)}:${values[below(values.length)]}`] : [];
    });
    if (below(30) === 0) entries.push('"__proto__":{"status":"completed"}');
    return below(40) === 0
      ? `[${below(3)}]`
      : `{${entries.toSorted(() => below(3) - 1).join(',')}}`;
  };
}

it(`an update that is checked without the schema is what the schema makes of it (seed ${SEED})`, () => {
  const next = updatesOf(SEED);
  let regular = 0;
  for (let nth = 0; nth < cases(2_000); nth++) {
    const text = next();
    const parsed = (): unknown => parseExactly(text, { nonFinite: false });
    const checked = check(SheetUpdate, parsed());
    const expected = checkWithSchema(SheetUpdate, parsed());
    // Texts, because the order of the members counts.
    expect({ text, checked: writeLayout(checked, 'word') }).toEqual({
      text,
      checked: writeLayout(expected, 'word'),
    });
    expect(checked).toStrictEqual(expected);
    if (checkOf(SheetUpdate)?.check(parsed(), true) !== IRREGULAR) regular += 1;
  }
  expect(regular).toBeGreaterThan(cases(2_000) / 20);
});

it.each(['{"status":"in_progress"}', '{"status":"completed","stdout":"ok","start_next":true}'])(
  '%s needs no schema',
  text => {
    const parsed = parseExactly(text, { nonFinite: false });
    expect(checkOf(SheetUpdate)?.check(parsed, true)).not.toBe(IRREGULAR);
  },
);
