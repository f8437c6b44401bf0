import * as z from 'zod';
import { sha256Hex } from '../base/digest.ts';
import { tryParseJson } from '../base/try-parse-json.ts';
import { type Bytes, type ObjectStore, UNCONDITIONAL } from '../store.ts';

/** What copies know of the jobs that they put at the target. */
export interface Marks {
  /** Whether a copy put this body there. */
  bears(jobKey: string, body: Bytes): Promise<boolean>;
  /** To be written before the body is put, with the one of an earlier copy that it is put upon. */
  write(
    jobKey: string,
    bodies: { readonly next: Bytes; readonly upon: Bytes | null },
  ): Promise<void>;
}

/**
 * `sha256` has the digest of what was put there and, until that is so, of what it was put upon: whoever
 * dies in between leaves either body marked. A body that it does not name has come from somebody else.
 */
const Mark = z.object({ job: z.string(), sha256: z.array(z.string()) });
type Mark = z.infer<typeof Mark>;

const MARK_KEYS = 'copied/';

export function createMarks(target: ObjectStore): Marks {
  return {
    async bears(jobKey, body) {
      const object = await target.get(markKeyOf(jobKey));
      if (object === null) return false;
      const mark = Mark.safeParse(tryParseJson(new TextDecoder().decode(object.body)));
      if (!mark.success || mark.data.job !== jobKey) return false;
      return mark.data.sha256.includes(await sha256Hex(body));
    },

    async write(jobKey, { next, upon }) {
      const bodies = upon === null ? [next] : [next, upon];
      const mark: Mark = {
        job: jobKey,
        sha256: await Promise.all(bodies.map(body => sha256Hex(body))),
      };
      const text = new TextEncoder().encode(JSON.stringify(mark));
      await target.put(markKeyOf(jobKey), text, UNCONDITIONAL);
    },
  };
}

export function markKeyOf(jobKey: string): string {
  return `${MARK_KEYS}${jobKey.slice(jobKey.indexOf('/') + 1)}`;
}
