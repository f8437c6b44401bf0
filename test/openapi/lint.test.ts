import { createConfig, lintFromString } from '@redocly/openapi-core';
import { describe, expect, it } from 'vitest';
import { DOCUMENT } from './document.ts';

async function lint(document: unknown): Promise<readonly string[]> {
  const config = await createConfig({ extends: ['recommended'] });
  const problems = await lintFromString({ source: JSON.stringify(document), config });
  return problems.map(({ severity, ruleId, message }) => `${severity} ${ruleId}: ${message}`);
}

describe('the description of the API', () => {
  it('has nothing that the linter of Redocly warns of, by its recommended rules', async () => {
    expect(await lint(DOCUMENT)).toEqual([]);
  });

  it('has no reference to a part that is missing: the linter would say so', async () => {
    const { components, ...rest } = DOCUMENT;
    const { headers: _missing, ...others } = components;
    expect(await lint({ ...rest, components: others })).not.toEqual([]);
  });
});
