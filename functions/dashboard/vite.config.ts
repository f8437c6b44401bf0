import { preact } from '@preact/preset-vite';
import { defineConfig, type Plugin } from 'vite';
import { headersFile } from '../pages/headers.ts';

const SERVICE = process.env['DALSEGNO_URL'] ?? 'http://127.0.0.1:8787';

/** Builds the dashboard into `dist/site/`. `npm run dev:site` serves it with calls passed on to a running service. */
export default defineConfig({
  root: import.meta.dirname,
  // The page also works below a path of a proxy: it names its files and the service relative to itself.
  base: './',
  plugins: [preact({ reactAliasesEnabled: false, devToolsEnabled: false }), writeHeaders()],
  build: {
    outDir: '../../dist/site',
    emptyOutDir: true,
    // The content security policy allows neither inline scripts nor data addresses of scripts.
    assetsInlineLimit: 0,
    modulePreload: false,
    target: 'es2023',
    reportCompressedSize: true,
  },
  server: {
    host: '127.0.0.1',
    proxy: Object.fromEntries(
      ['/v1', '/healthz', '/readyz', '/metrics', '/openapi.json'].map(path => [path, SERVICE]),
    ),
  },
});

/** Writes the headers of the files for Cloudflare. The service itself sends the same on Node and Deno. */
function writeHeaders(): Plugin {
  return {
    name: 'headers',
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: '_headers', source: headersFile() });
    },
  };
}
