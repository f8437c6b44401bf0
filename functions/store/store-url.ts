import * as z from 'zod';
import { type PostgresPlace, readPostgresPlace } from './postgres-place.ts';
import { readS3Place, type S3Place } from './s3-place.ts';

/** Where the state is, in a store that machines may share. */
export type SharedPlace = PostgresPlace | S3Place;

/** Null where the URL is wrong: then there is an issue, which does not repeat the URL. That may have a password. */
export type ReadPlace<Place> = (url: URL, context: z.RefinementCtx, text: string) => Place | null;

/** The stores that every runtime with sockets and files has, by the schemes of their URLs. */
export const SHARED_READERS = {
  'postgres:': readPostgresPlace,
  'postgresql:': readPostgresPlace,
  's3:': readS3Place,
} as const;

/** The URL of a store, such as `postgres://user@host/database`. */
export function storeUrl<Place>(readers: Readonly<Record<string, ReadPlace<Place>>>) {
  return z.string().transform((text, context): Place => {
    const url = URL.parse(text);
    const read = url === null ? undefined : readers[url.protocol];
    if (url === null && Object.keys(readers).some(scheme => text.startsWith(scheme))) {
      context.addIssue(
        'Expected a URL with one host and port; in a password / ? # @ and % are written as %2F %3F %23 %40 and %25',
      );
      return z.NEVER;
    }
    if (url === null || read === undefined) {
      context.addIssue(`Expected a URL that begins with ${Object.keys(readers).join(' or ')}`);
      return z.NEVER;
    }
    return read(url, context, text) ?? z.NEVER;
  });
}

/** What people and the log see of a place: nothing secret. */
export function sharedPlaceText(place: SharedPlace): string {
  switch (place.kind) {
    case 'postgres':
      return `postgres://${place.host}:${place.port}/${place.database}, schema ${place.schema}`;
    case 's3':
      return `s3://${place.bucket}/${place.prefix}`;
    default:
      return place satisfies never;
  }
}
