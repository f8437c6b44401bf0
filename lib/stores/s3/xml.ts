export interface XmlElement {
  /** Without the prefix of its namespace. */
  readonly name: string;
  /** The text that it has itself. */
  readonly text: string;
  readonly children: readonly XmlElement[];
}

interface OpenElement {
  readonly tag: string;
  readonly name: string;
  text: string;
  readonly children: XmlElement[];
}

/** No answer of a server is so deep. */
const MAX_DEPTH = 32;

const OPENING = /<([^\s<>/!?=&"']+)((?:\s+[^\s<>/=&"']+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/y;
const CLOSING = /<\/([^\s<>/!?=&"']+)\s*>/y;
const REFERENCE = /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]+));|&/gi;

const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

/**
 * The root of an XML document: elements, text, references to characters, CDATA and comments. Throws an `Error` that says what
 * is wrong, also where the document breaks off. A document with a document type is refused, so there are no entities of its own.
 */
export function readXml(document: string): XmlElement {
  const open: OpenElement[] = [];
  let root: XmlElement | null = null;
  let at = document.startsWith('\uFEFF') ? 1 : 0;

  function close(element: OpenElement): void {
    const { name, text, children } = element;
    const parent = open.at(-1);
    if (parent === undefined) root = { name, text, children };
    else parent.children.push({ name, text, children });
  }

  function addText(text: string): void {
    const element = open.at(-1);
    if (element !== undefined) element.text += text;
    else if (text.trim() !== '') throw new Error('the XML has text outside its elements');
  }

  /** Skips to the end of what begins here, and returns what is in between. */
  function upTo(end: string, from: number): string {
    const found = document.indexOf(end, from);
    if (found < 0) throw new Error('the XML breaks off');
    at = found + end.length;
    return document.slice(from, found);
  }

  while (at < document.length) {
    if (document[at] !== '<') {
      const found = document.indexOf('<', at);
      const end = found < 0 ? document.length : found;
      addText(withoutReferences(document.slice(at, end)));
      at = end;
    } else if (document.startsWith('<?', at)) {
      upTo('?>', at);
    } else if (document.startsWith('<!--', at)) {
      upTo('-->', at + 4);
    } else if (document.startsWith('<![CDATA[', at)) {
      addText(upTo(']]>', at + 9));
    } else if (document.startsWith('<!', at)) {
      throw new Error('the XML has a document type');
    } else {
      at = readTag(at);
    }
  }
  if (open.length > 0) throw new Error('the XML breaks off');
  if (root === null) throw new Error('the answer is not XML');
  return root;

  /** Returns where it ends. */
  function readTag(from: number): number {
    CLOSING.lastIndex = from;
    const closing = CLOSING.exec(document);
    if (closing !== null) {
      const element = open.pop();
      if (element === undefined || element.tag !== closing[1])
        throw new Error(`the XML ends <${closing[1]}> out of place`);
      close(element);
      return CLOSING.lastIndex;
    }
    OPENING.lastIndex = from;
    const opening = OPENING.exec(document);
    if (opening === null) throw new Error('the XML breaks off, or has a tag that cannot be read');
    const [, tag = '', , isEmpty] = opening;
    if (root !== null) throw new Error('the XML has two roots');
    if (open.length === MAX_DEPTH) throw new Error('the XML is too deep');
    const element = { tag, name: tag.slice(tag.indexOf(':') + 1), text: '', children: [] };
    if (isEmpty === '/') close(element);
    else open.push(element);
    return OPENING.lastIndex;
  }
}

/** The text of the first child of this name. Null if there is none. */
export function textIn({ children }: XmlElement, name: string): string | null {
  return children.find(child => child.name === name)?.text ?? null;
}

function withoutReferences(text: string): string {
  if (!text.includes('&')) return text;
  return text.replaceAll(REFERENCE, (whole, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined && Object.hasOwn(NAMED, name)) return NAMED[name] ?? '';
    const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
    const isCharacter = code <= 0x10_ff_ff && !(code >= 0xd8_00 && code <= 0xdf_ff);
    if (!isCharacter) throw new Error(`the XML has the reference ${whole}, which cannot be read`);
    return String.fromCodePoint(code);
  });
}
