import { createHash } from 'node:crypto';
import { GeminiCore, type GeminiCoreOptions, type ResilienceEvent } from '../../index.ts';
import { type SimulatedFetch, type SimulatorOptions, simulatedFetch } from '../../simulator/index.ts';
import { mulberry } from '../e2e/virtualGemini.ts';
import { VirtualRuntime } from '../virtualRuntime.ts';

/** A request as it was sent, the bytes of files left out. */
export interface Sent {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  /** Empty where it is no text. */
  readonly body: string;
  readonly bytes: number;
}

/** A client and the service in virtual time, with every request that was sent. */
export interface FileBench {
  readonly runtime: VirtualRuntime;
  readonly service: SimulatedFetch;
  readonly gemini: GeminiCore;
  readonly sent: Sent[];
  readonly events: ResilienceEvent[];
  /** The files that the service has, each with the hash of its bytes. */
  readonly stored: () => Promise<readonly string[]>;
  /** How many requests there were of each kind: `start`, `upload`, `query`, `get`, … */
  readonly kinds: () => Readonly<Record<string, number>>;
}

/** The SHA-256 of bytes, in hexadecimal. */
export const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** So many bytes that nothing else has. */
export function someBytes(size: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  const words = new Uint32Array(bytes.buffer, 0, size >> 2);
  for (let at = 0, state = seed; at < words.length; at += 1) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + at;
    words[at] = state;
  }
  return bytes;
}

function kindOf({ url, method, headers, body }: Sent): string {
  if (url.host.endsWith('.example')) return 'fetch';
  const command = headers.get('x-goog-upload-command');
  if (command !== null) return command;
  if (url.pathname.includes(':')) return body === '' ? 'other' : 'ask';
  return method.toLowerCase();
}

/** What comes from a disk or a module is taken up within so many turns of the event loop. */
const turns = 10;

/** Time stands still while the disk works, and while what was read from it is taken up. */
async function diskIsQuiet(): Promise<void> {
  const works = (): boolean => process.getActiveResourcesInfo().some(name => /^FS|^CloseReq/.test(name));
  for (let quiet = 0; quiet < turns; quiet += 1) {
    await new Promise(resolve => setImmediate(resolve));
    if (works()) quiet = 0;
  }
}

// Loaded beforehand: what is loaded in the middle of a call is read from a disk as well.
await Promise.all([import('mime'), import('node:fs/promises')]);

interface BenchOptions {
  readonly simulated?: Omit<SimulatorOptions, 'port'>;
  readonly client?: GeminiCoreOptions;
  /** Answers requests to other hosts. */
  readonly elsewhere?: (url: URL, init: RequestInit) => Promise<Response> | Response;
  readonly seed?: number;
}

export function fileBench({ simulated = {}, client = {}, elsewhere, seed = 1 }: BenchOptions = {}): FileBench {
  const runtime = new VirtualRuntime(mulberry(seed), diskIsQuiet);
  const service = simulatedFetch({ latencyMs: 50, ...simulated, runtime });
  const sent: Sent[] = [];
  const events: ResilienceEvent[] = [];
  const fetch: typeof globalThis.fetch = async (input, init = {}) => {
    const url = new URL(String(input));
    const { body, method = 'GET', headers } = init;
    const bytes = body instanceof Uint8Array ? body.byteLength : 0;
    sent.push({ url, method, headers: new Headers(headers), body: typeof body === 'string' ? body : '', bytes });
    if (elsewhere !== undefined && url.host.endsWith('.example')) return elsewhere(url, init);
    return service.fetch(input, init);
  };
  const gemini = new GeminiCore({
    apiKey: 'test-key',
    environment: {},
    runtime,
    httpOptions: { fetch },
    onEvent: event => events.push(event),
    ...client,
  });
  const ask = async (path: string): Promise<Response> =>
    runtime.settle(service.fetch(`https://x/v1/${path}`, { headers: { 'x-goog-api-key': 'any' } }));
  const stored = async (): Promise<readonly string[]> => {
    // What is left of a script is not meant for these.
    service.reset();
    const listed: { files?: readonly { name: string }[] } = JSON.parse(await (await ask('files')).text());
    const hashes: string[] = [];
    for (const { name } of listed.files ?? []) {
      const response = await ask(`${name}:download?alt=media`);
      hashes.push(hashOf(new Uint8Array(await response.arrayBuffer())));
    }
    return hashes;
  };
  const kinds = (): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const one of sent) counts[kindOf(one)] = (counts[kindOf(one)] ?? 0) + 1;
    return counts;
  };
  return { runtime, service, gemini, sent, events, stored, kinds };
}
