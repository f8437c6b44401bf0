import { ABSENT, type Finding, MAX_LABEL_BYTES, UNCONDITIONAL } from '../../store.ts';
import type { S3Objects } from './objects.ts';
import type { Pages } from './pages.ts';

/** As long as a label may be, with all that a header cannot have as it is. */
const SAMPLE = ' {"Name":"Ä  ß 名",\t"x":"=?"} ';

/**
 * What a server does with labels and lists. Without them the promises of the store hold, and lists cost more: so leases depend on none of
 * these.
 */
export async function inspectBucket({
  objects,
  pages,
}: {
  readonly objects: Pick<S3Objects, 'lookUp' | 'put' | 'delete'>;
  readonly pages: Pages;
}): Promise<readonly Finding[]> {
  const key = `doctor/label-${crypto.randomUUID()}`;
  const label = longest(SAMPLE);
  try {
    const version = await objects.put({
      key,
      body: new TextEncoder().encode('label'),
      precondition: ABSENT,
      label,
    });
    const stored = await objects.lookUp(key);
    const listed: string[] = [];
    for await (const page of pages(key, '')) listed.push(...page.map(object => object.version));
    return [
      finding('labels', stored?.label === label, NO_LABELS),
      finding('versions in lists', listed.length === 1 && listed[0] === version, OTHER_VERSIONS),
    ];
  } finally {
    await objects.delete(key, UNCONDITIONAL);
  }
}

const NO_LABELS =
  'the server does not keep metadata as it was sent: lists read each object, and a write whose answer was lost is an error';
const OTHER_VERSIONS =
  'the etags in lists are not those of the objects: each list looks up every object';

function finding(name: string, ok: boolean, fault: string): Finding {
  return { name, ok, detail: ok ? 'as expected' : fault };
}

function longest(sample: string): string {
  const bytes = new TextEncoder().encode(sample).byteLength;
  return sample.repeat(Math.floor(MAX_LABEL_BYTES / bytes));
}
