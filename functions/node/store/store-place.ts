import * as z from 'zod';
import { type PostgresPlace, readPostgresPlace } from './postgres-place.ts';
import { readS3Place, type S3Place } from './s3-place.ts';

/** Where the service keeps its state. */
export type StorePlace =
  | { readonly kind: 'file'; readonly directory: string }
  | { readonly kind: 'memory' }
  | PostgresPlace
  | S3Place;

/** Null where the URL is wrong: then there is an issue, which does not repeat the URL. That may have a password. */
type ReadPlace = (url: URL, context: z.RefinementCtx, text: string) => StorePlace | null;

const READERS: Readonly<Record<string, ReadPlace>> = {
  'file:': readFilePlace,
  'memory:': () => ({ kind: 'memory' }),
  'postgres:': readPostgresPlace,
  'postgresql:': readPostgresPlace,
  's3:': readS3Place,
};

/** The URL of a store, such as `postgres://user@host/database`. */
export const StoreUrl = z.string().transform((text, context) => {
  const url = URL.parse(text);
  const read = url === null ? undefined : READERS[url.protocol];
  if (url === null || read === undefined) {
    context.addIssue(`Expected a URL that begins with ${Object.keys(READERS).join(' or ')}`);
    return z.NEVER;
  }
  return read(url, context, text) ?? z.NEVER;
});

/** What people and the log see of a place: nothing secret. */
export function placeText(place: StorePlace): string {
  switch (place.kind) {
    case 'file':
      return place.directory;
    case 'memory':
      return 'memory';
    case 'postgres':
      return `postgres://${place.host}:${place.port}/${place.database}, schema ${place.schema}`;
    case 's3':
      return `s3://${place.bucket}/${place.prefix}`;
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
