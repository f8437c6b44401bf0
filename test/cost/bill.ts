/** What R2 bills, in operations, and Workers, in requests. */
export interface Bill {
  readonly classA: number;
  readonly classB: number;
  /** They are free. */
  readonly deletes: number;
  readonly requests: number;
}

/** Dollars for a million, beyond what a plan includes; as of November 2026. */
const PRICES = {
  classA: 4.5,
  classB: 0.36,
  deletes: 0,
  requests: 0.3,
  objectRequests: 0.15,
  rowsWritten: 1,
  rowsRead: 0.001,
  gigabyteSeconds: 12.5,
};

/** What Durable Objects bill. */
export interface ObjectsBill {
  /** Remote calls. */
  readonly objectRequests: number;
  /** An alarm that is set counts as one. */
  readonly rowsWritten: number;
  readonly rowsRead: number;
  /** The time in which objects cannot hibernate. */
  readonly gigabyteSeconds: number;
}

const CLASSES: Readonly<Record<string, 'classA' | 'classB' | 'deletes'>> = {
  put: 'classA',
  list: 'classA',
  get: 'classB',
  head: 'classB',
  delete: 'deletes',
};

/** Of a request that asks for `2 head jobs, put leases`. */
export function billOf(operations: string): Bill {
  const counts = { classA: 0, classB: 0, deletes: 0 };
  for (const text of operations.split(', ')) {
    const [, count = '1', operation = ''] = /^(?:(\d+) )?([a-z]+) [a-z]+$/.exec(text) ?? [];
    const billed = CLASSES[operation];
    if (billed === undefined) throw new Error(`"${text}" is no operation of a bucket`);
    counts[billed] += Number(count);
  }
  return { ...counts, requests: 1 };
}

export function sum(bills: readonly Bill[]): Bill {
  return bills.reduce(plus, { classA: 0, classB: 0, deletes: 0, requests: 0 });
}

export function times(bill: Bill, count: number): Bill {
  return {
    classA: bill.classA * count,
    classB: bill.classB * count,
    deletes: bill.deletes * count,
    requests: bill.requests * count,
  };
}

export function dollars({ classA, classB, requests }: Bill): number {
  const millionths = classA * PRICES.classA + classB * PRICES.classB + requests * PRICES.requests;
  return millionths / 1_000_000;
}

export function objectsDollars(bill: ObjectsBill): number {
  const { objectRequests, rowsWritten, rowsRead, gigabyteSeconds } = bill;
  const millionths =
    objectRequests * PRICES.objectRequests +
    rowsWritten * PRICES.rowsWritten +
    rowsRead * PRICES.rowsRead +
    gigabyteSeconds * PRICES.gigabyteSeconds;
  return millionths / 1_000_000;
}

function plus(left: Bill, right: Bill): Bill {
  return {
    classA: left.classA + right.classA,
    classB: left.classB + right.classB,
    deletes: left.deletes + right.deletes,
    requests: left.requests + right.requests,
  };
}
