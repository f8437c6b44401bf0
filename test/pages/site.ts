import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { headersFile } from '../../functions/pages/headers.ts';

/** Large enough that it is sent in fewer bytes when it is compressed. */
export const SCRIPT = `document.title = 'Dal Segno';\n${'// The same comment again.\n'.repeat(200)}`;
export const INDEX = '<!doctype html>\n<title>Dal Segno</title>\n';

/** Files as a build of the dashboard leaves them. */
const FILES: Readonly<Record<string, string>> = {
  'index.html': INDEX,
  'assets/icon-9c3e.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>\n',
  'openapi.json': '{"openapi":"3.1.0"}\n',
  'assets/index-4f9a.js': SCRIPT,
  'assets/index-77b1.css': 'body { margin: 0 }\n',
  'assets/logo-1234.png': 'not really a picture',
  _headers: headersFile(),
};

/** Writes them into a folder. */
export async function writeSite(folder: string): Promise<void> {
  for (const [name, text] of Object.entries(FILES)) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
}
