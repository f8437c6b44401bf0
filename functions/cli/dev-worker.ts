import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { WRANGLER_QUIET } from './copy/wrangler.ts';

/**
 * Runs the Workers entry in wrangler's local emulation, for `npm run dev:worker`: offline, with stored state, and
 * reachable only from this machine. The emulation fires no cron triggers, so this script fires them.
 */
const interval = process.env['SWEEP_INTERVAL'] || '60';
if (!/^[0-9]{1,5}$/.test(interval)) {
  process.stderr.write(`SWEEP_INTERVAL: Expected an integer, got ${JSON.stringify(interval)}\n`);
  process.exit(2);
}
const SWEEP_MS = Number(interval) * 1000;
const SCHEDULED = '/cdn-cgi/handler/scheduled?cron=*+*+*+*+*';
const READY = /Ready on (http:\/\/\S+)/;

// The emulation refuses to start without the folder of the dashboard. Without files in it only the API is served.
mkdirSync(fileURLToPath(new URL('../../dist/site/', import.meta.url)), { recursive: true });

// The variables of the deployed Worker. Values in `.dev.vars` take precedence.
const VARIABLES = ['ACCESS_TOKENS', 'PLAN', 'MAX_BODY_BYTES', 'CACHE_BYTES', 'LOG_LEVEL'];
const set = VARIABLES.flatMap(name => {
  const value = process.env[name] ?? '';
  return value === '' ? [] : ['--var', `${name}:${value}`];
});
const flags = ['--var', 'DEVELOPMENT:true', ...set, '--show-interactive-dev-session', 'false'];
const wrangler = spawn('wrangler', ['dev', ...flags, ...process.argv.slice(2)], {
  // An empty name selects the settings at the top level.
  env: { CLOUDFLARE_ENV: '', ...process.env, ...WRANGLER_QUIET },
  stdio: ['ignore', 'pipe', 'inherit'],
});
let stopping = false;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    stopping = true;
    wrangler.kill(signal);
  });
}

let timer: NodeJS.Timeout | null = null;
createInterface({ input: wrangler.stdout }).on('line', line => {
  process.stdout.write(`${line}\n`);
  const url = READY.exec(line)?.[1];
  if (url !== undefined && timer === null && SWEEP_MS > 0) {
    timer = setInterval(() => void sweep(url), SWEEP_MS);
  }
});

const [code] = await once(wrangler, 'close');
if (timer !== null) clearInterval(timer);
process.exitCode = stopping ? 0 : Number(code ?? 1);

async function sweep(url: string): Promise<void> {
  try {
    await (await fetch(`${url}${SCHEDULED}`)).arrayBuffer();
  } catch (error) {
    process.stderr.write(`Cannot fire the cron trigger: ${String(error)}\n`);
  }
}
