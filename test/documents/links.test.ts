import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { codeSpans, outsideBlocks, type Page, ROOT, readPage, readPages } from './pages.ts';

const PAGES = readPages();
const MAX_README_LINES = 150;
const MAX_CONTRIBUTING_LINES = 100;

interface Link {
  readonly from: string;
  /** From the root. */
  readonly to: string;
  /** Empty where the link names no place in its page. */
  readonly anchor: string;
}

/** The links to files of the project and to places in them. */
function linksOf(page: Page): Link[] {
  const targets = outsideBlocks(page)
    .replaceAll(/`[^`\n]+`/g, '')
    .matchAll(/\]\(([^)\s]+)\)/g);
  return [...targets].flatMap(([, target = '']) => {
    if (/^[a-z]+:/.test(target)) return [];
    const [path = '', anchor = ''] = target.split('#');
    const to = path === '' ? page.path : normalize(join(dirname(page.path), path));
    return [{ from: page.path, to, anchor }];
  });
}

/** The anchors that GitHub gives the headings of a page. */
function anchorsOf(path: string): Set<string> {
  const seen = new Map<string, number>();
  const headings = outsideBlocks(readPage(path)).matchAll(/^#{1,6} (.+)$/gm);
  return new Set(
    [...headings].map(([, heading = '']) => {
      const slug = heading
        .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
        .replaceAll(' ', '-');
      const nth = seen.get(slug) ?? 0;
      seen.set(slug, nth + 1);
      return nth === 0 ? slug : `${slug}-${nth}`;
    }),
  );
}

const LINKS = PAGES.flatMap(linksOf);

function shown({ from, to, anchor }: Link): string {
  return `${from}: ${to}${anchor === '' ? '' : `#${anchor}`}`;
}

function linesOf(path: string): number {
  return readPage(path).text.trimEnd().split('\n').length;
}

describe('links', () => {
  it('are read from every page', () => {
    expect(PAGES.length).toBeGreaterThan(20);
    expect(LINKS.length).toBeGreaterThan(80);
  });

  it('lead to files that exist', () => {
    expect(LINKS.filter(({ to }) => !existsSync(join(ROOT, to))).map(shown)).toEqual([]);
  });

  it('lead to headings that exist', () => {
    const broken = LINKS.filter(
      ({ to, anchor }) => anchor !== '' && !(to.endsWith('.md') && anchorsOf(to).has(anchor)),
    );
    expect(broken.map(shown)).toEqual([]);
  });

  it('reach every page from the README', () => {
    const reached = new Set(['README.md']);
    for (const path of reached) {
      const next = LINKS.filter(({ from, to }) => from === path && to.endsWith('.md'));
      for (const { to } of next) reached.add(to);
    }
    const unreached = PAGES.map(({ path }) => path).filter(path => !reached.has(path));
    // They are read by GitHub, and by who looks into the folder of recordings.
    expect(unreached).toEqual(['.github/pull_request_template.md', 'test/reference/README.md']);
  });
});

describe('paths', () => {
  it('that a page names are there', () => {
    const missing = PAGES.flatMap(page =>
      [...codeSpans(page), ...page.blocks.map(({ text }) => text)]
        .flatMap(text => text.match(/(?<![\w./<-])(?:functions|lib|test)\/[\w./-]+/g) ?? [])
        .filter(path => !existsSync(join(ROOT, path)))
        .map(path => `${page.path}: ${path}`),
    );
    expect(missing).toEqual([]);
  });

  it('of npm scripts are in the package', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const all = PAGES.map(({ text }) => text).join('\n');
    const named = [...all.matchAll(/npm run (?:--silent )?([\w:]+)/g)];
    const unknown = named.map(([, name = '']) => name).filter(name => !(name in scripts));
    expect(unknown).toEqual([]);
  });
});

describe('the README', () => {
  it(`has at most ${MAX_README_LINES} lines`, () => {
    expect(linesOf('README.md')).toBeLessThanOrEqual(MAX_README_LINES);
  });

  it('has two diagrams', () => {
    const { blocks } = readPage('README.md');
    expect(blocks.filter(({ language }) => language === 'mermaid')).toHaveLength(2);
  });
});

describe('CONTRIBUTING', () => {
  it(`has at most ${MAX_CONTRIBUTING_LINES} lines`, () => {
    expect(linesOf('CONTRIBUTING.md')).toBeLessThanOrEqual(MAX_CONTRIBUTING_LINES);
  });
});
