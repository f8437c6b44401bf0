import * as z from 'zod';

/** The instant at which the reference was recorded. */
export const RECORDED_AT = '2026-01-02T03:04:05.678901Z';

/** By their paths. Read when the tests are built, for not every runtime has files. */
const texts = (import.meta as BuiltMeta).glob('../reference/**/*.{json,jsonl}', {
  query: '?raw',
  import: 'default',
  eager: true,
});

interface BuiltMeta extends ImportMeta {
  glob(pattern: string, options: object): Readonly<Record<string, string>>;
}

const Load = z.object({
  name: z.string(),
  job_id: z.string(),
  file: z.string().nullable(),
  file_hex: z.string().exactOptional(),
  outcome: z.string(),
  next_sheet: z.number().nullable().exactOptional(),
  progress: z.tuple([z.number(), z.number()]).exactOptional(),
  saved: z.string().exactOptional(),
});
export type Load = z.infer<typeof Load>;

const Step = z.discriminatedUnion('op', [
  z.object({
    // The reference's own word for an update of a sheet.
    op: z.literal('mark'),
    sheet: z.number(),
    status: z.string(),
    error_message: z.string().nullable(),
  }),
  z.object({ op: z.literal('next_sheet'), result: z.number().nullable() }),
]);
export type Step = z.infer<typeof Step>;

const Transition = z.object({
  initial: z.string(),
  steps: z.array(Step),
  final: z.string(),
  progress: z.tuple([z.number(), z.number()]),
  percent: z.number(),
  next_sheet: z.number().nullable(),
});
export type Transition = z.infer<typeof Transition>;

export const loads = lines('loads.jsonl').map(line => Load.parse(JSON.parse(line)));

export const transitions = lines('transitions.jsonl').map(line =>
  Transition.parse(JSON.parse(line)),
);

export const files = Object.entries(texts)
  .filter(([path]) => path.startsWith('../reference/files/'))
  .map(([path, text]) => ({ name: path.slice('../reference/files/'.length), text }));

export const names = z.record(z.string(), z.string()).parse(JSON.parse(textOf('names.json')));

export const alphanumericRanges = z
  .object({ ranges: z.array(z.tuple([z.number(), z.number()])) })
  .parse(JSON.parse(textOf('alnum-ranges.json'))).ranges;

export function fileBytes(load: Load): Uint8Array<ArrayBuffer> {
  if (load.file !== null) return new TextEncoder().encode(load.file);
  return Uint8Array.from(Buffer.from(load.file_hex ?? '', 'hex'));
}

/** A saved text with the job's `updated_at`, which is later at each save, blanked. */
export function withoutUpdatedAt(text: string): string {
  return text.replace(/\n {2}"updated_at": "[^"]*"/, '\n  "updated_at": ""');
}

function lines(name: string): string[] {
  return textOf(name).trimEnd().split('\n');
}

function textOf(name: string): string {
  const text = texts[`../reference/${name}`];
  if (text === undefined) throw new Error(`Nothing is recorded in ${name}`);
  return text;
}
