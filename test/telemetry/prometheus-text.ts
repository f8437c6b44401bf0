/** One line of a metric. */
export interface ParsedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ParsedFamily {
  readonly type: string;
  readonly samples: readonly ParsedSample[];
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = String.raw`[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\n"])*"`;
const SAMPLE = new RegExp(`^(${NAME})(?:\\{((?:${LABEL})(?:,${LABEL})*)\\})? (\\S+)$`);
const NUMBER = /^(?:[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:e[+-]?\d+)?|[+-]Inf|NaN|Nan)$/i;
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['', '_sum', '_count'],
};

/**
 * Reads Prometheus' text format, version 0.0.4, and throws at everything that its own parser or `promtool check metrics`
 * refuses: a metric that comes twice, samples outside of their metric, buckets that shrink.
 */
export function parseMetrics(text: string): Map<string, ParsedFamily> {
  if (!text.endsWith('\n')) throw new Error('The last line has no end');
  const families = new Map<string, { type: string; samples: ParsedSample[] }>();
  const seen = new Set<string>();
  let described: string | null = null;
  let current: { name: string; type: string; samples: ParsedSample[] } | null = null;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const help = new RegExp(`^# HELP (${NAME}) (\\S.*)$`).exec(line);
    const type = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram|summary|untyped)$`).exec(
      line,
    );
    if (help !== null) {
      described = help[1] ?? null;
    } else if (type !== null) {
      const [, name = '', kind = ''] = type;
      if (described !== name) throw new Error(`${name} has no help`);
      if (families.has(name)) throw new Error(`${name} comes twice`);
      current = { name, type: kind, samples: [] };
      families.set(name, current);
    } else {
      const sample = parseSample(line);
      if (current === null || !belongs(sample.name, current)) throw new Error(`Misplaced: ${line}`);
      const identity = JSON.stringify([
        sample.name,
        Object.entries(sample.labels).toSorted(byName),
      ]);
      if (seen.has(identity)) throw new Error(`Twice: ${line}`);
      seen.add(identity);
      current.samples.push(sample);
    }
  }
  for (const [name, family] of families) {
    if (family.type === 'histogram') checkBuckets(name, family.samples);
    if (family.type === 'counter' && !name.endsWith('_total')) throw new Error(`${name}: _total`);
  }
  return families;
}

/** The value of the only sample with these labels. */
export function valueOf(
  families: ReadonlyMap<string, ParsedFamily>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | null {
  const family = families.get(name) ?? families.get(name.replace(/_(?:bucket|sum|count)$/, ''));
  const found = (family?.samples ?? []).filter(
    sample =>
      sample.name === name &&
      Object.entries(labels).every(([label, text]) => sample.labels[label] === text),
  );
  if (found.length > 1) throw new Error(`${name} has ${found.length} such samples`);
  return found[0]?.value ?? null;
}

function parseSample(line: string): ParsedSample {
  const [, name = '', set = '', number = ''] = SAMPLE.exec(line) ?? [];
  if (name === '' || !NUMBER.test(number)) throw new Error(`No sample: ${line}`);
  const pairs = [...set.matchAll(new RegExp(LABEL, 'g'))].map(([pair]): [string, string] => {
    const at = pair.indexOf('=');
    return [pair.slice(0, at), JSON.parse(pair.slice(at + 1))];
  });
  const labels = Object.fromEntries(pairs);
  if (Object.keys(labels).length !== pairs.length) throw new Error(`A label comes twice: ${line}`);
  return { name, labels, value: Number(number.replace('Inf', 'Infinity')) };
}

function byName([left]: [string, string], [right]: [string, string]): number {
  return left < right ? -1 : 1;
}

function belongs(sample: string, { name, type }: { name: string; type: string }): boolean {
  return (SUFFIXES[type] ?? ['']).some(suffix => sample === `${name}${suffix}`);
}

/** Each set of labels has ascending buckets up to `+Inf`, which is the count. */
function checkBuckets(name: string, samples: readonly ParsedSample[]): void {
  const setOf = ({ labels: { le: _le, ...labels } }: ParsedSample) => JSON.stringify(labels);
  for (const [set, own] of Map.groupBy(samples, setOf)) {
    const buckets = own.filter(sample => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels }) => Number(labels['le']?.replace('+Inf', 'Infinity')));
    const ascends = (values: readonly number[], least: number) =>
      values.every((value, nth) => nth === 0 || value - (values[nth - 1] ?? value) >= least);
    const count = own.find(sample => sample.name === `${name}_count`)?.value;
    const isWhole =
      bounds.at(-1) === Number.POSITIVE_INFINITY &&
      ascends(bounds, Number.MIN_VALUE) &&
      ascends(
        buckets.map(({ value }) => value),
        0,
      ) &&
      buckets.at(-1)?.value === count &&
      own.some(sample => sample.name === `${name}_sum`);
    if (!isWhole) throw new Error(`${name}${set}: the buckets do not add up`);
  }
}
