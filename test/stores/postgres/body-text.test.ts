import { expect, it } from 'vitest';
import { isText } from '../../../lib/stores/postgres/body-text.ts';

it.each([
  [[], true],
  [[0x61], true],
  [[0xc3, 0xa9], true],
  [[0x61, 0, 0x61], false],
  [[0], false],
  [[0xc3], false],
  [[0xff, 0], false],
])('isText() of the bytes %j is %j', (bytes, expected) => {
  // What is around them in their buffer does not count.
  const around = new Uint8Array([0, 0xff, ...bytes, 0xff, 0]);
  expect(isText(around.subarray(2, -2))).toBe(expected);
});
