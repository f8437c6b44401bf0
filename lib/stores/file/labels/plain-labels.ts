import {
  closeSync,
  fchmodSync,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import type { Version } from '../../../store.ts';
import { isMissing } from '../errno.ts';
import { checksumOf, type FileLabel, nsText, settledBefore } from './file-label.ts';
import type { LabelChange, LabelFile, LabelMedium, LabelMediumOptions } from './label-medium.ts';

const FORMAT = 1;
const LABELS_A_PAGE = 500;
const READ_BYTES = 256 * 1024;
/** What a process appends at most, beside twice what it found. The next start makes the file smaller. */
const MOST_APPENDED_BYTES = 64 * 1024 * 1024;

/**
 * Labels in a file of lines, for versions of Node without SQLite. Lines are only appended, and a label that is out of date
 * stays until the next start: it names a version that its file no longer has. The first line names the run of
 * the machine.
 */
export function plainLabels(options: LabelMediumOptions): LabelMedium {
  const { path, mode, bootId, nowNs } = options;

  function discard(): void {
    rmSync(path, { force: true });
  }

  /** A new file with some of the labels, under the name of the old one when it is whole. */
  function* rewrite(pages: Iterable<readonly FileLabel[]>): Generator<void> {
    const temporary = `${path}.${process.pid}.tmp`;
    const fd = openSync(temporary, 'w', mode);
    try {
      fchmodSync(fd, mode);
      writeAll(fd, lineOfRun(bootId, nowNs()));
      for (const page of pages) {
        writeAll(fd, page.map(lineOf).join(''));
        yield;
      }
      renameSync(temporary, path);
    } finally {
      closeSync(fd);
      rmSync(temporary, { force: true });
    }
  }

  function rewriteAll(pages: Iterable<readonly FileLabel[]>): void {
    for (const _ of rewrite(pages));
  }

  /** Lines of another run of the machine are taken over as far as they are certain. */
  function prepare(): void {
    const lines = linesOf(path);
    const first = runIn(lines.next().value ?? '');
    if (first === null) return rewriteAll([]);
    if (bootId !== null && first.bootId === bootId) return;
    let seenAtNs = first.seenAtNs;
    for (const line of lines) seenAtNs = runIn(line)?.seenAtNs ?? seenAtNs;
    const settled = settledBefore(seenAtNs);
    rewriteAll(pagesOf(path, ({ changedAtNs }) => changedAtNs <= settled));
  }

  return {
    path,
    discard,

    open() {
      prepare();
      let fd = openSync(path, 'a', mode);
      const room = { bytes: 2 * fstatSync(fd).size + MOST_APPENDED_BYTES };
      return {
        pages: prefix => pagesOf(path, ({ key }) => key.startsWith(prefix)),
        write(changes) {
          const lines = changes.flatMap(kept).map(lineOf).join('');
          room.bytes -= lines.length;
          if (lines === '' || room.bytes < 0) return;
          // After an unfinished line of a process that was killed.
          writeAll(fd, `\n${lines}${lineOfRun(bootId, nowNs())}`);
        },
        *compact(isCurrent) {
          yield* rewrite(pagesOf(path, isCurrent));
          closeSync(fd);
          fd = openSync(path, 'a', mode);
        },
        close: () => closeSync(fd),
      } satisfies LabelFile;
    },

    faultOf: () => 'failed',
  };
}

function kept(change: LabelChange): FileLabel[] {
  return change.kind === 'keep' ? [change.label] : [];
}

function lineOf(label: FileLabel): string {
  const { key, version, changedAtNs, text } = label;
  return `${JSON.stringify([key, version, changedAtNs, text, checksumOf(label)])}\n`;
}

function lineOfRun(bootId: string | null, seenAtNs: bigint): string {
  return `${JSON.stringify({ format: FORMAT, bootId, seenAtNs: nsText(seenAtNs) })}\n`;
}

/** Null for a line that says nothing about a run, or has another format. */
function runIn(line: string): { readonly bootId: unknown; readonly seenAtNs: string } | null {
  const value = line.startsWith('{') ? parse(line) : null;
  if (typeof value !== 'object' || value === null) return null;
  const { format, bootId, seenAtNs } = { format: 0, bootId: null, seenAtNs: '', ...value };
  if (format !== FORMAT || !/^[0-9]{19}$/.test(seenAtNs)) return null;
  return { bootId, seenAtNs };
}

/** Null for a line that is none, or is damaged. */
function labelIn(line: string): FileLabel | null {
  const value = line.startsWith('[') ? parse(line) : null;
  if (!Array.isArray(value) || value.length !== 5) return null;
  const [key, version, changedAtNs, text, checksum] = value;
  if (![key, version, changedAtNs, text].every(part => typeof part === 'string')) return null;
  const label: FileLabel = { key, version: version as Version, changedAtNs, text };
  return checksumOf(label) === checksum ? label : null;
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function* pagesOf(
  path: string,
  isWanted: (label: FileLabel) => boolean,
): Generator<readonly FileLabel[]> {
  let page: FileLabel[] = [];
  for (const line of linesOf(path)) {
    const label = labelIn(line);
    if (label !== null && isWanted(label)) page.push(label);
    if (page.length < LABELS_A_PAGE) continue;
    yield page;
    page = [];
  }
  yield page;
}

/** The lines of the file as it is now, without what is appended later. None if it is missing. */
function* linesOf(path: string): Generator<string, undefined> {
  const fd = openOrNull(path);
  if (fd === null) return;
  try {
    const { size } = fstatSync(fd);
    const bytes = Buffer.allocUnsafe(READ_BYTES);
    const decoder = new TextDecoder();
    let rest = '';
    for (let at = 0; at < size; ) {
      const count = readSync(fd, bytes, 0, Math.min(bytes.length, size - at), at);
      if (count === 0) break;
      at += count;
      const lines = (rest + decoder.decode(bytes.subarray(0, count), { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } finally {
    closeSync(fd);
  }
}

function openOrNull(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}
