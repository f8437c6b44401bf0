import { IS_WHOLE } from './support/effort.ts';

/*
 * What runs on further stores, beside the suite that every store has. `npm test` runs there what a store can break: claims,
 * waits, updates that overlap, lists, and schedules of workers that die. With TEST_SUITE=whole all tests that name no store do.
 */

const FOLDERS =
  'access,availability,bulk,claims,client,copy,http,live,openapi,plain,presence,protocol,recordings,remote,routes,simulation,storage,sweep,worker';

/** In Node, with shards over its SQLite. */
export const SUITE_ON_SHARDS = IS_WHOLE
  ? [`test/{${FOLDERS}}/**/*.test.ts`]
  : [
      'test/bulk/bulk-cursor.test.ts',
      'test/claims/{batch-repeats,claims}.test.ts',
      'test/protocol/{acquire,zombies}.test.ts',
      'test/recordings/files.test.ts',
      'test/routes/{heartbeats,list-cursor,list-live,sweep}.test.ts',
      'test/simulation/schedules.test.ts',
    ];

/** What the store of S3 has of its own. */
export const OF_S3 = ['test/stores/s3.test.ts', 'test/stores/s3/**/*.test.ts'];
export const SUITE_ON_S3 = IS_WHOLE
  ? [`test/{${FOLDERS},machines}/**/*.test.ts`]
  : [
      'test/claims/waiting.test.ts',
      'test/machines/{two-services,upgrade}.test.ts',
      'test/protocol/{acquire,zombies}.test.ts',
      'test/recordings/files.test.ts',
      'test/routes/list-live.test.ts',
    ];

/** What the store of PostgreSQL has of its own. */
export const OF_POSTGRES = ['test/{stores,support}/postgres/**/*.test.ts'];
export const SUITE_ON_POSTGRES = IS_WHOLE
  ? [`test/{${FOLDERS},machines}/**/*.test.ts`]
  : [
      'test/claims/{claims,waiting}.test.ts',
      'test/machines/{two-services,upgrade}.test.ts',
      'test/protocol/{acquire,zombies}.test.ts',
      'test/recordings/files.test.ts',
      'test/routes/{list,list-filter,list-live}.test.ts',
      'test/simulation/schedules.test.ts',
      'test/storage/{group-commit,slow-store}.test.ts',
    ];
