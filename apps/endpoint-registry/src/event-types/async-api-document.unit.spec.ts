import asyncApi from '@asyncapi/parser';

import { asyncApiDocument } from './async-api-document.js';

describe('the AsyncAPI document', () => {
  it('is one to AsyncAPI’s own parser, without an error', async () => {
    const { document, diagnostics } = await new asyncApi.Parser().parse(JSON.stringify(asyncApiDocument()));
    // 0 is an error, 1 a warning.
    expect(diagnostics.filter(({ severity }: { severity: number }) => severity <= 1)).toEqual([]);
    expect(document?.version()).toBe('3.0.0');
    const messages = document?.allMessages().all() ?? [];
    expect(messages.map((message) => message.name()).sort()).toEqual([
      'endpoint.disabled',
      'endpoint.disabling_soon',
      'endpoint.failing',
      'endpoint.recovered',
      'interview_completed',
      'mock_interview_completed',
    ]);
  });
});
