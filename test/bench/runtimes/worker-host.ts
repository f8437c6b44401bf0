import { readFileSync } from 'node:fs';
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare';

/** Runs a script in workerd, with an R2 bucket in a folder: `worker-host.ts <script> <folder>`. */
const [script = '', folder = '.'] = process.argv.slice(2);

const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    cf: false,
    port: 0,
    log: new Log(LogLevel.NONE),
    // The log of the service is made, and goes nowhere.
    handleStructuredLogs: () => undefined,
    workers: [
      {
        name: 'bench',
        modules: true,
        script: readFileSync(script, 'utf8'),
        compatibilityDate: '2026-10-30',
        bindings: { DEVELOPMENT: 'true' },
        r2Buckets: { STATE_BUCKET: 'bench' },
      },
    ],
    resourcePersistencePath: folder,
  }),
);
const { port } = await miniflare.ready;
process.on('SIGTERM', () => {
  void miniflare.dispose().then(() => process.exit());
});
console.log(`Listening on http://127.0.0.1:${port}`);
