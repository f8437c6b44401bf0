#!/usr/bin/env node
/*
 * Starts the command line: its TypeScript in a clone, its JavaScript in an installed package. Plain JavaScript of old
 * engines, so that an old Node, too, says what it lacks.
 */
import { existsSync } from 'node:fs';

/** With Node 22.12 a package of either module system loads; with 22.18 Node runs TypeScript. */
const FOR_PACKAGE = [22, 12];
const FOR_CLONE = [22, 18];

const isClone = existsSync(new URL('serve.ts', import.meta.url));
const isNode = process.versions.deno === undefined && process.versions.bun === undefined;
const needed = isClone ? FOR_CLONE : FOR_PACKAGE;

if (isNode && !isAtLeast(needed)) {
  const place = isClone ? ' to run from a clone' : '';
  process.stderr.write(
    `dalsegno needs Node ${needed.join('.')} or newer${place}; this is ${process.versions.node}\n`,
  );
  process.exit(1);
}

const [command, ...rest] = process.argv.slice(2);
const asksForHelp = isNode && rest.some(flag => flag === '--help' || flag === '-h');
if (command === 'serve' && !asksForHelp) {
  // The heap of the service gets its sizes before anything else is loaded.
  if (isNode && !isClone) {
    // The same modules in few files, which load in half the time.
    const { serveNode } = await import('../../dist/functions/bundle/serve.js');
    await serveNode(rest);
  } else {
    const { serve } = await load('serve');
    await serve(rest);
  }
} else {
  await load('main');
}

/** @param {string} name a module beside this file */
function load(name) {
  return import(isClone ? `./${name}.ts` : `../../dist/functions/cli/${name}.js`);
}

/** @param {number[]} version major and minor */
function isAtLeast([major, minor]) {
  const [ownMajor, ownMinor] = process.versions.node.split('.').map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}
