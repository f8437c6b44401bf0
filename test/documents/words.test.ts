import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { outsideBlocks, type Page, ROOT, readPages } from './pages.ts';

/** Folders whose names and comments keep to the words as well. */
const SOURCE_FOLDERS: readonly string[] = ['lib', 'functions'];
/** A member of a stored object. */
const STORED_MEMBER = /\blapsed\b/g;

/** What is said, and what is not said in its place. */
const LEFT_OUT: Readonly<Record<string, RegExp>> = {
  update: /\bmark(?:s|ed|ing)?\b/gi,
  'heartbeat loop, held job': /\b(?:hearts?|pulses?)\b/gi,
  'second read, lost answer': /\bsecond looks?\b/gi,
  'sidecar objects': /\bcompanions?\b/gi,
  snapshot: /\bkept jobs?\b/gi,
  report: /\bledgers?\b/gi,
  'filter, concurrency': /\blanes?\b/gi,
  'expired lease, false alarm': /\blaps(?:e|es|ed|ing)\b/gi,
  copy: /\bmov(?:e|es|ing) house\b|\bnew house\b/gi,
  'the caller, the process, it': /\b(?:he|him|his|whoever|whomever|whosoever)\b/gi,
  again: /\banew\b/gi,
  has: /\b(?:bears?|bearing|borne)\b/gi,
  'receives, learns': /\b(?:hears?|hear of|heard|by and by)\b/gi,
  on: /\bupon\b/gi,
  gets: /\b(?:is|are|was|were|be) told\b/gi,
};

interface Prose {
  readonly name: string;
  readonly text: string;
}

function proseOf(page: Page): Prose {
  const diagrams = page.blocks.filter(({ language }) => language === 'mermaid');
  const text = [outsideBlocks(page), ...diagrams.map(diagram => diagram.text)].join('\n');
  return { name: page.path, text: withoutCode(text) };
}

function withoutCode(text: string): string {
  return text.replaceAll(/`[^`\n]+`/g, '').replaceAll(/\]\([^)\s]+\)/g, ']');
}

/** All but literals: names and comments. */
function sourcesIn(folder: string): Prose[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => /\.tsx?$/.test(name))
    .map(name => {
      const source = readFileSync(join(ROOT, folder, name), 'utf8');
      const text = withoutCode(source)
        .replaceAll(/'[^'\n]*'/g, '')
        .replaceAll(STORED_MEMBER, '');
      return { name: join(folder, name), text };
    });
}

const TEXTS = [...readPages().map(proseOf), ...SOURCE_FOLDERS.flatMap(sourcesIn)];

describe('words', () => {
  it.each(Object.entries(LEFT_OUT))('say "%s"', (_word, leftOut) => {
    const found = TEXTS.flatMap(({ name, text }) =>
      text
        .split('\n')
        .flatMap(line =>
          (line.match(leftOut) ?? []).map(word => `${name}: ${word}: ${line.trim()}`),
        ),
    );
    expect(found).toEqual([]);
  });
});
