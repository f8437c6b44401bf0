import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { PostgresClient } from '../../../lib/stores/postgres/client.ts';
import { sectionIn } from '../../conformance/marked-section.ts';
import {
  POSTGRES_COST_MARKERS,
  POSTGRES_OPERATIONS,
  type PostgresRequestName,
  type PostgresSpending,
  postgresCostTable,
} from '../../cost/postgres-operations.ts';
import { POSTGRES_STEPS } from '../../cost/postgres-steps.ts';
import { openApp } from '../../support/app.ts';
import { openStore } from '../../support/postgres/open-store.ts';
import { usePostgresWorld } from './world.ts';

const DOCUMENT = new URL('../../../lib/stores/README.md', import.meta.url);
const { schema, client } = usePostgresWorld();

async function spendingOf(name: PostgresRequestName): Promise<PostgresSpending> {
  const texts: string[] = [];
  const counted: PostgresClient = {
    ...client,
    run(statement) {
      texts.push(statement.text);
      return client.run(statement);
    },
    close: async () => {},
  };
  const store = openStore(schema, { client: counted });
  // It looks for its tables once.
  await store.head('jobs/a.json');
  const app = openApp({ store });
  const step = await POSTGRES_STEPS[name](app);
  texts.length = 0;
  await step();
  const synced = texts.filter(text => !/^\(|^SELECT|set_config/.test(text));
  return { statements: texts.length, synced: synced.length };
}

describe('the statements of a request', () => {
  it.each(Object.keys(POSTGRES_OPERATIONS) as PostgresRequestName[])('%s', async name => {
    expect(await spendingOf(name)).toEqual(POSTGRES_OPERATIONS[name]);
  });

  it('is what the document says', () => {
    const section = sectionIn(readFileSync(DOCUMENT, 'utf8'), POSTGRES_COST_MARKERS);
    expect(section).toBe(postgresCostTable());
  });
});
