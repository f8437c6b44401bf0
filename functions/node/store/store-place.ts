import type * as z from 'zod';
import {
  SHARED_READERS,
  type SharedPlace,
  sharedPlaceText,
  storeUrl,
} from '../../store/store-url.ts';

/** Where the service keeps its state. */
export type StorePlace =
  | { readonly kind: 'file'; readonly directory: string }
  | { readonly kind: 'memory' }
  | SharedPlace;

/** The URL of a store of Node. */
export const StoreUrl = storeUrl<StorePlace>({
  'file:': readFilePlace,
  'memory:': () => ({ kind: 'memory' }),
  ...SHARED_READERS,
});

/** What people and the log see of a place: nothing secret. */
export function placeText(place: StorePlace): string {
  switch (place.kind) {
    case 'file':
      return place.directory;
    case 'memory':
      return 'memory';
    case 'postgres':
    case 's3':
      return sharedPlaceText(place);
    default:
      return place satisfies never;
  }
}

/** `file:./state`, `file:/srv/state` or `file:///srv/state`: what follows is a path as the system has it. */
function readFilePlace(_url: URL, context: z.RefinementCtx, text: string): StorePlace | null {
  const directory = /^file:(?:\/\/(?=\/))?((?!\/\/).+)$/i.exec(text)?.[1];
  if (directory !== undefined) return { kind: 'file', directory };
  context.addIssue('Expected file: and the path of a folder');
  return null;
}
