/**
 * The tests that workerd and Deno run as well: of bodies, headers, URLs, texts, numbers, hashes and of requests
 * that overlap, in which a runtime may differ. What the service decides is tested once, in Node.
 */
export const RUNTIME_FILES = [
  'test/recordings/{files,loads,names}.test.ts',
  `test/http/{${[
    'accepted-body',
    'access',
    'bad-input',
    'broken-upload',
    'client-gone',
    'cors',
    'idempotency',
    'malformed-request',
    'overload',
    'preconditions',
    'prototype',
    'query',
    'racing',
    'redaction',
  ].join()}}.test.ts`,
  `test/routes/{${[
    'corrupt',
    'health',
    'job',
    'jobs',
    'lease-forged',
    'lease-requests',
    'list',
    'next-sheet',
    'non-finite',
    'sheets',
  ].join()}}.test.ts`,
  'test/protocol/{acquire,release,renew,repeats,writes,zombies}.test.ts',
];
