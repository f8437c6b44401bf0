import * as z from 'zod';
import { sha256Hex } from '../base/digest.ts';
import { tryParseJson } from '../base/try-parse-json.ts';
import { type Bytes, type ObjectStore, UNCONDITIONAL } from '../store.ts';

/** Records at the target of the jobs that copies put there. */
export interface CopyRecords {
  /** Whether a copy put this body there. */
  includes(jobKey: string, body: Bytes): Promise<boolean>;
  /** Must be called before the body is put. `replaced` is the body of an earlier copy that the new one replaces. */
  write(
    jobKey: string,
    bodies: { readonly next: Bytes; readonly replaced: Bytes | null },
  ): Promise<void>;
}

/**
 * `sha256` has the digest of the new body and, until that is stored, of the body that it replaces. So if the process
 * dies in between, the record names both bodies. A body that it does not name comes from another writer.
 */
const CopyRecord = z.object({ job: z.string(), sha256: z.array(z.string()) });
type CopyRecord = z.infer<typeof CopyRecord>;

const COPY_RECORD_KEYS = 'copied/';

export function createCopyRecords(target: ObjectStore): CopyRecords {
  return {
    async includes(jobKey, body) {
      const object = await target.get(copyRecordKeyOf(jobKey));
      if (object === null) return false;
      const record = CopyRecord.safeParse(tryParseJson(new TextDecoder().decode(object.body)));
      if (!record.success || record.data.job !== jobKey) return false;
      return record.data.sha256.includes(await sha256Hex(body));
    },

    async write(jobKey, { next, replaced }) {
      const bodies = replaced === null ? [next] : [next, replaced];
      const record: CopyRecord = {
        job: jobKey,
        sha256: await Promise.all(bodies.map(body => sha256Hex(body))),
      };
      const text = new TextEncoder().encode(JSON.stringify(record));
      await target.put(copyRecordKeyOf(jobKey), text, UNCONDITIONAL);
    },
  };
}

function copyRecordKeyOf(jobKey: string): string {
  return `${COPY_RECORD_KEYS}${jobKey.slice(jobKey.indexOf('/') + 1)}`;
}
