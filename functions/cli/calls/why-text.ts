import type { WhyAnswer } from '../../../lib/worker/client/job.ts';
import type { Colours } from '../terminal/colours.ts';
import { printable } from '../terminal/printable.ts';

/** The answer to `why` as lines. */
export function whyLines(why: WhyAnswer, colours: Colours): string[] {
  return [
    `${colours.bold(printable(why.job_id))}  ${why.status ?? 'unreadable'}, ${printable(why.standing)}`,
    printable(why.summary),
    ...why.evidence.map(text => `  - ${printable(text)}`),
    ...sentences('Next', why['next'], colours),
    ...sentences('Safe', why['safe'], colours),
  ];
}

function sentences(title: string, given: unknown, colours: Colours): string[] {
  const texts = [given].flat().filter(text => typeof text === 'string');
  return texts.map((text, index) => {
    const head = index === 0 ? `${title}:` : '';
    return `${colours.dim(head.padEnd(6))}${printable(text)}`;
  });
}
