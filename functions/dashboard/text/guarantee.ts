/** What a store can do, in the words of a sentence, and what follows where it cannot. */
export interface Guarantee {
  readonly name: string;
  readonly given: string;
  readonly missing: string;
}

/** By the names of the answer, in snake case. */
const GUARANTEES: Readonly<Record<string, Guarantee>> = {
  leases: {
    name: 'Leases',
    given: 'One worker has a job at a time',
    missing: 'Leases, claims and sweeps answer 501',
  },
  compare_and_swap: {
    name: 'Compare-and-swap',
    given: 'Of several writers at the same moment exactly one succeeds',
    missing: 'Of two writers at the same moment the later one wins',
  },
  shared_between_processes: {
    name: 'Shared between processes',
    given: 'Several processes may serve the same jobs',
    missing: 'One process alone may serve these jobs',
  },
  durable: {
    name: 'Durable',
    given: 'What is acknowledged survives a crash of the machine',
    missing: 'Stored jobs are lost when the process ends',
  },
  read_after_write: {
    name: 'Read after write',
    given: 'Reads and lists see every acknowledged write',
    missing: 'Reads and lists may be a minute old or older',
  },
  distinct_versions: {
    name: 'Distinct versions',
    given: 'Two writes never have the same version',
    missing: 'Two writes of the same bytes may have the same version',
  },
  conditional_delete: {
    name: 'Conditional delete',
    given: 'A deletion with a condition is one step',
    missing: 'A deletion with a condition is a read and then a deletion',
  },
  labels: {
    name: 'Labels',
    given: 'Lists return summaries without reading the jobs',
    missing: 'A first list reads the jobs',
  },
};

/** The guarantees that the answer names, with what each means. A member that is no yes or no is none. */
export function guaranteesIn(
  store: Readonly<Record<string, unknown>>,
): readonly { readonly name: string; readonly isGiven: boolean; readonly text: string }[] {
  return Object.entries(store).flatMap(([member, value]) => {
    if (typeof value !== 'boolean') return [];
    const known = GUARANTEES[snakeCase(member)];
    if (known === undefined)
      return [{ name: member.replaceAll('_', ' '), isGiven: value, text: '' }];
    return [{ name: known.name, isGiven: value, text: value ? known.given : known.missing }];
  });
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`);
}
