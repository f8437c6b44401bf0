import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

/** A tab that notes whatever a page of the dashboard must never do. */
export interface WatchedPage {
  readonly page: Page;
  /** Requests to elsewhere, violations of the policy, errors of scripts, dialogs. */
  readonly faults: readonly string[];
  close(): Promise<void>;
}

export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };

/** For a machine with much else to do. */
const PATIENCE_MS = 60_000;

/** Answers that the page is meant to get, such as 401, are errors on the console of the browser. */
const EXPECTED = /^Failed to load resource: /;

/** Opens an empty tab with a session of its own. */
export async function openTab(
  browser: Browser,
  options: BrowserContextOptions & { readonly origin: string },
): Promise<WatchedPage> {
  const { origin, ...own } = options;
  const context = await browser.newContext({ viewport: DESKTOP, reducedMotion: 'reduce', ...own });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const faults: string[] = [];
  page.on('request', request => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !/^(?:data|blob):/.test(url)) faults.push(`calls ${url}`);
  });
  page.on('pageerror', error => faults.push(`throws ${error.stack ?? error.message}`));
  page.on('dialog', dialog => {
    faults.push(`opens the dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('console', message => {
    const text = message.text();
    if (message.type() === 'error' && !EXPECTED.test(text)) faults.push(`logs ${text}`);
  });
  await page.exposeFunction('noteViolation', (text: string) => {
    faults.push(`violates ${text}`);
  });
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', event => {
      const note: unknown = Reflect.get(globalThis, 'noteViolation');
      if (typeof note === 'function') note(`${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  return { page, faults, close: () => context.close() };
}
