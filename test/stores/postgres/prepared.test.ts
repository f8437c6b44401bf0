import { expect, it, onTestFinished } from 'vitest';
import { type Connection, connectTo } from '../../../lib/stores/postgres/connection.ts';
import { serverUrl, targetOf } from '../../support/postgres/open-store.ts';

const target = targetOf(serverUrl());
const ONE = { text: 'SELECT 1', values: [] };
const TWO = { text: 'SELECT 2', values: [] };
const NAMES = {
  text: `SELECT name, statement FROM pg_prepared_statements WHERE statement LIKE 'SELECT _' ORDER BY statement`,
  values: [],
};

async function connect(): Promise<Connection> {
  const connection = await connectTo(target);
  onTestFinished(() => connection.end());
  return connection;
}

it('a name is that of one text in all sessions, as a pooler may lead one to the statements of another', async () => {
  const [left, right] = [await connect(), await connect()];
  await left.runAll([ONE, TWO]);
  await right.runAll([TWO, ONE]);
  const names = await left.run(NAMES);
  expect(names.map(([, statement]) => statement)).toEqual(['SELECT 1', 'SELECT 2']);
  expect(await right.run(NAMES)).toEqual(names);
});

it('a session whose statements are gone goes on without names', async () => {
  const connection = await connect();
  await connection.run(ONE);
  await connection.run({ text: 'DEALLOCATE ALL', values: [] });
  expect(await connection.runAll([ONE, TWO])).toEqual([[['1']], [['2']]]);
  expect(await connection.run(NAMES)).toEqual([]);
});

it('a statement whose columns have other types since it was prepared is prepared again', async () => {
  const connection = await connect();
  await connection.run({ text: 'CREATE TEMPORARY TABLE changed (label text)', values: [] });
  const statement = { text: 'SELECT label FROM changed', values: [] };
  await connection.run(statement);
  await connection.run({ text: 'ALTER TABLE changed ALTER label TYPE varchar(20)', values: [] });
  expect(await connection.runAll([ONE, statement])).toEqual([[['1']], []]);
  expect(await connection.run(statement)).toEqual([]);
});
