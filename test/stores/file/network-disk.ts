/** Loaded before a program: to it every disk is on NFS. */

import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const NFS = 0x6969n;
const { statfsSync } = fs;

Object.assign(fs, {
  statfsSync: (path: string) => ({ ...statfsSync(path, { bigint: true }), type: NFS }),
});
syncBuiltinESMExports();
