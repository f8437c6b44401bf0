import type { Example } from '../../functions/openapi/examples/example.ts';
import { type Documented, type DocumentedAnswer, resolve } from './document.ts';
import { faultsOf } from './validator.ts';

/** Headers that an intermediary or a runtime adds, or that only concern the connection. */
const CONNECTION: ReadonlySet<string> = new Set([
  'content-type',
  'content-length',
  'connection',
  'keep-alive',
  'date',
  'transfer-encoding',
  'vary',
]);

/** Where an answer differs from what the document says of its operation: status, headers, media type, body. */
export function answerFaults(
  operation: Documented,
  { status, headers, body }: Example['answer'],
): readonly string[] {
  const documented = operation.answers.get(status);
  if (documented === undefined) return [`The status ${status} is not documented`];
  return [
    ...headerFaults(documented, headers),
    ...bodyFaults(operation, documented, { headers, body }),
  ];
}

function headerFaults(
  { headers: documented }: DocumentedAnswer,
  headers: Example['answer']['headers'],
): readonly string[] {
  return Object.entries(headers).flatMap(([name, value]) => {
    if (CONNECTION.has(name)) return [];
    const header = documented[name];
    if (header === undefined) return [`The header ${name} is not documented`];
    const isNumber = header.schema['type'] === 'integer';
    return faultsOf(header.schema, isNumber ? Number(value) : value);
  });
}

function bodyFaults(
  { method }: Documented,
  { content }: DocumentedAnswer,
  { headers, body }: Pick<Example['answer'], 'headers' | 'body'>,
): readonly string[] {
  if (body === undefined) return [];
  if (method === 'HEAD') return ['The answer to HEAD has a body'];
  const [type = ''] = (headers['content-type'] ?? '').split(';');
  const documented = content?.[type];
  if (documented === undefined) return [`The media type ${type} is not documented`];
  if (type !== 'text/event-stream') return faultsOf(documented.schema, body);
  const event = resolve(documented.schema['contentSchema']) as typeof documented.schema;
  return eventsIn(body as string).flatMap(one => faultsOf(event, one));
}

/** The events of a stream, as the schema of its content has them. */
function eventsIn(text: string): readonly unknown[] {
  return text
    .split('\n\n')
    .filter(event => event !== '')
    .map(event => {
      const [, name = '', data = 'null'] = /^event: (.*)\ndata: (.*)$/.exec(event) ?? [];
      return { event: name, data: JSON.parse(data) };
    });
}
