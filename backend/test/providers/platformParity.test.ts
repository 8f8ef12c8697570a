import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createResilientFetch, fetchByHost, isProviderError, openai } from '../../fetch.ts';
import type { ResilienceEvent } from '../../resilience/events.ts';
import { systemTransport, type Transport } from '../../resilience/transport.ts';
import { VirtualRuntime } from '../virtualRuntime.ts';

const prompt = 'my secret prompt words are here for you to see';

const answer: RequestListener = (request, response) => {
  const json = (status: number, body: object): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  if (request.url === '/loop') response.writeHead(302, { location: '/loop' }).end();
  else if (request.url === '/redirect') response.writeHead(302, { location: '/ok' }).end();
  else if (request.url === '/gone') response.writeHead(302, { location: '/refusal' }).end();
  else if (request.url?.includes('refusal')) json(400, { error: { message: `You said: ${prompt}` } });
  else if (request.url === '/echo') {
    const pieces: Buffer[] = [];
    request.on('data', piece => pieces.push(piece));
    request.on('end', () =>
      json(200, { type: request.headers['content-type'], body: Buffer.concat(pieces).toString() }),
    );
  } else json(200, { ok: true });
};

let server: Server;
let url = '';
beforeAll(async () => {
  server = createServer(answer);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise(resolve => server.close(resolve));
});

const resilient = createResilientFetch(openai);
const both: readonly (readonly [string, Transport])[] = [
  ['the platform’s fetch', (input, init) => globalThis.fetch(input, init)],
  ['ours', resilient],
];

/** A dispatcher that counts what it carries. */
function counted() {
  const dispatcher = {
    carried: 0,
    dispatch: (options: object, handler: object): boolean => {
      dispatcher.carried += 1;
      const global = Reflect.get(globalThis, Symbol.for('undici.globalDispatcher.1'));
      return global.dispatch(options, handler);
    },
  };
  return dispatcher;
}
const through = (dispatcher: object): RequestInit => ({ ...({ dispatcher } as object) });

describe.each(both)('a dispatcher of your own carries the request: %s', (_name, fetch) => {
  it.each<readonly [string, (init: RequestInit) => [string | Request, RequestInit?]]>([
    ['named with the call', init => [`${url}/ok`, init]],
    ['of a Request', init => [new Request(`${url}/ok`, init)]],
    ['of a Request with a body', init => [new Request(`${url}/ok`, { ...init, method: 'POST', body: '{}' })]],
    ['named with the call, over a Request', init => [new Request(`${url}/ok`), init]],
  ])('%s', async (_title, args) => {
    const dispatcher = counted();
    const response = await fetch(...args(through(dispatcher)));
    expect([response.status, dispatcher.carried]).toEqual([200, 1]);
    await response.text();
  });
});

it('a client’s own transport keeps it, too', async () => {
  const dispatcher = counted();
  await (await systemTransport(`${url}/ok`, through(dispatcher))).text();
  expect(dispatcher.carried).toBe(1);
});

describe.each(both)('as the platform does: %s', (_name, fetch) => {
  it('says where an answer came from, of its clone as well', async () => {
    const response = await fetch(`${url}/redirect`);
    const { redirected, type } = response;
    const again = response.clone();
    expect([redirected, type, response.url, again.url, again.redirected]).toEqual([
      true,
      'basic',
      `${url}/ok`,
      `${url}/ok`,
      true,
    ]);
    expect(await again.json()).toEqual(await response.json());
  });

  it('also of a bad one', async () => {
    const { redirected, type, status, url: from } = await fetch(`${url}/gone`);
    expect([redirected, type, status, from]).toEqual([true, 'basic', 400, `${url}/refusal`]);
  });

  it('a Request is spent by sending it', async () => {
    const request = new Request(`${url}/ok`, { method: 'POST', body: 'x' });
    await fetch(request);
    expect(request.bodyUsed).toBe(true);
    await expect(fetch(request)).rejects.toThrow('has already been used');
  });

  it('`signal: null` lets go of the signal of a Request', async () => {
    const request = new Request(`${url}/ok`, { signal: AbortSignal.abort() });
    expect((await fetch(request, { signal: null })).status).toBe(200);
  });

  it.each(['/relative', 'http://'])('%s is no address', async address => {
    const error = await fetch(address).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toContain(`Failed to parse URL from ${address}`);
  });

  it.each<readonly [string, RequestInit]>([
    ['a text', { body: '{"a":1}' }],
    ['a Blob', { body: new Blob(['{"a":1}'], { type: 'application/json' }) }],
    ['parameters', { body: new URLSearchParams({ a: '1' }) }],
    ['a text of a kind of its own', { body: '{"a":1}', headers: { 'content-type': 'text/x-own' } }],
  ])('a Request with %s arrives as it was made', async (_title, init) => {
    const expected = await (await globalThis.fetch(new Request(`${url}/echo`, { method: 'POST', ...init }))).json();
    expect(await (await fetch(new Request(`${url}/echo`, { method: 'POST', ...init }))).json()).toEqual(expected);
  });
});

describe('the request’s own words are in no event', () => {
  const json = JSON.stringify({ prompt });
  const form = new FormData();
  form.set('prompt', prompt);
  const upload = new FormData();
  upload.set('file', new Blob([json]), 'a.jsonl');
  const bytes = new TextEncoder().encode(json);
  const post = (body: NonNullable<RequestInit['body']>): RequestInit => ({ method: 'POST', body });

  it.each<readonly [string, (to: string) => [string | Request, RequestInit?]]>([
    ['a text', to => [to, post(json)]],
    ['a text that is no JSON', to => [to, post(prompt)]],
    ['lines of JSON', to => [to, post(`${json}\n${json}`)]],
    ['bytes', to => [to, post(bytes)]],
    ['an ArrayBuffer', to => [to, post(bytes.buffer)]],
    ['another view of one', to => [to, post(new DataView(bytes.buffer))]],
    ['a Request', to => [new Request(to, post(json))]],
    ['a Request over a form', to => [new Request(to, post(form))]],
    ['a Blob', to => [to, post(new Blob([json]))]],
    ['parameters', to => [to, post(new URLSearchParams({ prompt }))]],
    ['a form', to => [to, post(form)]],
    ['a file in a form', to => [to, post(upload)]],
  ])('sent as %s', async (_title, args) => {
    const events: ResilienceEvent[] = [];
    const fetch = createResilientFetch(openai, { onEvent: event => events.push(event) });
    const response = await fetch(...args(`${url}/refusal`));
    expect(await response.text()).toContain(prompt);
    expect(JSON.stringify(events)).toContain('You said');
    expect(JSON.stringify(events)).not.toContain('secret prompt');
  });

  it('a Request says its model, and whether it asks for a stream', async () => {
    const events: ResilienceEvent[] = [];
    const body = JSON.stringify({ model: 'm-1', stream: true });
    const fetch = createResilientFetch(openai, { onEvent: event => events.push(event) });
    const slow: Transport = () => new Promise(() => {});
    await fetch(new Request(`${url}/ok`, post(body)));
    expect(events[0]).toMatchObject({ model: 'm-1' });
    const hung = createResilientFetch(openai, { fetch: slow, firstChunkTimeoutMs: 1, retry: { maxRetries: 0 } });
    await expect(hung(new Request(`${url}/ok`, post(body)))).rejects.toThrow('firstChunkTimeoutMs');
  });
});

it.each<readonly [string, (to: string) => string, string]>([
  ['that redirects for ever', to => `${to}/loop`, 'redirect count exceeded'],
  ['of a port that is not allowed', () => 'http://127.0.0.1:1/', 'bad port'],
  ['of no web server', () => 'foo://127.0.0.1/', 'unknown scheme'],
])('an address %s is asked once', async (_name, to, words) => {
  const events: ResilienceEvent[] = [];
  const error = await createResilientFetch(openai, { onEvent: one => events.push(one) })(to(url)).catch(
    (caught: unknown) => caught,
  );
  expect(String(Reflect.get(Object(error), 'cause'))).toContain(words);
  const ends = events.filter(({ type }) => type === 'attempt-end');
  expect(ends).toMatchObject([{ failure: { reason: 'client-config', retryable: false } }]);
});

it('a Request whose body never ends is sent all the same, and ended by its signal', async () => {
  const controller = new AbortController();
  let asked = 0;
  const transport: Transport = (_input, init) => {
    asked += 1;
    controller.abort(new Error('enough'));
    return Promise.reject(init?.signal?.reason);
  };
  const init = { method: 'POST', body: new ReadableStream(), duplex: 'half', signal: controller.signal };
  const runtime = new VirtualRuntime();
  const fetch = createResilientFetch(openai, { fetch: transport, runtime });
  await expect(runtime.settle(fetch(new Request(`${url}/ok`, init as RequestInit)))).rejects.toThrow('enough');
  expect(asked).toBe(1);
});

describe('a fetch by host', () => {
  it('rejects what is no address, and never throws', async () => {
    await expect(fetchByHost({})('/relative')).rejects.toThrow('Failed to parse URL from /relative');
  });

  it('has no hosts but those that were given', async () => {
    const otherwise: Transport = async () => new Response('platform');
    expect(await (await fetchByHost({}, otherwise)('http://constructor/')).text()).toBe('platform');
  });

  it.each<readonly [string, (fetch: Transport) => Transport]>([
    ['by host', fetch => fetchByHost({ [new URL(url).host]: fetch })],
    ['itself', fetch => fetch],
  ])('that a resilient fetch put in the global’s place sends with is refused: %s', async (_title, place) => {
    const before = globalThis.fetch;
    globalThis.fetch = place(createResilientFetch(openai));
    try {
      const error = await globalThis.fetch(`${url}/ok`).catch((caught: unknown) => caught);
      expect(isProviderError(error) && error.message).toContain('options.fetch');
    } finally {
      globalThis.fetch = before;
    }
  });

  it('one resilient fetch may send with another', async () => {
    const outer = createResilientFetch(openai, { fetch: createResilientFetch(openai) });
    expect((await outer(`${url}/ok`)).status).toBe(200);
  });
});
