import { describe, expect, it } from 'vitest';
import {
  decodeHeader,
  encodeHeader,
  encodeSyncedEnd,
  START,
} from '../../../../lib/stores/file/journal/header.ts';
import {
  decodeRecord,
  encodeRecord,
  recordBytes,
} from '../../../../lib/stores/file/journal/record.ts';
import { textOf } from '../../../conformance/body.ts';
import { at, deletion, put } from './image.ts';

const RECORD = put('jobs/ä.json', 'a state', { at: 7, replaced: 3, stamp: 9, young: true });

function encoded(): Buffer {
  const buffer = Buffer.alloc(recordBytes(RECORD) + 16);
  encodeRecord(buffer, 8, { record: RECORD, generation: 5 });
  return buffer;
}

describe('encodeRecord() and decodeRecord()', () => {
  it('keep every part of a record', () => {
    const record = decodeRecord(encoded(), 8);
    expect({ ...record, body: textOf(record?.body) }).toEqual({
      key: 'jobs/ä.json',
      kind: 'put',
      stampNs: at(9),
      modifiedAtNs: at(7),
      replacedNs: at(3),
      replacesYoung: true,
      body: 'a state',
      bytes: recordBytes(RECORD),
      generation: 5,
    });
  });

  it('keep a record that replaces nothing, and one without a body', () => {
    const buffer = Buffer.alloc(1_000);
    const end = encodeRecord(buffer, 0, { record: put('a/b', '', { at: 1 }), generation: 1 });
    encodeRecord(buffer, end, { record: deletion('a/b', { at: 1, stamp: 2 }), generation: 1 });
    expect(decodeRecord(buffer, 0)).toMatchObject({
      kind: 'put',
      replacedNs: null,
      replacesYoung: false,
    });
    expect(decodeRecord(buffer, end)).toMatchObject({ kind: 'delete', replacedNs: at(1) });
  });

  it('find no record where any one byte is wrong', () => {
    const read = Array.from({ length: recordBytes(RECORD) }, (_, index) => {
      const buffer = encoded();
      buffer.writeUInt8((buffer.readUInt8(8 + index) + 1) % 256, 8 + index);
      return decodeRecord(buffer, 8);
    });
    expect(read.filter(record => record !== null)).toEqual([]);
  });

  it('find no record where its end is missing, or where only zeros are', () => {
    const read = Array.from({ length: recordBytes(RECORD) }, (_, length) =>
      decodeRecord(encoded().subarray(0, 8 + length), 8),
    );
    expect(read.filter(record => record !== null)).toEqual([]);
    expect(decodeRecord(Buffer.alloc(4_096), 0)).toBeNull();
  });
});

describe('encodeHeader() and decodeHeader()', () => {
  const HEADER = encodeHeader({ bootId: 'a boot', segmentBytes: 1_000 });

  function headerWith(
    ...syncedEnds: readonly (readonly [generation: number, offset: number])[]
  ): Buffer {
    const buffer = Buffer.from(HEADER);
    for (const [index, [generation, offset]] of syncedEnds.entries()) {
      const sector = encodeSyncedEnd({ generation, offset }, index + 1);
      sector.bytes.copy(buffer, sector.at);
    }
    return buffer;
  }

  it('keep the run of the machine and the size of a segment, and begin without a synced end', () => {
    expect(decodeHeader(HEADER)).toEqual({
      bootId: 'a boot',
      segmentBytes: 1_000,
      syncedEnd: START,
    });
  });

  it('keep the latest synced end, and the one before where that one is torn', () => {
    const buffer = headerWith([1, 500], [2, 10], [2, 70]);
    expect(decodeHeader(buffer)?.syncedEnd).toEqual({ generation: 2, offset: 70 });
    buffer.fill(0, encodeSyncedEnd(START, 3).at + 8, encodeSyncedEnd(START, 3).at + 20);
    expect(decodeHeader(buffer)?.syncedEnd).toEqual({ generation: 2, offset: 10 });
  });

  it('refuse what is no complete header', () => {
    expect(decodeHeader(Buffer.alloc(4_096))).toBeNull();
    expect(decodeHeader(HEADER.subarray(0, 4_000))).toBeNull();
  });
});
