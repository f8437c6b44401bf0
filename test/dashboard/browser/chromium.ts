import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Debian's package `chromium`, or what the machines of GitHub have; another place with `CHROMIUM`. */
const PATHS = [
  process.env['CHROMIUM'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

/** It calls nothing but the pages of the tests. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** For a machine with much else to do. */
const START_MS = 180_000;

/** Where the browser is; null where there is none. */
export const CHROMIUM = PATHS.find(path => path !== '' && existsSync(path)) ?? null;

/** One process for all tests of a file: each test has a context of its own. */
export function launchChromium(): Promise<Browser> {
  if (CHROMIUM === null) throw new Error('There is no Chromium: apt-get install chromium');
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS, timeout: START_MS });
}
