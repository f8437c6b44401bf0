import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bytes } from '../../lib/store.ts';
import type { Page, Pages } from '../services/pages.ts';
import { chooseEncoding, type Encoding, encode } from './encoding.ts';
import { pageHeaders } from './headers.ts';

/** What a build has, many times over. More is another folder, and is not read into memory. */
const MAX_FILES = 200;
const MAX_BYTES = 8 * 1024 * 1024;

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
};
/** Of these the formats are compressed already. */
const OTHER_TYPES: Readonly<Record<string, string>> = {
  '.ico': 'image/x-icon',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};

/** The folder of the built dashboard: `dist/site`, whether this module is a source file or a built one. */
export function siteFolder(module: string = import.meta.url): string {
  const path = module.endsWith('.ts') ? '../../dist/site/' : '../../site/';
  return fileURLToPath(new URL(path, module));
}

/**
 * The files of a folder, read once. The answers come from memory, so no path of a request reaches the disk. Links and
 * files whose names begin with `.` or `_` are left out. Null if there is no folder, or no `index.html` in it. Rejects if
 * it cannot be read, or has too much.
 */
export async function openPages(folder: string = siteFolder()): Promise<Pages | null> {
  const files = await readFiles(folder);
  if (files === null || !files.has('/')) return null;
  const pages = new Map([...files].map(([path, body]) => [path, createPage(path, body)]));
  return {
    async find(path, acceptEncoding) {
      return pages.get(path)?.(chooseEncoding(acceptEncoding)) ?? null;
    },
  };
}

/** By the paths of the service. */
async function readFiles(folder: string): Promise<ReadonlyMap<string, Bytes> | null> {
  const names = await namesIn(folder);
  if (names === null) return null;
  const sizes = await Promise.all(names.map(async name => (await stat(join(folder, name))).size));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  if (names.length > MAX_FILES || bytes > MAX_BYTES) {
    throw new Error(
      `Cannot serve ${folder}: it has ${names.length} files and ${bytes} bytes, more than ${MAX_FILES} and ${MAX_BYTES}`,
    );
  }
  const read = names.map(async (name): Promise<[string, Bytes]> => {
    const path = `/${name.split(sep).join('/')}`;
    return [
      path === '/index.html' ? '/' : path,
      new Uint8Array(await readFile(join(folder, name))),
    ];
  });
  return new Map(await Promise.all(read));
}

async function namesIn(folder: string): Promise<readonly string[] | null> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter(entry => entry.isFile() && !/^[._]/.test(entry.name))
      .map(entry => join(entry.parentPath, entry.name).slice(join(folder, sep).length));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw error;
  }
}

/** The file in each encoding. Each is made when it is first asked for, and kept. */
function createPage(path: string, body: Bytes): (encoding: Encoding) => Promise<Page> {
  const extension = path === '/' ? '.html' : extname(path);
  const text = TYPES[extension];
  const type = text ?? OTHER_TYPES[extension] ?? 'application/octet-stream';
  const hash = createHash('sha256').update(body).digest('base64url').slice(0, 22);
  const made = new Map<Encoding, Promise<Page>>();

  async function make(encoding: Encoding): Promise<Page> {
    const encoded = await encode(body, encoding);
    const isEncoded = encoding !== 'identity';
    return {
      body: encoded,
      etag: isEncoded ? `${hash}-${encoding}` : hash,
      headers: {
        ...pageHeaders(path),
        'Content-Type': type,
        ...(isEncoded ? { 'Content-Encoding': encoding } : {}),
        ...(text === undefined ? {} : { Vary: 'Accept-Encoding' }),
      },
    };
  }

  return asked => {
    const encoding = text === undefined ? 'identity' : asked;
    const known = made.get(encoding) ?? make(encoding);
    made.set(encoding, known);
    return known;
  };
}
