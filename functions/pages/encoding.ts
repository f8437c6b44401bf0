import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Bytes } from '../../lib/store.ts';

/** The encodings that a file may be sent in, the best one first. */
export type Encoding = 'br' | 'gzip' | 'identity';

const BEST_FIRST = ['br', 'gzip'] as const;

/** The best encoding that a client takes (RFC 9110, section 12.5.3). */
export function chooseEncoding(acceptEncoding: string): Encoding {
  const weights = new Map(acceptEncoding.toLowerCase().split(',').map(readCoding));
  return BEST_FIRST.find(name => (weights.get(name) ?? weights.get('*') ?? 0) > 0) ?? 'identity';
}

function readCoding(text: string): [name: string, weight: number] {
  const [name = '', ...parameters] = text.split(';').map(part => part.trim());
  const weight = parameters.find(parameter => parameter.startsWith('q='));
  return [name, weight === undefined ? 1 : Number(weight.slice(2))];
}

const compressBrotli = promisify(brotliCompress);
const compressGzip = promisify(gzip);

/** The bytes in this encoding, made in the thread pool. */
export async function encode(body: Bytes, encoding: Encoding): Promise<Bytes> {
  switch (encoding) {
    case 'br': {
      const size = { [constants.BROTLI_PARAM_SIZE_HINT]: body.byteLength };
      return new Uint8Array(await compressBrotli(body, { params: size }));
    }
    case 'gzip':
      return new Uint8Array(await compressGzip(body, { level: constants.Z_BEST_COMPRESSION }));
    case 'identity':
      return body;
    default:
      return encoding satisfies never;
  }
}
