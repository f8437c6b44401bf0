/** Prometheus' text format, version 0.0.4. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels?: Labels;
  readonly value: number;
}

/** A metric with one value for each set of labels. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  readonly samples: readonly Sample[];
}

/** What a histogram has counted for one set of labels. */
export interface HistogramSample {
  readonly labels: Labels;
  readonly counted: Counted;
}

/** What a histogram has counted. */
export interface Counted {
  /** How many values were in each bucket and in none before it; one more than there are bounds. */
  readonly counts: readonly number[];
  readonly sum: number;
}

/** The lines of one metric, also where it has no samples yet. */
export function familyText({ name, help, type, samples }: MetricFamily): string {
  return header(name, help, type) + samples.map(sample => line(name, sample)).join('');
}

/** The lines of a histogram. `bounds` are the upper ends of its buckets, ascending. */
export function histogramText(
  { name, help, bounds }: { name: string; help: string; bounds: readonly number[] },
  samples: readonly HistogramSample[],
): string {
  const lines = samples.map(({ labels, counted }) => {
    const { counts, sum } = counted;
    let count = 0;
    const buckets = counts.map((inBucket, nth) => {
      count += inBucket;
      const le = String(bounds[nth] ?? '+Inf');
      return line(`${name}_bucket`, { labels: { ...labels, le }, value: count });
    });
    const totals = [
      line(`${name}_sum`, { labels, value: sum }),
      line(`${name}_count`, { labels, value: count }),
    ];
    return [...buckets, ...totals].join('');
  });
  return header(name, help, 'histogram') + lines.join('');
}

function header(name: string, help: string, type: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
}

function line(name: string, { labels = {}, value }: Sample): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  const set = pairs.length === 0 ? '' : `{${pairs.join()}}`;
  return `${name}${set} ${value}\n`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
