import { IS_WHOLE } from './support/effort.ts';

/** What only some runs have: a runtime could break it, but has the parts of it in the other files too. */
const WHOLE = [
  'test/checkpoint/regular.test.ts',
  `test/http/{${[
    'access',
    'bad-state',
    'cors',
    'idempotency',
    'preconditions',
    'prototype',
    'redaction',
  ].join()}}.test.ts`,
  `test/routes/{${[
    'corrupt',
    'health',
    'lease-forged',
    'lease-requests',
    'list',
    'sheets/next-sheet',
    'sheets/sheets',
    'sheets/updates',
  ].join()}}.test.ts`,
  'test/plain/both-ways.test.ts',
  'test/protocol/{release,renew,repeats,writes}.test.ts',
];

/**
 * The tests that workerd and Deno run as well: of bodies, headers, URLs, texts, numbers, hashes and of requests
 * that overlap, in which a runtime may differ. What the service decides is tested once, in Node; with TEST_SUITE=whole
 * more of it there too.
 */
export const RUNTIME_FILES = [
  'test/base/digest.test.ts',
  'test/client/{jobs,lists,service}.test.ts',
  'test/recordings/{files,loads,names}.test.ts',
  `test/http/{${[
    'accepted-body',
    'bad-body',
    'bad-path',
    'broken-upload',
    'client-gone',
    'malformed-request',
    'overload',
    'query',
    'racing',
  ].join()}}.test.ts`,
  'test/routes/{job,jobs,list-cursor,non-finite}.test.ts',
  'test/protocol/{acquire,zombies}.test.ts',
  ...(IS_WHOLE ? WHOLE : []),
];

/** In workerd, with real objects for the leases. */
export const RUNTIME_FILES_ON_SHARDS = IS_WHOLE
  ? [...RUNTIME_FILES, 'test/routes/{list-live,stats}.test.ts']
  : ['test/routes/{list-live,stats}.test.ts'];
