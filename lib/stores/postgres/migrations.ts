import type { TableKind, Tables } from './tables.ts';

/** The tables of one version, made from those of the version before. All run in one transaction, in their order. */
export interface Migration {
  /** One more than that of the migration before it. */
  readonly version: number;
  /**
   * The oldest version of this service that may go on with these tables, beside newer ones. Lower than `version` where the change only
   * adds what older ones leave alone: columns with defaults, indexes, tables.
   */
  readonly worksFrom: number;
  readonly statements: (tables: Tables) => readonly string[];
}

/** A database has had those up to its version. So none is changed once it was released: changes are added at the end. */
export const MIGRATIONS: readonly Migration[] = [
  { version: 1, worksFrom: 1, statements: firstTables },
  {
    version: 2,
    // Services of version 1 read no `works_from`.
    worksFrom: 2,
    statements: secondTables,
  },
  { version: 3, worksFrom: 2, statements: thirdTables },
  // Services of version 2 and 3 answer 503 where they try to create what this index refuses.
  { version: 4, worksFrom: 2, statements: fourthTables },
];

function firstTables(tables: Tables): readonly string[] {
  const listed = tables.nameOf('listed');
  const plain = tables.nameOf('plain');
  const resident = tables.nameOf('resident');
  return [
    `CREATE TABLE ${tables.state} (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), version integer NOT NULL, forgotten xid8 NOT NULL)`,
    tableText(
      tables,
      'listed',
      'place text COLLATE "C", kind text COLLATE "C", field_a text COLLATE "C", field_b text COLLATE "C"',
    ),
    `CREATE INDEX listed_by_place ON ${listed} (place DESC, key)`,
    `CREATE INDEX listed_by_kind ON ${listed} (kind, place DESC, key)`,
    // For counts: a twentieth of the one above.
    `CREATE INDEX listed_kinds ON ${listed} (kind)`,
    `CREATE INDEX listed_by_field_a ON ${listed} (field_a, place DESC, key) WHERE field_a IS DISTINCT FROM ''`,
    `CREATE INDEX listed_by_field_b ON ${listed} (field_b, place DESC, key) WHERE field_b IS DISTINCT FROM ''`,
    tableText(tables, 'plain', 'tag text COLLATE "C"'),
    `CREATE INDEX plain_by_tag ON ${plain} (tag, key) WHERE tag IS NOT NULL`,
    `CREATE INDEX plain_by_change ON ${plain} (change)`,
    tableText(tables, 'resident', null),
    // A renewal writes into the page that has the row, and no index: half of each page is kept free for it.
    `ALTER TABLE ${resident} SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500)`,
    // Hints come and go at one end of their index.
    `ALTER TABLE ${plain} SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000)`,
    `CREATE TABLE ${tables.removed} (key text COLLATE "C" NOT NULL, version text COLLATE "C" NOT NULL, id text COLLATE "C" NOT NULL, change xid8 NOT NULL, at timestamptz NOT NULL DEFAULT now())`,
    `CREATE INDEX removed_by_change ON ${tables.removed} (change)`,
    `INSERT INTO ${tables.state} (version, forgotten) VALUES (1, '0')`,
  ];
}

function secondTables(tables: Tables): readonly string[] {
  const listed = tables.nameOf('listed');
  return [
    `ALTER TABLE ${tables.state} ADD COLUMN works_from integer NOT NULL DEFAULT 1`,
    // With the group last, so that entries of other groups are passed over without a look at their rows.
    ...['a', 'b'].flatMap(field => [
      `DROP INDEX ${tables.indexName(`listed_by_field_${field}`)}`,
      `CREATE INDEX listed_by_field_${field} ON ${listed} (field_${field}, place DESC, key, kind) WHERE field_${field} IS DISTINCT FROM ''`,
    ]),
    // Of a million jobs, not only when 200,000 rows are dead: a count looks at each row of a page that has changed since the last vacuum.
    `ALTER TABLE ${listed} SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.05)`,
  ];
}

/**
 * A job of twenty sheets is 39 KB, written with each update: its own compression took PostgreSQL a third of its processor time. Rows that
 * are there keep theirs until they are written. Servers can be built without this one.
 */
function thirdTables(tables: Tables): readonly string[] {
  const change = `ALTER TABLE ${tables.nameOf('listed')} ALTER COLUMN body SET COMPRESSION lz4`;
  return [`BEGIN ${change}; EXCEPTION WHEN feature_not_supported THEN NULL; END`];
}

/**
 * The key of an object does not change, so that a change of it writes no entry here. Objects that are there already beside another one of
 * the same end stay, and are left out for good.
 */
function fourthTables(tables: Tables): readonly string[] {
  const { soleEnd } = tables;
  if (soleEnd === null) return [];
  const resident = tables.nameOf('resident');
  const end = `right(key, ${soleEnd})`;
  const nth = `row_number() OVER (PARTITION BY ${end} ORDER BY key)`;
  const numbered = `SELECT key, ${nth} AS nth FROM ${resident}`;
  const index = `CREATE UNIQUE INDEX IF NOT EXISTS resident_by_end ON ${resident} ((${end}))`;
  return [
    `DECLARE others text[]; BEGIN
      LOCK TABLE ${resident} IN SHARE MODE;
      SELECT array_agg(key) INTO others FROM (${numbered}) AS numbered WHERE nth > 1;
      IF others IS NULL THEN ${index};
      ELSE EXECUTE format($index$${index} WHERE key <> ALL (%L)$index$, others); END IF;
    END`,
  ];
}

function tableText(tables: Tables, kind: TableKind, own: string | null): string {
  const columns = [
    'key text COLLATE "C" PRIMARY KEY',
    'version text COLLATE "C" NOT NULL',
    'replaced text COLLATE "C"',
    'body bytea NOT NULL',
    'is_text boolean NOT NULL',
    'label text COLLATE "C"',
    'change xid8 NOT NULL',
    ...(own === null ? [] : [own]),
  ];
  return `CREATE TABLE ${tables.nameOf(kind)} (${columns.join(', ')})`;
}
