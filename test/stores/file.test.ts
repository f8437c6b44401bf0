import { tmpdir } from 'node:os';
import { describeStore } from '../conformance/suite.ts';
import { makeStateFolder } from './state-folder.ts';

describeStore({
  traits: {
    name: 'file',
    compareAndSwap: true,
    sharedBetweenProcesses: true,
    durable: true,
    readAfterWrite: true,
    distinctVersions: true,
    conditionalDelete: true,
    labels: false,
  },
  open: async () => {
    const folder = await makeStateFolder(tmpdir());
    return {
      left: await folder.open(),
      right: await folder.open(),
      stranger: () => folder.open(),
      destroy: () => folder.destroy(),
    };
  },
});
