import type { Clock } from '../../../lib/base/clock.ts';
import type { OpenedStore } from '../store-opener.ts';

/**
 * What an object has opened, for all its calls: opened by the first one, and again when its store may not be used any longer, or
 * could not be opened.
 */
export function createReopening<Opened extends { readonly opened: OpenedStore }>(
  clock: Pick<Clock, 'millis'>,
  open: () => Promise<Opened>,
): () => Promise<Opened> {
  let opening: Promise<Opened> | null = null;
  let usableUntilMs = Number.POSITIVE_INFINITY;

  async function begin(): Promise<Opened> {
    usableUntilMs = Number.POSITIVE_INFINITY;
    try {
      const made = await open();
      ({ usableUntilMs } = made.opened);
      return made;
    } catch (error) {
      opening = null;
      throw error;
    }
  }

  return () => {
    if (clock.millis() >= usableUntilMs) opening = null;
    opening ??= begin();
    return opening;
  };
}
