import { EFFORT } from '../support/effort.ts';
import { lost, problem, silence } from './scripted-service.ts';

/** What becomes of a request on its way; `deliver` takes it to the service and brings the answer. */
export type Mishap = (request: Request, deliver: () => Promise<Response>) => Promise<Response>;

export const requestLost: Mishap = request => lost()(request);

export const answerLost: Mishap = async (request, deliver) => {
  await deliver();
  return lost()(request);
};

/** Until the worker itself gives it up. */
export const neverAnswered: Mishap = request => silence()(request);

/** The service does its work, and the answer does not arrive. */
export const answerNeverArrives: Mishap = async (request, deliver) => {
  await deliver();
  return silence()(request);
};

/** Nor does the request heed that it was given up. */
export const deafSilence: Mishap = () => new Promise(() => undefined);

export const unavailable: Mishap = refused(503, 'store_unavailable', { 'Retry-After': '1' });

/** A problem of the service, which did nothing. */
export function refused(
  status: number,
  code: string,
  headers: Record<string, string> = {},
): Mishap {
  return request => problem(status, code, headers)(request);
}

/** A service that knows neither claims of several jobs, nor waits, nor starts with another change: it refuses them. */
export const olderService: Mishap = async (request, deliver) => {
  const text = await request.clone().text();
  const isNew = /"(?:max|wait_seconds|start_next)":|"progress":.*"sheet":/.test(text);
  return isNew ? refused(422, 'invalid')(request, deliver) : deliver();
};

/** A proxy answers by itself, and the service gets no request. */
export function page(
  status: number,
  { body = PAGE, headers = {} }: { body?: BodyInit; headers?: Record<string, string> } = {},
): Mishap {
  return () => Promise.resolve(responseOf(status, { body, headers }));
}

/** The service does its work, and a proxy has an answer of its own. */
export function answerReplaced(by: Mishap): Mishap {
  return async (request, deliver) => {
    await deliver();
    return by(request, deliver);
  };
}

/** The answer breaks off in the middle, and nobody says so. */
export const answerTruncated: Mishap = async (_request, deliver) => {
  const answer = await deliver();
  const text = await answer.text();
  const { status, headers } = answer;
  // An answer without a body has nothing to lose.
  if (text === '') return lost()(new Request('http://service.test'));
  return new Response(text.slice(0, text.length / 2), { status, headers });
};

/** The connection breaks in the middle of the answer. */
export const answerBroken: Mishap = async (_request, deliver) => {
  await deliver();
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"lease":'));
      controller.error(new TypeError('terminated'));
    },
  });
  return new Response(body, { headers: { 'Content-Type': 'application/json' } });
};

/** A page that has no end: to read it would take all of the time, or of the memory. */
const endlessPage: Mishap = () => {
  const chunk = new TextEncoder().encode('<p>'.repeat(1000));
  const body = new ReadableStream({ pull: controller => controller.enqueue(chunk) });
  return Promise.resolve(responseOf(200, { body, headers: {} }));
};

const PAGE = '<!doctype html><title>Proxy</title>';
const JSON_TYPE = { 'Content-Type': 'application/json' };
const MOVED = { Location: 'https://login.example/' };

function responseOf(
  status: number,
  { body, headers }: { body: BodyInit; headers: Record<string, string> },
): Response {
  return new Response(body, { status, headers: { 'Content-Type': 'text/html', ...headers } });
}

function replaced(name: string, by: Mishap): [string, Mishap][] {
  return [
    [name, by],
    [`${name}, after the work was done`, answerReplaced(by)],
  ];
}

/** Everything that may come in place of an answer of the service, and says nothing of what was done. */
export const unknowns: readonly [string, Mishap][] = [
  ['a connection that breaks', requestLost],
  ['a connection that breaks, after the work was done', answerLost],
  ['no answer', neverAnswered],
  ['no answer, after the work was done', answerNeverArrives],
  ['no answer, not even to a signal', deafSilence],
  ['half of the answer', answerTruncated],
  ['a connection that breaks within the answer', answerBroken],
  ['a page without an end', endlessPage],
  ...[200, 403, 404, 409, 429, 502].flatMap(status =>
    replaced(`a page with ${status}`, page(status)),
  ),
  ...[302, 308].flatMap(status =>
    replaced(`a redirect with ${status}`, page(status, { headers: MOVED })),
  ),
  ...replaced('a page with 503 and Retry-After', page(503, { headers: { 'Retry-After': '2' } })),
  ...replaced('an empty 200', page(200, { body: '', headers: JSON_TYPE })),
  ...replaced('an empty 502', page(502, { body: '' })),
  ...replaced('a 200 with other JSON', page(200, { body: '{"ok":true}', headers: JSON_TYPE })),
  ...replaced('a 200 with null', page(200, { body: 'null', headers: JSON_TYPE })),
  ...replaced('a 404 with other JSON', page(404, { body: '{"error":"none"}', headers: JSON_TYPE })),
  ...replaced(
    'a problem of a proxy',
    page(404, {
      body: '{"type":"about:blank","title":"Not Found","status":404,"detail":"","code":"job_not_found"}',
      headers: { 'Content-Type': 'application/problem+json' },
    }),
  ),
  ...replaced('a 500 of the service', refused(500, 'internal')),
  ...replaced('a 503 of the service', unavailable),
];

/** What a request may take as an answer of its own: each one meets with it in `npm test`, and with all kinds by more effort. */
const tellingUnknowns: readonly [string, Mishap][] = [
  ['a connection that breaks', requestLost],
  ['a connection that breaks, after the work was done', answerLost],
  ...replaced('a page with 404', page(404)),
  ['a 503 of the service', unavailable],
];

/** One of each kind. */
export const kindsOfUnknowns: readonly [string, Mishap][] = [
  ['a connection that breaks', requestLost],
  ['a connection that breaks, after the work was done', answerLost],
  ['no answer, not even to a signal', deafSilence],
  ['half of the answer', answerTruncated],
  ...replaced('a page with 502', page(502)),
  ...replaced('a page with 404', page(404)),
  ...replaced('a redirect', page(302, { headers: MOVED })),
  ['an empty 200, after the work was done', answerReplaced(page(200, { body: '' }))],
  ['a 503 of the service', unavailable],
];

/** For requests that differ in what they ask alone: how a kind is told does not depend on that. */
export const unknownsOfEach = EFFORT > 1 ? kindsOfUnknowns : tellingUnknowns;
