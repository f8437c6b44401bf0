import { sha256Hex } from '../../../lib/base/digest.ts';
import type { Listing, ListView } from '../../../lib/live/live-list.ts';
import { prefixOf } from '../access.ts';
import type { HttpContext } from '../env.ts';
import { isKnownVersion } from '../precondition.ts';
import { problem } from '../problem.ts';
import { type Answer, answer, emptyAnswer, JSON_TYPE } from '../response.ts';

/** Half of a SHA-256: no two lists meet by accident. */
const TAG_CHARACTERS = 32;

/**
 * The answer with one page of a list: 304 where the client has it already. An unchanged list is not made again to find
 * that out, where the process remembers its tag.
 */
export async function listResponse(
  c: HttpContext,
  listing: Listing,
  view: ListView,
): Promise<Answer> {
  const { knownTag } = listing;
  if (knownTag !== null && isKnownVersion(c, knownTag)) return notModified(c, knownTag, view);
  const page = await listing.page();
  if (!page.ok) return problem(c, page.failure);
  const { jobs, corrupt, nextCursor } = page.value;
  const text = JSON.stringify({ jobs, corrupt, next_cursor: nextCursor });
  const tag = await tagOf(c, text);
  listing.remember(tag);
  if (isKnownVersion(c, tag)) return notModified(c, tag, view);
  const headers = { 'Content-Type': JSON_TYPE, ...validatorOf(tag, view) };
  if (view === 'summary') return answer(c, text, { status: 200, headers });
  const timed = `${text.slice(0, -1)},"server_time":${JSON.stringify(listing.now)}}`;
  return answer(c, timed, { status: 200, headers });
}

function notModified(c: HttpContext, tag: string, view: ListView): Answer {
  return emptyAnswer(c, { status: 304, headers: validatorOf(tag, view) });
}

/** Two callers with different prefixes or queries never have the same tag. */
async function tagOf(c: HttpContext, text: string): Promise<string> {
  const { search } = new URL(c.req.url);
  // The text of a page is JSON already: to write it as a text within JSON would take longer than the page itself.
  const digest = await sha256Hex(`${JSON.stringify([prefixOf(c), search])}${text}`);
  return digest.slice(0, TAG_CHARACTERS);
}

/** The tag of a live list is weak: it does not cover the server's time. */
function validatorOf(tag: string, view: ListView): Record<string, string> {
  const quoted = `"${tag}"`;
  return { 'Cache-Control': 'no-cache', ETag: view === 'live' ? `W/${quoted}` : quoted };
}
