import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { GeminiCore, systemRuntime } from '../../index.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../simulator/index.ts';
import { hashOf, someBytes } from './fileBench.ts';
import { rejection } from './modelBench.ts';

const mebi = 1024 * 1024;
const bytes = someBytes(20 * mebi + 3);

let folder = '';
let path = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'files-'));
  path = join(folder, 'paper.pdf');
  writeFileSync(path, bytes);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function withSimulator<T>(
  options: SimulatorOptions,
  work: (simulator: Simulator, gemini: GeminiCore) => Promise<T>,
) {
  await using simulator = await startSimulator(options);
  const client = { apiKey: 'test-key', environment: {}, httpOptions: { baseUrl: simulator.url } };
  return await work(simulator, new GeminiCore(client));
}

/** The files that the service has, by the hashes of their bytes. */
async function stored({ url }: Simulator): Promise<string[]> {
  const headers = { 'x-goog-api-key': 'any' };
  const listed: { files?: { name: string }[] } = JSON.parse(await (await fetch(`${url}/v1/files`, { headers })).text());
  return Promise.all(
    (listed.files ?? []).map(async ({ name }) => {
      const response = await fetch(`${url}/v1/${name}:download?alt=media`, { headers });
      return hashOf(new Uint8Array(await response.arrayBuffer()));
    }),
  );
}

const pieces = (nth: number) => ({ operation: 'files.upload', nth }) as const;
const fast = { retry: { baseDelayMs: 1 } } as const;

describe('over real sockets', () => {
  it('a file goes from disk to the service, through a piece that is cut and two answers that are lost', async () => {
    const script = [
      { fault: 'upload-cut', when: pieces(1) },
      { fault: 'reset-before-headers', work: 'done', when: pieces(4) },
      { fault: 'fin-mid-body', when: pieces(6) },
    ] as const;
    await withSimulator({ script }, async (simulator, gemini) => {
      const { sizeBytes } = await gemini.uploadFile(path, fast);
      expect(sizeBytes).toBe(bytes.byteLength);
      expect(await stored(simulator)).toEqual([hashOf(bytes)]);
      expect(simulator.scriptLeft).toBe(0);
    });
  });

  it('a connection that is refused, and comes back', async () => {
    const script = [{ fault: 'refused', lastsMs: 30, when: pieces(2) }] as const;
    await withSimulator({ script }, async (simulator, gemini) => {
      await gemini.uploadFile(path, { retry: { baseDelayMs: 20 } });
      expect(await stored(simulator)).toEqual([hashOf(bytes)]);
    });
  });

  test.each([1, 2, 3])(
    'an abort while piece %i hangs: rejected within 100 ms, no socket and no file left open',
    async nth => {
      const script = [{ fault: 'stall-before-headers', when: pieces(nth) }] as const;
      const abort = new AbortController();
      const reason = new Error('enough');
      await withSimulator({ script }, async (simulator, gemini) => {
        const uploading = rejection(gemini.uploadFile(path, { signal: abort.signal }));
        while (simulator.scriptLeft > 0) await systemRuntime.sleep(5);
        const startMs = systemRuntime.now();
        abort.abort(reason);
        expect(await uploading).toBe(reason);
        expect(systemRuntime.now() - startMs).toBeLessThan(100);
        const isOpen = (): boolean => simulator.ledger.requests.some(({ closedAtMs }) => closedAtMs === undefined);
        for (let wait = 0; wait < 200 && isOpen(); wait += 1) await systemRuntime.sleep(5);
        expect(simulator.ledger.requests.at(-1)).toMatchObject({ closedByClient: true });
        expect(isOpen()).toBe(false);
        expect(process.getActiveResourcesInfo().filter(name => /^FS|FileHandle/.test(name))).toEqual([]);
      });
    },
  );

  it('a file that grows while it is sent is not sent on', async () => {
    const growing = join(folder, 'growing.pdf');
    writeFileSync(growing, bytes);
    await withSimulator({}, async (simulator, gemini) => {
      const onProgress = ({ sentBytes }: { sentBytes: number }): void => {
        if (sentBytes === 8 * mebi) appendFileSync(growing, 'more');
      };
      const error = await rejection(gemini.uploadFile(growing, { onProgress }));
      expect(error).toMatchObject({ failure: { reason: 'client-config', rule: 'file-changed' } });
      expect(await stored(simulator)).toEqual([]);
    });
  });
});
