/** One server-sent event. */
export interface ServerEvent {
  readonly name: string;
  readonly data: string;
}

/** No event of the service is longer. */
const MAX_CHARACTERS = 4 * 1024 * 1024;

/**
 * Reads server-sent events from the pieces of a body, as the HTML standard defines them. Comments, ids and retry
 * times are skipped. Throws a `RangeError` for an event that is too long.
 */
export function createEventParser(): (piece: string) => ServerEvent[] {
  let rest = '';
  let name = '';
  let data: string[] = [];

  function readLine(line: string): ServerEvent | null {
    if (line === '') {
      const event = data.length === 0 ? null : { name, data: data.join('\n') };
      name = '';
      data = [];
      return event;
    }
    const [, field = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === 'event') name = value;
    if (field === 'data') data.push(value);
    return null;
  }

  return piece => {
    // A line may end with CR, LF or both. A CR at the end may be the first half of both.
    const text = rest + piece;
    const isOpen = text.endsWith('\r');
    const lines = (isOpen ? text.slice(0, -1) : text).split(/\r\n|\r|\n/);
    rest = `${lines.pop() ?? ''}${isOpen ? '\r' : ''}`;
    const collected = data.reduce((sum, line) => sum + line.length, rest.length);
    if (collected > MAX_CHARACTERS) throw new RangeError('An event of the stream is too long');
    return lines.map(readLine).filter(event => event !== null);
  };
}
