import { describe, expect, it } from 'vitest';
import { describeApi, searchApi } from '../../functions/dashboard/text/openapi.ts';

const DOCUMENT = {
  openapi: '3.1.0',
  info: { title: 'Test', version: '1', description: 'Text' },
  tags: [{ name: 'jobs', description: 'About jobs' }, { name: 'empty' }],
  paths: {
    '/v1/jobs/{id}': {
      parameters: [{ $ref: '#/components/parameters/id' }],
      get: {
        operationId: 'getJob',
        tags: ['jobs'],
        summary: 'Reads a job',
        security: [{ AccessToken: ['read'] }, {}],
        responses: {
          200: {
            description: 'The job',
            headers: { ETag: {} },
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Job' } } },
          },
          404: { description: 'There is no such job' },
        },
      },
      put: {
        responses: {},
        requestBody: {
          content: {
            'application/json': {
              schema: {
                type: 'object',
                required: ['limit'],
                properties: {
                  limit: { type: 'integer', minimum: 1, maximum: 9 },
                  mode: { enum: ['a', 'b'] },
                  next: { $ref: '#/components/schemas/Job' },
                },
              },
              examples: { small: { summary: 'A small one', value: { limit: 1 } } },
            },
          },
        },
      },
    },
  },
  components: {
    parameters: {
      id: { name: 'id', in: 'path', required: true, schema: { type: 'string', maxLength: 200 } },
    },
    schemas: {
      Job: {
        type: 'object',
        properties: {
          parent: { $ref: '#/components/schemas/Job' },
          tags: { type: 'array', items: { type: 'string' } },
        },
      },
    },
  },
};

describe('describeApi()', () => {
  it('groups the operations by tag, without empty groups', () => {
    const api = describeApi(DOCUMENT);
    expect(api?.groups.map(({ name, operations }) => [name, operations.length])).toEqual([
      ['jobs', 1],
      ['other', 1],
    ]);
  });

  it('follows references, also those of a schema to itself', () => {
    const [operation] = describeApi(DOCUMENT)?.groups[0]?.operations ?? [];
    expect(operation?.scope).toBe('read');
    expect(operation?.parameters).toEqual([
      { name: 'id', place: 'path', isRequired: true, text: '', shape: 'string to 200 characters' },
    ]);
    const [answer] = operation?.answers ?? [];
    expect(answer).toMatchObject({ code: '200', headers: ['ETag'] });
    expect(answer?.content?.fields.slice(0, 2).map(({ name, depth }) => [name, depth])).toEqual([
      ['parent', 0],
      ['parent', 1],
    ]);
  });

  it('says ranges, choices and what is required', () => {
    const body = describeApi(DOCUMENT)?.groups[1]?.operations[0]?.body;
    expect(body?.fields.slice(0, 2)).toMatchObject([
      { name: 'limit', isRequired: true, shape: 'integer from 1 to 9' },
      { name: 'mode', isRequired: false, shape: '"a" | "b"' },
    ]);
    expect(body?.examples).toEqual([{ name: 'A small one', text: '{\n  "limit": 1\n}' }]);
  });

  it.each([null, [], 'text', {}, { paths: [] }])('is null for %j', value => {
    expect(describeApi(value)).toBeNull();
  });
});

describe('searchApi()', () => {
  it('finds the operations that have every word, in codes and parameters too', () => {
    const groups = describeApi(DOCUMENT)?.groups ?? [];
    expect(searchApi(groups, 'GET 404').map(({ name }) => name)).toEqual(['jobs']);
    expect(searchApi(groups, 'no such thing')).toEqual([]);
    expect(searchApi(groups, '  ')).toEqual(groups);
  });
});
