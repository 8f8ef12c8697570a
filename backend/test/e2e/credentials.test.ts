import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OAuth2Client } from 'google-auth-library';
import { afterEach, describe, expect, it } from 'vitest';
import { GeminiCore } from '../../index.ts';

interface Hit {
  readonly path: string;
  readonly authorization: string | undefined;
}

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

const answer = { candidates: [{ content: { role: 'model', parts: [{ text: 'hello' }] }, finishReason: 'STOP' }] };

const expired = {
  error: {
    code: 401,
    message: 'Request had invalid authentication credentials.',
    status: 'UNAUTHENTICATED',
    details: [
      { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'ACCESS_TOKEN_EXPIRED', domain: 'googleapis.com' },
    ],
  },
};

/** A server that issues numbered tokens at /token and answers the API; `reply` may refuse an API request, `token` a refresh. */
async function start(
  reply: (hit: number, authorization: string | undefined) => object | undefined,
  token = (_issue: number) => true,
) {
  const hits: Hit[] = [];
  let issued = 0;
  let calls = 0;
  server = createServer((request, response) => {
    const { authorization } = request.headers;
    hits.push({ path: request.url ?? '', authorization });
    request.resume();
    response.setHeader('content-type', 'application/json');
    if (request.url === '/token') {
      issued += 1;
      if (!token(issued)) return void request.socket.resetAndDestroy();
      return void response.end(
        JSON.stringify({ access_token: `token-${issued}`, expires_in: 3_600, token_type: 'Bearer' }),
      );
    }
    calls += 1;
    const refusal = reply(calls, authorization);
    if (refusal !== undefined) response.statusCode = (refusal as { error: { code: number } }).error.code;
    response.end(JSON.stringify(refusal ?? answer));
  });
  await new Promise<void>(resolve => server?.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const authClient = new OAuth2Client({
    clientId: 'id',
    clientSecret: 'secret',
    endpoints: { oauth2TokenUrl: `${url}/token` },
  });
  authClient.setCredentials({ refresh_token: 'refresh-me' });
  const gemini = new GeminiCore({
    vertexai: true,
    project: 'a-project',
    location: 'us-central1',
    googleAuthOptions: { authClient },
    environment: {},
    runtime: { sleep: async () => {}, random: () => 0 },
    httpOptions: { baseUrl: url },
  });
  return { gemini, authClient, api: () => hits.filter(({ path }) => path !== '/token'), hits };
}

describe('access tokens', () => {
  it('are asked for once and sent with each request', async () => {
    const at = await start(() => undefined);
    await at.gemini.callLlm('hello');
    await at.gemini.callLlm('hello');
    expect(at.api().map(({ authorization }) => authorization)).toEqual(['Bearer token-1', 'Bearer token-1']);
    expect(at.api()[0]?.path).toContain('/projects/a-project/locations/us-central1/publishers/google/models/');
  });

  it('are fresh at each attempt, not only at the first', async () => {
    const at = await start(call => {
      if (call > 1) return undefined;
      // The token dies while the call waits.
      at.authClient.setCredentials({ ...at.authClient.credentials, expiry_date: 1 });
      return { error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } };
    });
    await at.gemini.callLlm('hello');
    expect(at.api().map(({ authorization }) => authorization)).toEqual(['Bearer token-1', 'Bearer token-2']);
  });

  it('that the server calls dead are replaced once', async () => {
    const at = await start(call => (call === 1 ? expired : undefined));
    await at.gemini.callLlm('hello');
    expect(at.api().map(({ authorization }) => authorization)).toEqual(['Bearer token-1', 'Bearer token-2']);
  });

  it('that the server refuses again are an auth failure', async () => {
    const at = await start(() => expired);
    const call = at.gemini.callLlm('hello');
    await expect(call).rejects.toMatchObject({
      failure: { errorClass: 'auth', reason: 'token-expired' },
      attempts: { length: 2 },
    });
  });

  it('whose endpoint loses the connection are asked for again', async () => {
    const at = await start(
      () => undefined,
      issue => issue > 2,
    );
    await at.gemini.callLlm('hello');
    expect(at.api()).toHaveLength(1);
  });

  it('serve gemini.sdk as well', async () => {
    const at = await start(call => (call === 1 ? expired : undefined));
    const response = await at.gemini.sdk.models.generateContent({ model: 'gemini-2.5-flash', contents: 'hello' });
    expect(response.text).toBe('hello');
  });
});
