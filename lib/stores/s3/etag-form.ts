import type { Version } from '../../store.ts';
import { etagOf } from './etag.ts';

/** The requests that find out how a server wants etags. Each takes the value of `If-Match`, or null. */
export interface FormProbe {
  /** The version that was stored, or null where the condition refused. */
  put(body: string, ifMatch: string | null): Promise<Version | null>;
  remove(): Promise<void>;
}

/** How etags are written in conditions: with their quotes, as HTTP says, or without, which some gateways of Ceph want. */
export interface EtagForm {
  /** The value of `If-Match` for this version. Empty for one that no object has. */
  valueOf(version: Version): string;
  /** Is called where a condition held. */
  accept(): void;
  /**
   * Is called where a condition refused. True if the refusal was one of the form alone: `isStored` says that the object has this
   * version, and the server was found to want the other form. Then the request is to be sent again. `sent` is the value of `If-Match` that
   * it had: the form may have been found out since.
   */
  isMistaken(isStored: () => Promise<boolean>, sent?: string): Promise<boolean>;
}

export function createEtagForm(probe: FormProbe): EtagForm {
  let form: 'unknown' | 'quoted' | 'bare' = 'unknown';
  let probing: Promise<boolean> | null = null;

  return {
    valueOf(version) {
      const etag = etagOf(version) ?? '';
      return form === 'bare' ? withoutQuotes(etag) : etag;
    },

    accept() {
      if (form === 'unknown') form = 'quoted';
    },

    async isMistaken(isStored, sent = '') {
      if (form === 'bare' && sent !== withoutQuotes(sent)) return isStored();
      if (form !== 'unknown' || !(await isStored())) return false;
      probing ??= wantsBare(probe).finally(() => {
        probing = null;
      });
      form = (await probing) ? 'bare' : 'quoted';
      return form === 'bare';
    },
  };
}

/** Tries it with an object of its own: a server that overlooks conditions in this form would replace what another had stored. */
async function wantsBare(probe: FormProbe): Promise<boolean> {
  try {
    // One whose answer was lost is removed too.
    const first = await probe.put('first', null);
    if (first === null) return false;
    const value = withoutQuotes(etagOf(first) ?? '');
    if (value === '' || (await probe.put('second', value)) === null) return false;
    return (await probe.put('third', value)) === null;
  } finally {
    await probe.remove();
  }
}

function withoutQuotes(etag: string): string {
  return etag.replaceAll('"', '');
}
