import { withinLimits } from '../../resilience/limits.ts';
import type { AsyncRuntime } from '../../resilience/runtime.ts';
import { factsOf, mostDecoded, type Outgoing, ownDispatcher, textOfFields } from './outgoing.ts';

/** Sounds and pictures say nothing. */
const media = /^(?:audio|image|video|font)\//;

/** A Request whose body is a stream may not have all of it yet: in milliseconds. */
const patienceMs = 1_000;

async function textOfBlob(blob: Blob): Promise<string | undefined> {
  if (blob.size > mostDecoded || media.test(blob.type)) return undefined;
  // A file may be gone: sending says so.
  return blob.text().catch(() => undefined);
}

async function textOfForm(form: FormData): Promise<string> {
  const fields = [...form].map(
    async ([name, value]) => [name, typeof value === 'string' ? value : await textOfBlob(value)] as const,
  );
  return textOfFields(await Promise.all(fields));
}

const withText = (outgoing: Outgoing, text: string | undefined, more?: Partial<Outgoing>): Outgoing => ({
  ...outgoing,
  ...factsOf(outgoing.url, outgoing.method, outgoing.headers, text),
  ...(text !== undefined && { unread: undefined }),
  ...more,
});

/** Of a Request: its bytes, which are sent from then on. One whose body takes its time stays as it is, and is sent as clones. */
async function ofRequest(outgoing: Outgoing, request: Request, runtime: AsyncRuntime): Promise<Outgoing> {
  const { headers, signal } = outgoing;
  const read = (): Promise<ArrayBuffer> => request.clone().arrayBuffer();
  const end = await withinLimits({ runtime, timeoutMs: patienceMs, signal }, read).catch(() => undefined);
  if (end?.by !== 'work') return outgoing;
  const body = end.value;
  // What is left of it is the same once more.
  request.body?.cancel().catch(() => undefined);
  const isRead = body.byteLength <= mostDecoded && !media.test(headers.get('content-type') ?? '');
  return withText(outgoing, isRead ? new TextDecoder().decode(body) : undefined, {
    send: (transport, of) => transport(request, { headers, signal: of, body, ...ownDispatcher }),
  });
}

/** Reads what a request says where that takes reading, once and before it is sent: a body that is a Request, a Blob or a form. */
export async function readOut(outgoing: Outgoing, runtime: AsyncRuntime): Promise<Outgoing> {
  const { unread } = outgoing;
  if (unread instanceof Request) return ofRequest(outgoing, unread, runtime);
  if (unread instanceof FormData) return withText(outgoing, await textOfForm(unread), { unread });
  return unread instanceof Blob ? withText(outgoing, await textOfBlob(unread)) : outgoing;
}
