import axe from 'axe-core';
import type { Page } from 'playwright-core';

interface Violation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/**
 * What axe finds wrong on the page, one line for each element. The rules are those of WCAG 2.2 AA and good practice, or
 * the named ones alone.
 */
export async function violationsOf(
  page: Page,
  rules?: readonly string[],
): Promise<readonly string[]> {
  const only = rules === undefined ? {} : { runOnly: rules };
  const options = { resultTypes: ['violations'], ...only };
  // Evaluated by the debugger, to which the policy of the page does not apply.
  await page.evaluate(axe.source);
  const violations = await page.evaluate<readonly Violation[]>(
    `axe.run(document, ${JSON.stringify(options)}).then(result => result.violations)`,
  );
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${help}\n  ${html}\n  ${failureSummary ?? ''}`),
  );
}

/** Opens all that is closed, so that axe looks at it. */
export async function openClosed(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const part of document.querySelectorAll('details')) part.open = true;
  });
}

/**
 * Takes out what is closed. axe finds nothing in it, and takes ten seconds of the processor to pass over the tens of
 * thousands of elements of the reference. The page is of no use for anything else then.
 */
export async function dropClosed(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const part of document.querySelectorAll('details:not([open]) > :not(summary)'))
      part.remove();
  });
}

export async function leaveClosed(): Promise<void> {}
