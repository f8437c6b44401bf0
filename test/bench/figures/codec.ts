import { systemClock } from '../../../lib/base/clock.ts';
import type { CheckpointState } from '../../../lib/checkpoint/checkpoint.ts';
import { decodeState, encodeState } from '../../../lib/checkpoint/codec.ts';
import { SIZES, type Size, SMALL, type Snapshot, stateBody } from '../jobs/state.ts';
import type { Bench, Figure, Goal, Pace } from '../measure/figure.ts';
import { compare } from '../measure/rounds.ts';
import { sampleAfter, sampleOf } from '../measure/sample.ts';

/** `decodeState` and `encodeState` against the engine's own parser and writer on the same text. */
export const codec: Bench = {
  name: 'codec',
  async *figures(pace) {
    for (const size of SIZES) {
      yield* await bothWays(size, 'without snapshot', pace);
      yield* await bothWays(size, 'with snapshot', pace);
    }
  },
};

const SMALL_DECODED: Goal = { atLeast: 0.35 };
const DECODED: Goal = { atLeast: 0.5 };

async function bothWays(size: Size, snapshot: Snapshot, pace: Pace): Promise<Figure[]> {
  const body = stateBody('codec', size, { snapshot });
  const text = new TextDecoder().decode(body);
  const plain: unknown = JSON.parse(text);
  const decode = () => decodedState(body);
  let state = decode();
  const label = `${size.name}, ${snapshot}`;
  return [
    ...(await compare(
      { name: 'JSON.parse', measure: millis => sampleOf(() => JSON.parse(text), { millis }) },
      [
        {
          name: `decodeState, ${label}`,
          goal: size === SMALL ? SMALL_DECODED : DECODED,
          measure: millis => sampleOf(decode, { millis }),
        },
      ],
      pace,
    )),
    ...(await compare(
      {
        name: 'JSON.stringify',
        measure: millis => sampleOf(() => JSON.stringify(plain, null, 2), { millis }),
      },
      [
        {
          name: `encodeState, first, ${label}`,
          goal: null,
          measure: millis =>
            sampleAfter(
              () => {
                state = decode();
              },
              () => encodeState(state),
              millis,
            ),
        },
        {
          name: `encodeState, again, ${label}`,
          goal: null,
          measure: millis => sampleOf(() => encodeState(state), { millis }),
        },
      ],
      pace,
    )),
  ];
}

function decodedState(body: Uint8Array): CheckpointState {
  const decoded = decodeState(body, { source: 'file', now: systemClock.now() });
  if (!decoded.ok) throw new Error(`The bench made a bad state: ${decoded.faults[0]?.reason}`);
  return decoded.value;
}
