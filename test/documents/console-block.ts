import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { launchService, type Service } from '../node/service.ts';
import { type Page, ROOT, readPages } from './pages.ts';

/** `test/stores/postgres/page.test.ts` runs its commands. */
const WITH_SERVERS = 'functions/deploy/moving.md';

/** Those whose commands need no more than a service of their own. */
export function pagesWithCommands(): readonly Page[] {
  return readPages().filter(page => page.path !== WITH_SERVERS && consoleBlocks(page).length > 0);
}

const run = promisify(execFile);

/** A command in a `console` block, and the answer that is printed below it. */
export interface Call {
  readonly command: string;
  readonly shown: string;
}

/** The service of `npm start`, in a folder where the commands of a page run. */
export interface Place {
  readonly folder: string;
  readonly service: Service;
}

/** The jobs that a page takes for granted. */
const GIVEN_JOBS: Readonly<Record<string, readonly string[]>> = {
  'functions/cli/README.md': ['one', 'two'],
};

export async function openPlace(page: Page, folder: string): Promise<Place> {
  const service = await launchService({ folder: join(folder, 'state') });
  for (const jobId of GIVEN_JOBS[page.path] ?? []) await createJob(service, jobId, 1);
  return { folder, service };
}

export async function createJob({ url }: Service, jobId: string, sheets: number): Promise<void> {
  const answer = await fetch(`${url}/v1/jobs`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ job_id: jobId, job_name: 'Import', total_sheets: sheets }),
  });
  if (answer.status !== 201) throw new Error(`Cannot create the job "${jobId}": ${answer.status}`);
}

export function consoleBlocks({ blocks }: Page): Call[][] {
  return blocks
    .filter(({ language }) => language === 'console')
    .map(({ text }) => text.split(/^\$ /m).slice(1).map(callIn));
}

function callIn(text: string): Call {
  const [command = '', ...shown] = text.trimEnd().split('\n');
  return { command, shown: shown.join('\n') };
}

/** Runs the commands in one shell, because a variable that one sets another one uses. */
export async function answersTo(
  calls: readonly Call[],
  { folder, service }: Place,
): Promise<string[]> {
  const script = calls.map(({ command }) => `${runnable(command)}\nprintf '\\036'`).join('\n');
  const { stdout } = await run('sh', ['-c', script.replaceAll(':8787', `:${service.port}`)], {
    cwd: folder,
  });
  return stdout
    .split('\x1e')
    .slice(0, -1)
    .map(answer => answer.trimEnd().replace(/^\n/, ''));
}

/** npm runs its scripts in the project, and these commands run in a folder of their own. */
function runnable(command: string): string {
  const own = `DALSEGNO_URL=http://127.0.0.1:8787 '${process.execPath}' '${ROOT}/functions/cli/bin.js'`;
  return command
    .replace(/^dalsegno\b/, own)
    .replace(/^npm run --silent (\w+) --/, (_whole, name: string) => {
      const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
      return String(scripts[name]).replace(/^node (\S+)/, `'${process.execPath}' '${ROOT}/$1'`);
    });
}

/** The answer without what differs from run to run: times, versions, ids and secrets. */
export function steady(answer: string): string {
  return answer
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replaceAll(/"version":"[^"]*"/g, '"version":"<version>"')
    .replaceAll(/"(lease|request)_id":"[^"]*"/g, '"$1_id":"<id>"')
    .replaceAll(/"token":"[^"]*"/g, '"token":"<token>"')
    .replaceAll(/\bdsa_[\w-]+/g, '<access token>')
    .replaceAll(/\b[0-9a-f]{64}\b/g, '<sha256>')
    .replaceAll(/in [\d.]+ s/g, 'in <n> s')
    .replaceAll(/[\d.]+ s ago/g, '<n> s ago')
    .replaceAll(/ +\d+s ago/g, ' <n>s ago');
}
