import type * as FileSystem from 'node:fs';
import { promisify } from 'node:util';

/** A file, whatever names it has. */
export interface Inode {
  readonly id: number;
}

/** What a disk was asked to do, in order. Names are relative to the recorded folder; '' is the folder itself. */
export type DiskStep =
  | { readonly kind: 'name'; readonly folder: string; readonly name: string; readonly inode: Inode }
  | { readonly kind: 'unname'; readonly folder: string; readonly name: string }
  | {
      readonly kind: 'rename';
      readonly folder: string;
      readonly from: string;
      readonly to: string;
      readonly inode: Inode;
    }
  | { readonly kind: 'make-folder'; readonly folder: string }
  | {
      readonly kind: 'write';
      readonly inode: Inode;
      readonly offset: number;
      readonly bytes: Uint8Array;
    }
  | { readonly kind: 'resize'; readonly inode: Inode; readonly size: number }
  | { readonly kind: 'times'; readonly inode: Inode; readonly seconds: number }
  /** A sync that has begun. It covers all steps of its target before it, once it has ended. */
  | { readonly kind: 'sync'; readonly target: Inode | string; readonly id: number }
  | { readonly kind: 'synced'; readonly id: number };

/** Records the changes of one folder and all below it. */
export interface DiskLog {
  readonly steps: DiskStep[];
  /** The folder to record; null to record nothing. */
  root: string | null;
  /** What the system says about its last start. Changed to simulate a restart of the machine. */
  bootId: string;
}

export function createDiskLog(): DiskLog {
  return { steps: [], root: null, bootId: 'first' };
}

/** `node:fs` with functions that also record what they do. */
export function recordingFileSystem(
  fs: typeof FileSystem,
  log: DiskLog,
): Partial<typeof FileSystem> {
  const named = new Map<string, Inode>();
  const opened = new Map<number, { readonly inode: Inode | string; position: number }>();
  let inodes = 0;
  let syncs = 0;
  let recorded: string | null = null;

  /** Null for a path outside the recorded folder. */
  function placeOf(path: unknown): { folder: string; name: string; key: string } | null {
    if (log.root !== recorded) {
      recorded = log.root;
      named.clear();
    }
    if (log.root === null || typeof path !== 'string') return null;
    if (path === log.root) return { folder: '', name: '', key: '' };
    if (!path.startsWith(`${log.root}/`)) return null;
    const key = path.slice(log.root.length + 1);
    const cut = key.lastIndexOf('/');
    return { folder: cut === -1 ? '' : key.slice(0, cut), name: key.slice(cut + 1), key };
  }

  function noteOpen(path: unknown, fd: number): void {
    const place = placeOf(path);
    if (place === null) return;
    if (fs.fstatSync(fd).isDirectory()) {
      opened.set(fd, { inode: place.key, position: 0 });
      return;
    }
    let inode = named.get(place.key);
    if (inode === undefined) {
      inodes += 1;
      inode = { id: inodes };
      named.set(place.key, inode);
      log.steps.push({ kind: 'name', folder: place.folder, name: place.name, inode });
    }
    opened.set(fd, { inode, position: 0 });
  }

  function noteWrite(fd: number, bytes: Uint8Array, position: number | null | undefined): void {
    const file = opened.get(fd);
    if (file === undefined || typeof file.inode === 'string') return;
    const offset = position ?? file.position;
    if (position === null || position === undefined) file.position += bytes.byteLength;
    log.steps.push({ kind: 'write', inode: file.inode, offset, bytes: Uint8Array.from(bytes) });
  }

  function noteSync(fd: number): number | null {
    const file = opened.get(fd);
    if (file === undefined) return null;
    syncs += 1;
    log.steps.push({ kind: 'sync', target: file.inode, id: syncs });
    return syncs;
  }

  function noteSynced(id: number | null): void {
    if (id !== null) log.steps.push({ kind: 'synced', id });
  }

  function noteRename(from: unknown, to: unknown): void {
    const [source, target] = [placeOf(from), placeOf(to)];
    if (source === null || target === null) return;
    const inode = named.get(source.key);
    if (inode === undefined)
      throw new Error(`Cannot record the renaming of ${source.key} to ${target.key}`);
    named.delete(source.key);
    named.set(target.key, inode);
    const { folder } = target;
    if (source.folder === folder) {
      log.steps.push({ kind: 'rename', folder, from: source.name, to: target.name, inode });
      return;
    }
    // Each of the two folders may reach the disk without the other.
    log.steps.push({ kind: 'name', folder, name: target.name, inode });
    log.steps.push({ kind: 'unname', folder: source.folder, name: source.name });
  }

  function noteLink(from: unknown, to: unknown): void {
    const [source, target] = [placeOf(from), placeOf(to)];
    const inode = source === null ? undefined : named.get(source.key);
    if (inode === undefined || target === null) return;
    named.set(target.key, inode);
    log.steps.push({ kind: 'name', folder: target.folder, name: target.name, inode });
  }

  function noteUnlink(path: unknown): void {
    const place = placeOf(path);
    if (place === null) return;
    named.delete(place.key);
    log.steps.push({ kind: 'unname', folder: place.folder, name: place.name });
  }

  function noteMakeFolder(path: unknown): void {
    const place = placeOf(path);
    if (place !== null) log.steps.push({ kind: 'make-folder', folder: place.key });
  }

  type Done = (error: NodeJS.ErrnoException | null) => void;
  const after =
    (done: Done, note: () => void): Done =>
    error => {
      if (error === null) note();
      done(error);
    };

  function sync(call: (fd: number, done: Done) => void) {
    return (fd: number, done: Done) => {
      const id = noteSync(fd);
      call(
        fd,
        after(done, () => noteSynced(id)),
      );
    };
  }

  function syncNow(call: (fd: number) => void) {
    return (fd: number) => {
      const id = noteSync(fd);
      call(fd);
      noteSynced(id);
    };
  }

  const write = (
    fd: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number | null | undefined,
    done: (error: NodeJS.ErrnoException | null, written: number, bytes: Uint8Array) => void,
  ) => {
    fs.write(fd, bytes, offset, length, position, (error, written) => {
      if (error === null) noteWrite(fd, bytes.subarray(offset, offset + written), position);
      done(error, written, bytes);
    });
  };
  Object.defineProperty(write, promisify.custom, {
    value: (fd: number, bytes: Uint8Array, offset = 0, length?: number, position?: number) =>
      new Promise((resolve, reject) => {
        const size = length ?? bytes.byteLength - offset;
        write(fd, bytes, offset, size, position, (error, bytesWritten) =>
          error === null ? resolve({ bytesWritten, buffer: bytes }) : reject(error),
        );
      }),
  });

  const writev = (fd: number, parts: readonly Uint8Array[]) =>
    new Promise((resolve, reject) => {
      fs.writev(fd, parts, (error, bytesWritten) => {
        if (error !== null) return reject(error);
        noteWrite(fd, Buffer.concat(parts).subarray(0, bytesWritten), null);
        resolve({ bytesWritten, buffers: parts });
      });
    });

  return {
    openSync(path, flags, mode) {
      const fd = fs.openSync(path, flags, mode);
      noteOpen(path, fd);
      return fd;
    },
    open: ((
      path: string,
      flags: number,
      mode: number,
      done: (error: Error | null, fd: number) => void,
    ) => {
      fs.open(path, flags, mode, (error, fd) => {
        if (error === null) noteOpen(path, fd);
        done(error, fd);
      });
    }) as typeof fs.open,
    closeSync(fd) {
      fs.closeSync(fd);
      opened.delete(fd);
    },
    close: ((fd: number, done?: Done) => {
      opened.delete(fd);
      fs.close(fd, done);
    }) as typeof fs.close,
    writeSync: ((fd: number, bytes: Uint8Array, from?: number, size?: number, at?: number) => {
      const offset = from ?? 0;
      const written = fs.writeSync(fd, bytes, offset, size ?? bytes.byteLength - offset, at);
      noteWrite(fd, bytes.subarray(offset, offset + written), at);
      return written;
    }) as typeof fs.writeSync,
    write: write as unknown as typeof fs.write,
    writev: Object.assign(() => {}, { [promisify.custom]: writev }) as unknown as typeof fs.writev,
    ftruncateSync(fd, size) {
      fs.ftruncateSync(fd, size);
      const file = opened.get(fd);
      if (file !== undefined && typeof file.inode !== 'string')
        log.steps.push({ kind: 'resize', inode: file.inode, size: size ?? 0 });
    },
    futimesSync(fd, accessed, modified) {
      fs.futimesSync(fd, accessed, modified);
      const file = opened.get(fd);
      if (file !== undefined && typeof file.inode !== 'string')
        log.steps.push({ kind: 'times', inode: file.inode, seconds: Number(modified) });
    },
    fsync: sync(fs.fsync) as typeof fs.fsync,
    fdatasync: sync(fs.fdatasync) as typeof fs.fdatasync,
    fsyncSync: syncNow(fs.fsyncSync),
    fdatasyncSync: syncNow(fs.fdatasyncSync),
    renameSync(from, to) {
      fs.renameSync(from, to);
      noteRename(from, to);
    },
    rename: ((from: string, to: string, done: Done) => {
      fs.rename(
        from,
        to,
        after(done, () => noteRename(from, to)),
      );
    }) as typeof fs.rename,
    linkSync(from, to) {
      fs.linkSync(from, to);
      noteLink(from, to);
    },
    link: ((from: string, to: string, done: Done) => {
      fs.link(
        from,
        to,
        after(done, () => noteLink(from, to)),
      );
    }) as typeof fs.link,
    unlinkSync(path) {
      fs.unlinkSync(path);
      noteUnlink(path);
    },
    unlink: ((path: string, done: Done) => {
      fs.unlink(
        path,
        after(done, () => noteUnlink(path)),
      );
    }) as typeof fs.unlink,
    mkdirSync: ((path: string, options?: FileSystem.MakeDirectoryOptions) => {
      const made = fs.mkdirSync(path, options);
      noteMakeFolder(path);
      return made;
    }) as typeof fs.mkdirSync,
    readFileSync: ((path: string, options: BufferEncoding) =>
      path === '/proc/sys/kernel/random/boot_id'
        ? log.bootId
        : fs.readFileSync(path, options)) as typeof fs.readFileSync,
  };
}
