/** How much memory one part of a process may use. A full part evicts its oldest entries or accepts no more. */
export type MemoryBound =
  /** A share of `CACHE_BYTES`. */
  | { readonly of: 'cache'; readonly file: string; readonly share: number; readonly what: string }
  | { readonly of: 'process'; readonly file: string; readonly bytes: number; readonly what: string }
  /** `bytes` for each stored job, lease or hint: an index must contain all of them. */
  | { readonly of: 'stored'; readonly file: string; readonly bytes: number; readonly what: string }
  /** Referenced by the parsed jobs and counted with them. */
  | { readonly of: 'jobs'; readonly file: string; readonly what: string }
  /** Lives as long as the requests that made it. Their number and bytes are bounded. */
  | { readonly of: 'request'; readonly file: string; readonly what: string }
  /** Constant for the program, independent of the requests. */
  | { readonly of: 'program'; readonly file: string; readonly what: string }
  /** Stores that hold their objects in memory, for tests and trials. */
  | { readonly of: 'store'; readonly file: string; readonly what: string };

const MB = 1024 * 1024;

/**
 * Everything that lives longer than the request that made it. `test/memory/bounds.test.ts` searches the
 * sources for maps, sets and caches, and fails for one that is missing here.
 */
export const MEMORY_BOUNDS = {
  jobs: { of: 'cache', file: 'lib/storage/job-cache.ts', share: 1, what: 'parsed jobs' },
  names: {
    of: 'cache',
    file: 'lib/storage/job-names.ts',
    share: 1 / 2,
    what: 'names of waiting jobs',
  },
  checked: {
    of: 'cache',
    file: 'lib/storage/job-cache.ts',
    share: 1 / 4,
    what: 'versions of jobs whose text was checked',
  },
  corrupt: {
    of: 'cache',
    file: 'lib/storage/job-cache.ts',
    share: 1 / 16,
    what: 'faults of corrupt files',
  },
  finalUpdates: {
    of: 'cache',
    file: 'lib/storage/update-answers.ts',
    share: 1 / 16,
    what: 'answers to the last update under each lease',
  },
  leaseWatch: {
    of: 'process',
    file: 'lib/storage/leases/lease-deadlines.ts',
    bytes: 8 * MB,
    what: 'expiry times of leases',
  },
  renewedLeases: {
    of: 'process',
    file: 'lib/storage/leases/lease-memory.ts',
    bytes: 32 * MB,
    what: 'leases that this process renews, with renewals that are not stored yet',
  },
  waitingHints: {
    of: 'process',
    file: 'lib/storage/hint-memory.ts',
    bytes: 4 * MB,
    what: 'hints of jobs that changed while they waited',
  },
  idempotencyKeys: {
    of: 'process',
    file: 'lib/storage/known-keys.ts',
    bytes: 6 * MB,
    what: 'digests of idempotency keys, with the leases granted to them',
  },
  missedRenewals: {
    of: 'process',
    file: 'lib/availability/missed-renewals.ts',
    bytes: MB,
    what: 'leases with renewals that failed in the store',
  },
  presence: {
    of: 'process',
    file: 'lib/presence/presence.ts',
    bytes: 32 * MB,
    what: 'leases that presence streams keep',
  },
  endingLeases: {
    of: 'process',
    file: 'lib/presence/lease-end.ts',
    bytes: 16 * MB,
    what: 'leases that end after the grace of a broken stream',
  },
  presenceEvents: {
    of: 'process',
    file: 'functions/http/event-stream.ts',
    bytes: 16 * MB,
    what: 'events that slow readers of presence streams have not accepted yet',
  },
  socketStreams: {
    of: 'process',
    file: 'lib/presence/socket-presence.ts',
    bytes: 32 * MB,
    what: 'leases that the streams of one object keep, some 20,000, and at most 2,000 streams',
  },
  presenceStreams: {
    of: 'program',
    file: 'lib/presence/kept-streams.ts',
    what: 'presence streams, at most 2,000, and the streams of their leases',
  },
  leaseListeners: {
    of: 'process',
    file: 'functions/cloudflare/shards/lease-listeners.ts',
    bytes: 11 * MB,
    what: 'which streams renew the leases of a shard, some 20,000, and the news for them (an object of its own)',
  },
  overtakenLeases: {
    of: 'request',
    file: 'lib/presence/stream-renewals.ts',
    what: 'leases with news that came while they were renewed',
  },
  gatheredRenewals: {
    of: 'request',
    file: 'lib/presence/gathered-renewal.ts',
    what: 'renewals that are sent together',
  },
  awaitedSockets: {
    of: 'program',
    file: 'functions/cloudflare/presence/sockets.ts',
    what: 'streams that wait for their connection, for ten seconds',
  },
  waitingEvents: {
    of: 'program',
    file: 'functions/cloudflare/presence/socket-sink.ts',
    what: 'events that wait for the connection of their stream, at most 4 MB each, for ten seconds',
  },
  hintListings: {
    of: 'request',
    file: 'lib/ready/hint-pages.ts',
    what: 'lists of hints under way, the hints that claims have, and the keys of the last 256 jobs that were granted',
  },
  readyQueue: {
    of: 'process',
    file: 'lib/ready/listed-hints.ts',
    bytes: 8 * MB,
    what: 'hints that claims have listed (stores with labels)',
  },
  log: {
    of: 'process',
    file: 'functions/node/logging.ts',
    bytes: 8 * MB,
    what: 'log lines that standard output has not accepted yet',
  },
  denoLog: {
    of: 'program',
    file: 'functions/deno/logging.ts',
    what: 'log lines of 20 ms on Deno, at most 256',
  },
  changedNames: {
    of: 'process',
    file: 'lib/stores/file/changed-names.ts',
    bytes: 12 * MB,
    what: 'names of files that changed since the last list',
  },
  journal: {
    of: 'process',
    file: 'lib/stores/file/journal/journal.ts',
    bytes: MB,
    what: 'records on their way to the journal',
  },
  unsyncedFiles: {
    of: 'process',
    file: 'lib/stores/file/journal/epoch.ts',
    bytes: 12 * MB,
    what: 'names of files that wait for their sync',
  },
  doubtfulFiles: {
    of: 'process',
    file: 'lib/stores/file/journal/sync-files.ts',
    bytes: 6 * MB,
    what: 'names of files whose sync has failed',
  },
  deletions: {
    of: 'process',
    file: 'lib/stores/file/journal/tombstones.ts',
    bytes: 4 * MB,
    what: 'deletions of the last minutes',
  },
  deadJournals: {
    of: 'program',
    file: 'lib/stores/file/journal/adoption.ts',
    what: 'journals of dead processes, for ten minutes',
  },
  replacedFiles: {
    of: 'program',
    file: 'lib/stores/file/close-behind.ts',
    what: 'replaced files that are still open, at most 1,024',
  },
  waitingLabels: {
    of: 'process',
    file: 'lib/stores/file/labels/labels.ts',
    bytes: 8 * MB,
    what: 'labels of files that are not written to the index yet',
  },
  sharedNames: {
    of: 'process',
    file: 'lib/storage/job-entry.ts',
    bytes: 4 * MB,
    what: 'names that several indexed jobs share',
  },
  unchanged: {
    of: 'process',
    file: 'lib/live/unchanged.ts',
    bytes: MB,
    what: 'tags of the last lists, and the last counts; the bound of each of the two',
  },
  index: {
    of: 'stored',
    file: 'lib/storage/lists/job-index.ts',
    bytes: 500,
    what: 'summaries of jobs; 4 KB with long names and messages',
  },
  orders: {
    of: 'stored',
    file: 'lib/storage/lists/job-orders.ts',
    bytes: 60,
    what: 'summaries in order: all, and since the first list that asks for it by status, name or id',
  },
  files: {
    of: 'stored',
    file: 'lib/stores/file/follower.ts',
    bytes: 224,
    what: 'versions of files',
  },
  objects: {
    of: 'stored',
    file: 'lib/stores/binding/follower.ts',
    bytes: 224,
    what: 'versions of objects (R2, S3, Workers KV)',
  },
  rows: {
    of: 'stored',
    file: 'lib/stores/postgres/follower.ts',
    bytes: 224,
    what: 'versions of rows, and names of hints while claims wait (PostgreSQL)',
  },
  values: {
    of: 'stored',
    file: 'lib/stores/deno-kv/follower.ts',
    bytes: 224,
    what: 'versions of values (Deno KV)',
  },
  s3Labels: {
    of: 'process',
    file: 'lib/stores/s3/known-labels.ts',
    bytes: 16 * MB,
    what: 'labels of objects that were written or looked up last (S3)',
  },
  s3LabelParts: {
    of: 'stored',
    file: 'lib/stores/s3/label-index.ts',
    bytes: 1,
    what: 'names of the parts of the index of labels (S3)',
  },
  s3Sections: {
    of: 'process',
    file: 'lib/stores/s3/list-sections.ts',
    bytes: 2 * MB,
    what: 'keys at which long lists are cut, 250 for each of 8 (S3)',
  },
  s3SigningKeys: {
    of: 'program',
    file: 'lib/stores/s3/send.ts',
    what: 'keys with which requests to S3 are signed, at most 4',
  },
  pointers: {
    of: 'process',
    file: 'lib/stores/deno-kv/known-pointers.ts',
    bytes: 4 * MB,
    what: 'pointers that were read or written last (Deno KV)',
  },
  pointerReads: {
    of: 'request',
    file: 'lib/stores/deno-kv/pointer-reads.ts',
    what: 'reads of pointers that wait for others',
  },
  shardMemory: {
    of: 'process',
    file: 'lib/stores/shard/hot-memory.ts',
    bytes: 46 * MB,
    what: 'objects and entries of a shard that have changed lately, and its leases (an object of its own)',
  },
  shardChanges: {
    of: 'program',
    file: 'lib/stores/shard/dirty-items.ts',
    what: 'those of them that are not in the journal yet',
  },
  shardJournal: {
    of: 'program',
    file: 'lib/stores/shard/journal.ts',
    what: 'which rows of the journal of a shard have them',
  },
  shardComparison: {
    of: 'program',
    file: 'lib/stores/shard/comparison.ts',
    what: 'keys that have changed since a shard was compared, at most 10,000',
  },
  shardWindow: {
    of: 'program',
    file: 'lib/stores/shard/renewal-window.ts',
    what: 'when renewals were stored, the last two times',
  },
  shardSteps: {
    of: 'request',
    file: 'lib/stores/shards/shard-client.ts',
    what: 'steps that go to a shard together',
  },
  shardUnsurePuts: {
    of: 'program',
    file: 'lib/stores/shards/unsure-puts.ts',
    what: 'puts that a shard may have in its memory alone, at most 500',
  },
  shardReads: {
    of: 'process',
    file: 'lib/stores/shards/read-notes.ts',
    bytes: 8 * MB,
    what: 'what reads of jobs have found, until their shards know it: 250 jobs of each shard',
  },
  streamLeases: {
    of: 'program',
    file: 'lib/presence/presence-stream.ts',
    what: 'what a presence stream knows of its leases, counted with them',
  },
  foreignLooks: {
    of: 'request',
    file: 'lib/presence/foreign-look.ts',
    what: 'leases whose versions are looked up, at most 500',
  },
  readyIndex: {
    of: 'stored',
    file: 'lib/ready/ready-index.ts',
    bytes: 250,
    what: 'hints of waiting jobs, by name and in order',
  },
  hintsByJob: {
    of: 'stored',
    file: 'lib/ready/hints-by-job.ts',
    bytes: 400,
    what: 'hints of waiting jobs, by job; since the first list with standings',
  },
  leaseIndex: {
    of: 'stored',
    file: 'lib/storage/leases/lease-index.ts',
    bytes: 600,
    what: 'times of leases; since the first list with standings',
  },
  fileNames: {
    of: 'stored',
    file: 'lib/stores/file/name-follower.ts',
    bytes: 224,
    what: 'names of hints (files)',
  },
  objectNames: {
    of: 'stored',
    file: 'lib/stores/binding/name-follower.ts',
    bytes: 224,
    what: 'names of hints (Deno KV, while claims wait)',
  },
  statements: {
    of: 'request',
    file: 'lib/stores/postgres/statement-queues.ts',
    what: 'statements that wait for a session of PostgreSQL',
  },
  turns: {
    of: 'request',
    file: 'lib/base/keyed-queue.ts',
    what: 'queues of writers of one key',
  },
  fileTurns: {
    of: 'request',
    file: 'lib/stores/file/lock.ts',
    what: 'queues of writers of one file',
  },
  keyTurns: {
    of: 'request',
    file: 'lib/service/keyed-grants.ts',
    what: 'queues of calls with one idempotency key',
  },
  waitingClaims: {
    of: 'request',
    file: 'lib/claims/waiting-line.ts',
    what: 'claims that wait for a job, as many as requests in flight',
  },
  takenHints: {
    of: 'request',
    file: 'lib/ready/ready-queue.ts',
    what: 'hints that a claim has taken',
  },
  objectRoom: {
    of: 'request',
    file: 'functions/cloudflare/shared-room.ts',
    what: 'requests in flight in the objects of an isolate',
  },
  intake: { of: 'request', file: 'functions/http/intake.ts', what: 'counts of requests in flight' },
  writers: {
    of: 'request',
    file: 'lib/storage/compare-and-swap.ts',
    what: 'writers that wait for each other',
  },
  jobWriters: {
    of: 'request',
    file: 'lib/storage/commit/grouped-writer.ts',
    what: 'changes of one job that wait for each other',
  },
  grants: {
    of: 'request',
    file: 'lib/protocol/grant.ts',
    what: 'callers that wait for the lease of one job',
  },
  reads: { of: 'request', file: 'lib/storage/job-reader.ts', what: 'reads of jobs, four at once' },
  waitingReads: {
    of: 'request',
    file: 'lib/base/concurrently.ts',
    what: 'reads that wait for others',
  },
  shownTexts: { of: 'jobs', file: 'lib/storage/job-view.ts', what: 'states as JSON for responses' },
  sheetTexts: { of: 'jobs', file: 'lib/checkpoint/sheet-texts.ts', what: 'the texts of sheets' },
  sheetSlices: {
    of: 'jobs',
    file: 'lib/checkpoint/sliced-sheets.ts',
    what: 'where sheets are in texts of states and in the last request',
  },
  leaseData: { of: 'jobs', file: 'lib/lease/job-lease.ts', what: 'the lease data of states' },
  heldJobs: {
    of: 'program',
    file: 'lib/worker/heartbeats.ts',
    what: 'leases of a worker, at most its `concurrency`',
  },
  waitingGrants: {
    of: 'program',
    file: 'lib/worker/slots.ts',
    what: 'jobs of a worker that wait for their slot, at most its `concurrency`',
  },
  waitingUpdates: {
    of: 'program',
    file: 'lib/worker/client/batched-updates.ts',
    what: 'updates of a worker that are sent together, at most its `concurrency`',
  },
  presentJobs: {
    of: 'program',
    file: 'lib/worker/presence.ts',
    what: 'leases of a worker on its presence stream, at most its `concurrency`',
  },
  presenceText: {
    of: 'program',
    file: 'lib/worker/client/server-events.ts',
    what: 'the text of one event that a worker has not read to its end, at most 4 MB',
  },
  workerSlots: {
    of: 'program',
    file: 'lib/worker/run-worker.ts',
    what: 'jobs of a worker, at most its `concurrency`',
  },
  workerSignals: {
    of: 'program',
    file: 'lib/worker/stop-signal.ts',
    what: 'signals that a worker listens to',
  },
  folders: {
    of: 'program',
    file: 'lib/stores/file/folder.ts',
    what: 'open folders, one for each kind of object',
  },
  leftFolders: {
    of: 'program',
    file: 'lib/stores/file/temporaries/temporary-folder.ts',
    what: 'folders on other file systems than their temporary files',
  },
  followers: {
    of: 'program',
    file: 'lib/stores/file.ts',
    what: 'followers of the store, one for each list',
  },
  requestCounts: {
    of: 'program',
    file: 'functions/telemetry/request-counts.ts',
    what: 'counts of requests, by resource, method and status',
  },
  pages: {
    of: 'program',
    file: 'functions/pages/folder.ts',
    what: 'the files of the dashboard, at most 8 MB, each in up to three encodings',
  },
  memoryStore: { of: 'store', file: 'lib/stores/memory.ts', what: 'the memory store' },
  kvShim: {
    of: 'store',
    file: 'lib/stores/deno-kv/in-memory/table.ts',
    what: 'the Deno KV interface in memory',
  },
} as const satisfies Readonly<Record<string, MemoryBound>>;

/** Bytes of an entry besides its texts: map slots, one or two objects and their numbers. */
export const ENTRY_BYTES = 200;

/** The size limit in bytes of a part with a share of the cache. */
export function cacheShare(
  part: 'jobs' | 'names' | 'checked' | 'corrupt' | 'finalUpdates',
  cacheBytes: number,
): number {
  return Math.max(1, Math.floor(MEMORY_BOUNDS[part].share * cacheBytes));
}
