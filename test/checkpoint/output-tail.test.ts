import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { captureTail, TAIL_LIMIT_BYTES } from '../../lib/checkpoint/output-tail.ts';
import { anyText } from '../base/any-text.ts';
import { cases } from '../support/effort.ts';
import { leastOf } from '../support/measure/least.ts';
import { cpuMsOf } from '../support/measure/processor-time.ts';

const SEED = 20_261_123;
const GITHUB_TOKEN = `ghp_${'aB3dE5gH7jK9'.repeat(3)}`;
const TOKEN_REPLACED = '[REDACTED_GITHUB_TOKEN]';
const KEY_LINES = `${'aB3dE5gH7jK9mN1p'.repeat(4)}\n`.repeat(50);
const PRIVATE_KEY = `-----BEGIN RSA PRIVATE KEY-----\n${KEY_LINES}-----END RSA PRIVATE KEY-----\n`;

describe('captureTail()', () => {
  it('returns null when nothing was put out', () => {
    expect(captureTail('')).toEqual({ tail: null, truncated: false });
  });

  it('keeps everything when the output is as long as the limit', () => {
    const text = 'x'.repeat(TAIL_LIMIT_BYTES);
    expect(captureTail(text)).toEqual({ tail: text, truncated: false });
  });

  it('keeps the last bytes when the output is longer than the limit', () => {
    const text = `first${'x'.repeat(TAIL_LIMIT_BYTES)}`;
    expect(captureTail(text)).toEqual({ tail: 'x'.repeat(TAIL_LIMIT_BYTES), truncated: true });
  });

  it.each([
    ['é', 3, 'é'],
    ['文', 7, '文文'],
    ['\u{1f600}', 7, '\u{1f600}'],
    ['\u{1f600}', 8, '\u{1f600}\u{1f600}'],
  ])('keeps whole characters when %j does not fit %i bytes evenly', (character, limit, tail) => {
    expect(captureTail(character.repeat(5), limit)).toEqual({ tail, truncated: true });
  });

  it('returns null when not one character fits', () => {
    expect(captureTail('\u{1f600}', 3)).toEqual({ tail: null, truncated: true });
  });

  it('writes a question mark when a surrogate is alone', () => {
    expect(captureTail('a\ud83db\ude00c\ude00\ud83d').tail).toBe('a?b?c??');
  });

  it('keeps a replacement character when the output has one', () => {
    expect(captureTail('a\ufffdb').tail).toBe('a\ufffdb');
  });

  it('writes no question mark when the window begins within a character', () => {
    const text = '\u{1f600}'.repeat(100_000);
    expect(captureTail(text).tail).toBe('\u{1f600}'.repeat(TAIL_LIMIT_BYTES / 4));
    expect(captureTail(`${text}x`).tail).toBe(`${'\u{1f600}'.repeat(TAIL_LIMIT_BYTES / 4 - 1)}x`);
  });

  it('redacts credentials when everything fits', () => {
    expect(captureTail(`push with ${GITHUB_TOKEN} failed`)).toEqual({
      tail: `push with ${TOKEN_REPLACED} failed`,
      truncated: false,
    });
  });

  it('leaves no part of a credential when the cut goes through it', () => {
    const cuts = Array.from({ length: GITHUB_TOKEN.length - 1 }, (_, index) => index + 1);
    const tails = cuts.map(kept => captureTail(`token ${GITHUB_TOKEN} end`, kept + 4).tail);
    expect(new Set(tails)).toEqual(new Set([' end', `${TOKEN_REPLACED} end`]));
  });

  it('leaves no part of a private key when the cut goes through it', () => {
    const text = `${PRIVATE_KEY}${'x'.repeat(TAIL_LIMIT_BYTES - 1_000)}`;
    expect(captureTail(text)).toEqual({
      tail: `[REDACTED_PRIVATE_KEY]\n${'x'.repeat(TAIL_LIMIT_BYTES - 1_000)}`,
      truncated: true,
    });
  });

  it('shows nothing from before the cut when credentials behind it were long', () => {
    const end = `${'.'.repeat(500)}${PRIVATE_KEY}`;
    expect(captureTail(`before the cut ${GITHUB_TOKEN}\n${end}`, end.length)).toEqual({
      tail: `${'.'.repeat(500)}[REDACTED_PRIVATE_KEY]\n`,
      truncated: true,
    });
  });

  it('cuts once more when replacing made the text longer', () => {
    const text = 'redis://:a@b\n'.repeat(1_000);
    const { tail, truncated } = captureTail(text, text.length);
    expect(truncated).toBe(true);
    expect(byteLength(tail)).toBeLessThanOrEqual(text.length);
    expect(tail).toMatch(/^[^[]*(?:redis:\/\/:\[REDACTED_PASSWORD\]@b\n)+$/);
  });

  it('keeps no half replacement when the second cut goes through one', () => {
    const text = 'redis://:a@b';
    expect(captureTail(text, 12).tail).toBe('@b');
  });

  it('keeps an end of the output within the limit when the output is any text', () => {
    fc.assert(
      fc.property(
        fc
          .array(fc.constantFrom('a', 'é', '文', '\u{1f600}', '\n', '\ufffd'))
          .map(parts => parts.join('')),
        fc.nat({ max: 40 }),
        (text, limit) => {
          const { tail, truncated } = captureTail(text, limit);
          const kept = tail ?? '';
          expect(text.endsWith(kept)).toBe(true);
          expect(byteLength(tail)).toBeLessThanOrEqual(limit);
          expect(byteLength(tail)).toBeGreaterThan(Math.min(byteLength(text), limit) - 4);
          expect(truncated).toBe(kept.length < text.length);
        },
      ),
      { seed: SEED, numRuns: cases(1500) },
    );
  });

  it('fits the limit and is well formed when the output is any sequence of code units', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            anyText(),
            fc.constantFrom('\ud83d', '\ude00', ` ${GITHUB_TOKEN}`, 'a://b:c@d '),
          ),
        ),
        fc.nat({ max: 100 }),
        (parts, limit) => {
          const { tail } = captureTail(parts.join(''), limit);
          expect(byteLength(tail)).toBeLessThanOrEqual(limit);
          expect((tail ?? '').isWellFormed()).toBe(true);
          expect(tail ?? '').not.toMatch(/aB3dE5gH7jK9/);
        },
      ),
      { seed: SEED, numRuns: cases(1500) },
    );
  });

  it('looks only at the end when the output is very long', async () => {
    const bytes = new TextEncoder().encode(
      `${'line of output\n'.repeat(2_000_000)}${GITHUB_TOKEN}`,
    );
    const text = new TextDecoder().decode(bytes);
    expect(captureTail(text).tail?.endsWith(TOKEN_REPLACED)).toBe(true);
    // A few milliseconds; encoding or scanning all of it takes hundreds.
    expect(await leastOf(100, () => cpuMsOf(() => captureTail(text)))).toBeLessThan(100);
  });
});

function byteLength(text: string | null): number {
  return new TextEncoder().encode(text ?? '').length;
}
