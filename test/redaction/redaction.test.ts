import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactCredentials } from '../../lib/redaction/redaction.ts';
import { anyText } from '../base/any-text.ts';
import { cases } from '../support/effort.ts';
import { cpuMsOf } from '../support/measure/processor-time.ts';
import { HOSTILE, hex, IN_CONTEXT, mixed, ORDINARY, pem, SAMPLES } from './samples.ts';

const SEED = 20_261_123;

describe('redactCredentials()', () => {
  it.each(SAMPLES)('names %s when the credential is between words', (kind, credential) => {
    expect(redactCredentials(`could not use ${credential}, giving up`)).toBe(
      `could not use [REDACTED_${kind}], giving up`,
    );
  });

  it.each(SAMPLES)('finds %s when only a control sequence is before it', (kind, credential) => {
    expect(redactCredentials(`\u001b[1;31m${credential}\u001b[0m`)).toBe(
      `\u001b[1;31m[REDACTED_${kind}]\u001b[0m`,
    );
    expect(redactCredentials(`'key:\\n${credential}'`)).toBe(`'key:\\n[REDACTED_${kind}]'`);
  });

  it.each(IN_CONTEXT)(
    'keeps the name before and the text behind when given %s',
    (before, credential, after, kind) => {
      expect(redactCredentials(before + credential + after)).toBe(
        `${before}[REDACTED_${kind}]${after}`,
      );
    },
  );

  it.each(ORDINARY)('changes no byte when given %s', (_name, text) => {
    expect(redactCredentials(text)).toBe(text);
  });

  it('redacts a private key when the text ends within it', () => {
    const whole = pem('RSA PRIVATE KEY');
    const cut = whole.slice(0, whole.length - 60);
    expect(redactCredentials(`dump:\n${cut}`)).toBe('dump:\n[REDACTED_PRIVATE_KEY]');
  });

  it('redacts a private key when the text begins within it', () => {
    const whole = pem('EC PRIVATE KEY');
    expect(redactCredentials(`${whole.slice(50)}\ndone`)).toBe('[REDACTED_PRIVATE_KEY]\ndone');
  });

  it('leaves the words before alone when the first lines of a private key are missing', () => {
    const lines = `${mixed(64)}\n${mixed(20)}\n-----END PRIVATE KEY-----\n`;
    expect(redactCredentials(`the last words\n${lines}`)).toBe(
      'the last words\n[REDACTED_PRIVATE_KEY]\n',
    );
  });

  it('redacts a private key when its newlines are escaped', () => {
    const escaped = pem('PRIVATE KEY').replaceAll('\n', '\\n');
    expect(redactCredentials(`{"private_key": "${escaped}\\n"}`)).toBe(
      String.raw`{"private_key": "[REDACTED_PRIVATE_KEY]\n"}`,
    );
    expect(redactCredentials(escaped.slice(50))).toBe('[REDACTED_PRIVATE_KEY]');
    expect(redactCredentials(escaped.slice(0, 200))).toBe('[REDACTED_PRIVATE_KEY]');
  });

  it('redacts a private key when every line of it has a prefix', () => {
    const logged = pem('PRIVATE KEY').replaceAll('\n', '\n05:34:38 INFO ');
    expect(redactCredentials(`05:34:38 INFO ${logged}`)).toBe(
      '05:34:38 INFO [REDACTED_PRIVATE_KEY]',
    );
  });

  it('keeps the text between two private keys', () => {
    const text = `a ${pem('PRIVATE KEY')} b ${pem('RSA PRIVATE KEY')} c`;
    expect(redactCredentials(text)).toBe('a [REDACTED_PRIVATE_KEY] b [REDACTED_PRIVATE_KEY] c');
  });

  it('leaves nothing of a credential between any texts', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SAMPLES),
        proseArbitrary(),
        proseArbitrary(),
        (sample, a, b) => {
          const [, credential] = sample;
          const redacted = redactCredentials(`${a} ${credential} ${b}`);
          expect(redacted).not.toContain(credential.slice(-12));
          expect(redacted).toContain('[REDACTED_');
        },
      ),
      { seed: SEED, numRuns: cases(700) },
    );
  });

  it('changes nothing the second time when pieces of credentials are glued in any order', () => {
    fc.assert(
      fc.property(gluedArbitrary(), text => {
        const once = redactCredentials(text);
        expect(redactCredentials(once)).toBe(once);
      }),
      { seed: SEED, numRuns: cases(5000) },
    );
  });

  it('changes nothing when the text has no digits, no quotes and no prefix', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('the ', 'worker, ', 'sheet\n', 'naïve ', '文字 ')),
        words => {
          const text = words.join('');
          expect(redactCredentials(text)).toBe(text);
        },
      ),
      { seed: SEED },
    );
  });

  it.each(HOSTILE)('takes linear time when %j is repeated', async piece => {
    const text = piece.repeat(Math.ceil(400_000 / piece.length));
    // Linear is 5 to 50 ms here, quadratic is minutes.
    expect(await cpuMsOf(() => redactCredentials(text))).toBeLessThan(2_000);
  });
});

function proseArbitrary(): fc.Arbitrary<string> {
  return fc.oneof(anyText(), fc.lorem()).map(text => text.replaceAll('-----', ''));
}

function gluedArbitrary(): fc.Arbitrary<string> {
  const glue = [
    ...'\\n - _ . @ : / :// ://u: " = x A 7 ] sk- eyJ & [REDACTED_'.split(' '),
    ' ',
    '\n',
    '\u001b[31m',
    'Bearer ',
    'Authorization: Bearer ',
    '[REDACTED_AWS_KEY]',
    'secret_access_key=',
    'session_token=',
    'AccountKey=',
    '&sig=',
    mixed(40),
    hex(70),
    '-----BEGIN PRIVATE KEY-----',
    '-----END PRIVATE KEY-----',
    mixed(40),
    mixed(70),
    hex(40),
  ];
  const credentials = [
    ...SAMPLES.map(([, credential]) => credential),
    ...IN_CONTEXT.map(([before, credential]) => before + credential),
  ];
  const piece = fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom(...glue) },
    { weight: 1, arbitrary: fc.constantFrom(...credentials) },
  );
  return fc.array(piece, { maxLength: 12 }).map(pieces => pieces.join(''));
}
