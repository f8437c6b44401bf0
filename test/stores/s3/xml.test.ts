import { describe, expect, it } from 'vitest';
import { readXml, textIn, type XmlElement } from '../../../lib/stores/s3/xml.ts';
import { seededRandom } from '../../support/random.ts';

/** More by the variable. */
const CASES = Number(process.env['S3_XML_CASES'] ?? 400);

describe('readXml()', () => {
  it('readXml() gives elements, their text and their children, without namespaces', () => {
    const root = readXml(
      '\uFEFF<?xml version="1.0"?>\n<!-- a list --><s3:List xmlns:s3="urn:x" s3:of=\'a>b\'>\n<s3:Key>a</s3:Key><Key/></s3:List>\n',
    );
    expect(root).toEqual({
      name: 'List',
      text: '\n',
      children: [
        { name: 'Key', text: 'a', children: [] },
        { name: 'Key', text: '', children: [] },
      ],
    });
  });

  it.each([
    ['a&amp;b&lt;&gt;&quot;&apos;', `a&b<>"'`],
    ['&#65;&#x1F600;&#x0a;&#10;', 'A😀\n\n'],
    ['<![CDATA[a<b>&amp;]]>c<!-- d -->e', 'a<b>&amp;ce'],
    ['&amp;lt;', '&lt;'],
    ['  kept ', '  kept '],
  ])('readXml() reads the text %s', (text, expected) => {
    expect(readXml(`<a>${text}</a>`).text).toBe(expected);
  });

  it.each([
    ['', 'is not XML'],
    ['no XML at all', 'outside its elements'],
    ['<a>', 'breaks off'],
    ['<a><b></a></b>', 'out of place'],
    ['</a>', 'out of place'],
    ['<a></a><b></b>', 'two roots'],
    ['<a>&unknown;</a>', 'cannot be read'],
    ['<a>&constructor;</a>', 'cannot be read'],
    ['<a>a & b</a>', 'cannot be read'],
    ['<a>&#xD800;</a>', 'cannot be read'],
    ['<a>&#1114112;</a>', 'cannot be read'],
    ['<a b></a>', 'a tag that cannot be read'],
    ['<a b="c" <d/></a>', 'a tag that cannot be read'],
    ['<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 'document type'],
    ['<a>'.repeat(40), 'too deep'],
    ['<a><![CDATA[b</a>', 'breaks off'],
  ])('readXml() refuses %s', (document, reason) => {
    expect(() => readXml(document)).toThrow(reason);
  });

  it('textIn() gives the text of the first child of a name, and null without one', () => {
    const root = readXml('<a><b>one</b><b>two</b></a>');
    expect(textIn(root, 'b')).toBe('one');
    expect(textIn(root, 'c')).toBeNull();
  });

  it(`readXml() reads ${CASES} documents as they were meant, and refuses every beginning of one`, () => {
    const random = seededRandom(15);
    const fraction = () => random.fraction();
    for (let count = 0; count < CASES; count += 1) {
      const tree = randomTree(fraction, 0);
      const document = `<?xml version="1.0"?>${written(tree, fraction)}`;
      expect(readXml(document)).toEqual(tree);
      const cut = document.slice(0, Math.floor(fraction() * document.length));
      expect(() => readXml(cut)).toThrow(/^(?:the XML|the answer)/);
    }
  });

  it(`readXml() answers ${CASES} damaged documents with a tree, or a reason`, () => {
    const random = seededRandom(16);
    const fraction = () => random.fraction();
    for (let count = 0; count < CASES; count += 1) {
      const document = damaged(written(randomTree(fraction, 0), fraction), fraction);
      const reason = reasonOf(() => readXml(document));
      expect(reason).toMatch(/^(?:read|the XML .*|the answer is not XML)$/s);
    }
  });
});

const CHARACTERS = ['a', ' ', '\n', '<', '>', '&', '"', "'", ']', 'é', '名', '😀', ';', '#'];
const NAMES = ['Key', 'ETag', 'Contents', 'x', 'a-b', '__proto__'];
const PARTS = ['<', '>', '/', '&', ';', '<!', '<![CDATA[', ']]>', '-->', '"', '<?', '&#', '\0'];

function pick<T>(items: readonly [T, ...T[]] | readonly T[], fraction: () => number): T {
  const item = items[Math.floor(fraction() * items.length)];
  if (item === undefined) throw new Error('There is nothing to pick');
  return item;
}

function randomText(fraction: () => number): string {
  const length = Math.floor(fraction() * 6);
  return Array.from({ length }, () => pick(CHARACTERS, fraction)).join('');
}

function randomTree(fraction: () => number, depth: number): XmlElement {
  const count = depth > 3 ? 0 : Math.floor(fraction() * 4);
  return {
    name: pick(NAMES, fraction),
    text: randomText(fraction),
    children: Array.from({ length: count }, () => randomTree(fraction, depth + 1)),
  };
}

/** One of the ways to write it. */
function written({ name, text, children }: XmlElement, fraction: () => number): string {
  const tag = `${fraction() < 0.2 ? 'ns:' : ''}${name}`;
  const attribute = fraction() < 0.2 ? ` b = "c'd>"` : '';
  const inner = Array.from(text, character => writtenCharacter(character, fraction)).join('');
  const within = children.map(child => written(child, fraction)).join('');
  return `<${tag}${attribute} >${inner}<!--<x>-->${within}</${tag} >`;
}

function writtenCharacter(character: string, fraction: () => number): string {
  const code = character.codePointAt(0) ?? 0;
  const ways = [
    `&#${code};`,
    `&#x${code.toString(16)};`,
    `&#X${code.toString(16).toUpperCase()};`,
    `<![CDATA[${character}]]>`,
    ...('<&'.includes(character) ? [] : [character, character, character]),
  ];
  return pick(ways, fraction);
}

function damaged(document: string, fraction: () => number): string {
  const at = Math.floor(fraction() * document.length);
  const end = at + Math.floor(fraction() * 4);
  return `${document.slice(0, at)}${pick(PARTS, fraction)}${document.slice(end)}`;
}

function reasonOf(task: () => unknown): string {
  try {
    task();
    return 'read';
  } catch (error) {
    return (error as Error).message;
  }
}
