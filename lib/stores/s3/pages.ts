import { StoreError } from '../../store.ts';
import type { Retry } from '../binding/retry.ts';
import { compareKeys } from '../key-order.ts';
import type { S3Bucket } from './bucket.ts';
import type { ListedObject } from './list-page.ts';
import { createListSections } from './list-sections.ts';

/**
 * The pages of a list of keys with the prefix, behind `after`, which may be empty. By the keys of the store. `bounds` are keys in order at
 * which the list may be cut, if the caller knows some.
 */
export type Pages = (
  prefix: string,
  after: string,
  bounds?: readonly string[],
) => AsyncIterable<readonly ListedObject[]>;

/** Some servers give a page without keys now and then. */
const MOST_EMPTY_PAGES = 100;
/** So many sections of a list are asked for side by side, each page by page: the pages of these are in memory. */
const SECTIONS_AT_ONCE = 4;

/** Some tools make an object for a folder, and URLs with such parts are those of other keys. */
const NO_OBJECT = /\/$|(?:^|\/)\.\.?(?:\/|$)/;

/** The keys behind `from`, and up to `to`: null for the end of the list. */
interface Section {
  readonly from: string;
  readonly to: string | null;
}

/** Rejects with a `StoreError` where pages do not follow each other: a list that repeats itself would never end. */
export function createPages({
  bucket,
  root,
  retry,
  locate,
}: {
  readonly bucket: Pick<S3Bucket, 'list'>;
  /** What all keys begin with in the bucket. */
  readonly root: string;
  readonly retry: Retry;
  readonly locate: (key: string) => string;
}): Pages {
  const sections = createListSections();

  /** One page after the other. */
  async function* pagesOf(
    prefix: string,
    { from, to }: Section,
  ): AsyncGenerator<readonly ListedObject[]> {
    const attempt = `list "${locate(prefix)}"`;
    let start: { token?: string; startAfter?: string } =
      from === '' ? {} : { startAfter: root + from };
    let last = root;
    let emptyPages = 0;
    for (;;) {
      const { objects: listed, token } = await retry(attempt, () =>
        bucket.list({ prefix: root + prefix, ...start }),
      );
      const first = listed[0]?.key;
      if (first !== undefined && compareKeys(first, last) <= 0) {
        throw new StoreError(`Cannot ${attempt}: a page does not begin behind the one before`);
      }
      if (!listed.every(({ key }) => key.startsWith(root + prefix))) {
        throw new StoreError(`Cannot ${attempt}: the server lists other keys, too`);
      }
      last = listed.at(-1)?.key ?? last;
      // Some servers do not know where to start, and list from the beginning.
      const isEarly = first !== undefined && compareKeys(first, root + from) <= 0;
      const objects = isEarly
        ? listed.filter(({ key }) => compareKeys(key, root + from) > 0)
        : listed;
      emptyPages = listed.length === 0 ? emptyPages + 1 : 0;
      const page = objects.map(({ key, version }) => ({ key: key.slice(root.length), version }));
      const isBehind = to !== null && compareKeys(last, root + to) >= 0;
      yield isBehind ? page.filter(({ key }) => compareKeys(key, to) <= 0) : page;
      if (token === null || isBehind) return;
      if (token === start.token || emptyPages > MOST_EMPTY_PAGES) {
        throw new StoreError(`Cannot ${attempt}: the next page is the same one`);
      }
      start = { token };
    }
  }

  /** The sections in order. Those behind the one that is waited for are under way; of the last, which has no end, no more is read than is asked for. */
  async function* pagesSideBySide(
    prefix: string,
    cut: readonly Section[],
  ): AsyncGenerator<readonly ListedObject[]> {
    const underWay: Promise<readonly (readonly ListedObject[])[]>[] = [];
    for (const [place, section] of cut.entries()) {
      for (let next = underWay.length; next < place + SECTIONS_AT_ONCE; next += 1) {
        const other = cut[next];
        if (other === undefined || other.to === null) break;
        const all = collect(pagesOf(prefix, other));
        // It is waited for in its turn, or not at all where one before it fails.
        all.catch(() => undefined);
        underWay.push(all);
      }
      const collected = underWay[place];
      if (collected === undefined) {
        yield* pagesOf(prefix, section);
        return;
      }
      // Read once: its pages are not kept until the end.
      underWay[place] = NOTHING;
      yield* await collected;
    }
  }

  return async function* pages(prefix, after, bounds = []) {
    const keys = bounds.length > 0 ? bounds : after === '' ? sections.boundsOf(prefix) : [];
    const ends = [...keys, null];
    const cut = ends.map((to, place) => ({ from: keys[place - 1] ?? after, to }));
    const recording = after === '' ? sections.record(prefix) : null;
    for await (const page of pagesSideBySide(prefix, cut)) {
      const last = page.at(-1);
      if (last !== undefined) recording?.add(last.key);
      yield page.filter(({ key }) => !NO_OBJECT.test(key));
    }
    recording?.end();
  };
}

const NOTHING = Promise.resolve([]);

async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
