import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { WRANGLER_QUIET } from '../copy/wrangler.ts';

/**
 * Runs the Workers entry in wrangler's local emulation: offline, with stored state, and reachable only from this
 * machine. The emulation fires no cron triggers, so this fires them. Sets the exit code of the process.
 */
export async function runDev(flags: readonly string[]): Promise<void> {
  const interval = process.env['SWEEP_INTERVAL'] || '60';
  if (!/^[0-9]{1,5}$/.test(interval)) {
    process.stderr.write(`SWEEP_INTERVAL: Expected an integer, got ${JSON.stringify(interval)}\n`);
    process.exitCode = 2;
    return;
  }
  const sweepMs = Number(interval) * 1000;
  const own = [
    '--var',
    'DEVELOPMENT:true',
    ...variables(),
    '--show-interactive-dev-session',
    'false',
  ];
  const wrangler = spawn('wrangler', ['dev', ...own, ...flags], {
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
    if (url !== undefined && timer === null && sweepMs > 0) {
      timer = setInterval(() => void sweep(url), sweepMs);
    }
  });

  const [code] = await once(wrangler, 'close');
  if (timer !== null) clearInterval(timer);
  process.exitCode = stopping ? 0 : Number(code ?? 1);
}

const SCHEDULED = '/cdn-cgi/handler/scheduled?cron=*+*+*+*+*';
const READY = /Ready on (http:\/\/\S+)/;
// The variables of the deployed Worker. Values in `.dev.vars` take precedence.
const VARIABLES = ['ACCESS_TOKENS', 'PLAN', 'MAX_BODY_BYTES', 'CACHE_BYTES', 'LOG_LEVEL'];

function variables(): string[] {
  return VARIABLES.flatMap(name => {
    const value = process.env[name] ?? '';
    return value === '' ? [] : ['--var', `${name}:${value}`];
  });
}

async function sweep(url: string): Promise<void> {
  try {
    await (await fetch(`${url}${SCHEDULED}`)).arrayBuffer();
  } catch (error) {
    process.stderr.write(`Cannot fire the cron trigger: ${String(error)}\n`);
  }
}
