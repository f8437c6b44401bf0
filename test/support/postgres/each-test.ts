import { afterEach, beforeEach } from 'vitest';
import { beginTest } from './lent-schemas.ts';
import { takeBackSchemas } from './shared-client.ts';

beforeEach(beginTest);
afterEach(takeBackSchemas);
