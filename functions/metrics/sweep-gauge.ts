import { familyText } from './text.ts';

/** What a process knows of itself, with whether it sweeps: of several on one store the leader does. */
export function withSweepLeader(
  processText: () => Promise<string>,
  isLeader: () => boolean,
): () => Promise<string> {
  return async () => {
    const text = familyText({
      name: 'dalsegno_sweep_leader',
      help: '1 if this process sweeps.',
      type: 'gauge',
      samples: [{ value: isLeader() ? 1 : 0 }],
    });
    return text + (await processText());
  };
}
