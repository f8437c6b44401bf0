import { afterAll, beforeAll } from 'vitest';
import type { ObjectStore } from '../../../lib/store.ts';
import type { Medium } from '../../conformance/medium.ts';
import { dropSchema, emptySchema, nextSchema, openStore } from './open-store.ts';

/** Media in one schema, one after the other: to make a schema takes longer than most tests. */
export function usePostgres(): { open(): Promise<Medium>; readonly schema: string } {
  const schema = nextSchema();

  beforeAll(() => emptySchema(schema));
  afterAll(() => dropSchema(schema));

  return {
    schema,
    async open() {
      await emptySchema(schema);
      const opened: ObjectStore[] = [];
      const openOne = (): ObjectStore => {
        const store = openStore(schema);
        opened.push(store);
        return store;
      };
      return {
        left: openOne(),
        right: openOne(),
        stranger: async () => openOne(),
        async destroy() {
          await Promise.all(opened.map(store => store.close()));
        },
      };
    },
  };
}
