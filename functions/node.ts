import { serveNode } from './node/serve.ts';

await serveNode(process.argv.slice(2));
