/** A part of an SVG, as text that is well formed in itself. */
export type Markup = string & { readonly __markup: never };

type Attributes = Readonly<Record<string, string | number>>;

/** An element with its attributes and what is in it: text is escaped, markup is not. */
export function element(
  name: string,
  attributes: Attributes,
  ...children: readonly (Markup | { readonly text: string })[]
): Markup {
  const pairs = Object.entries(attributes).map(([key, value]) => ` ${key}="${attribute(value)}"`);
  const inner = children.map(child => (typeof child === 'string' ? child : escaped(child.text)));
  const start = `<${name}${pairs.join('')}`;
  return (inner.length === 0 ? `${start}/>` : `${start}>${inner.join('')}</${name}>`) as Markup;
}

export function text(x: number, y: number, said: string, kind = 'label'): Markup {
  return element('text', { x, y, class: kind }, { text: said });
}

export function group(...children: readonly Markup[]): Markup {
  return element('g', {}, ...children);
}

function attribute(value: string | number): string {
  if (typeof value === 'string') return escaped(value);
  if (!Number.isFinite(value)) throw new RangeError('A place of the plot is no number');
  return String(Math.round(value * 10) / 10);
}

function escaped(value: string): string {
  return value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
