import { describe, expect, it } from 'vitest';
import { httpExchange } from '../../gemini/seam/httpExchange.ts';

const api = 'https://generativelanguage.googleapis.com/v1beta';
const vertex = 'https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/us-central1';

describe('what the seam knows of a request before it is sent', () => {
  // method, address, operation, model, how its answer is read, whether it may be sent again after an ambiguous failure
  const rows: [string, string, string, string | undefined, string, boolean][] = [
    ['POST', `${api}/models/gemini-2.5-flash:generateContent`, 'generateContent', 'gemini-2.5-flash', 'json', true],
    ['POST', `${api}/models/m:streamGenerateContent?alt=sse`, 'streamGenerateContent', 'm', 'stream', true],
    ['POST', `${api}/tunedModels/t-1:generateContent`, 'generateContent', 't-1', 'json', true],
    ['POST', `${vertex}/publishers/google/models/m:generateContent`, 'generateContent', 'm', 'json', true],
    ['POST', `${api}/models/m:countTokens`, 'countTokens', 'm', 'json', true],
    ['POST', `${api}/models/m:batchEmbedContents`, 'batchEmbedContents', 'm', 'json', true],
    ['POST', `${vertex}/publishers/google/models/m:predict`, 'predict', 'm', 'json', true],
    ['POST', `${vertex}/publishers/google/models/m:predictLongRunning`, 'predictLongRunning', 'm', 'json', false],
    ['POST', `${api}/models/m:batchGenerateContent`, 'batchGenerateContent', 'm', 'json', false],
    ['POST', `${api}/models/m:asyncBatchEmbedContent`, 'asyncBatchEmbedContent', 'm', 'json', false],
    ['POST', `${api}/cachedContents`, 'POST cachedContents', undefined, 'by-content-type', false],
    ['POST', `${api}/interactions`, 'POST interactions', undefined, 'by-content-type', false],
    ['POST', `${api}/auth_tokens`, 'POST auth_tokens', undefined, 'by-content-type', false],
    ['POST', `${api}/batches/b-1:cancel`, 'cancel', undefined, 'json', true],
    ['GET', `${api}/models`, 'GET models', undefined, 'by-content-type', true],
    ['GET', `${api}/files/f-1:download?alt=media`, 'download', undefined, 'raw', true],
    ['DELETE', `${api}/files/f-1`, 'DELETE f-1', undefined, 'by-content-type', true],
    ['PATCH', `${api}/cachedContents/c-1`, 'PATCH c-1', undefined, 'by-content-type', true],
    [
      'POST',
      'https://generativelanguage.googleapis.com/upload/v1beta/files',
      'POST files',
      undefined,
      'by-content-type',
      false,
    ],
    ['POST', 'https://x/v1/verb-of-tomorrow:createThings', 'createThings', undefined, 'json', false],
  ];
  it.each(rows)('%s %s', (method, url, operation, model, reads, repeatable) => {
    expect(httpExchange(url, { method })).toMatchObject({ operation, model, reads, repeatable });
    // Some are remembered by their address: the second look says the same.
    expect(httpExchange(url, { method })).toMatchObject({ operation, model, reads, repeatable });
  });

  it('a Request of the second stack, whose stream is asked for in a header', () => {
    const request = new Request(`${api}/interactions/i-1`, { headers: { accept: 'text/event-stream' } });
    expect(httpExchange(request)).toMatchObject({ method: 'GET', reads: 'stream', isRequest: true, repeatable: true });
  });

  it('a Request is sent as a copy, so that it can be sent again', async () => {
    const request = new Request(`${api}/interactions`, { method: 'POST', body: 'once' });
    const bodies: string[] = [];
    const transport: typeof fetch = async input => {
      bodies.push(await (input as Request).text());
      return new Response();
    };
    const exchange = httpExchange(request);
    const { signal } = new AbortController();
    await exchange.send(transport, { headers: undefined, signal });
    await exchange.send(transport, { headers: undefined, signal });
    expect(bodies).toEqual(['once', 'once']);
  });

  it('the pieces of an upload are not read as answers of the API', () => {
    const headers = new Headers({ 'x-goog-upload-command': 'upload, finalize' });
    expect(httpExchange('https://x/upload/session:1', { method: 'POST', headers })).toMatchObject({
      reads: 'by-content-type',
      repeatable: false,
    });
  });
});
