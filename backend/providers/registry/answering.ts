import { withinLimits } from '../../resilience/limits.ts';
import type { AsyncRuntime } from '../../resilience/runtime.ts';
import { statedStatus } from '../classification/statedStatus.ts';
import { BadAnswer, madeAs } from '../fetch/badAnswer.ts';
import type { Outgoing } from '../fetch/outgoing.ts';
import { decoderFor } from '../fetch/streamDecoder.ts';
import { isErrorEvent, parsedEvent } from '../streamSigns.ts';
import type { HttpBackend } from './backend.ts';
import { judge, ofNoShape } from './judge.ts';
import { NoAnswer } from './noAnswer.ts';
import { peeked } from './peeked.ts';

/** How long a page in the place of an answer may take to say what it is, in milliseconds. */
const patienceMs = 5_000;

/** What a page says of itself stands at its begin; the rest is not read, and may have no end. */
async function ofPage(response: Response, runtime: AsyncRuntime, signal: AbortSignal): Promise<BadAnswer> {
  const reader = response.body?.getReader();
  const end = reader && (await withinLimits({ runtime, timeoutMs: patienceMs, signal }, () => reader.read()));
  reader?.cancel().catch(() => undefined);
  const first = end?.by === 'work' ? end.value.value : undefined;
  return new BadAnswer(response, new Uint8Array(first ?? []), response.status);
}

/** @throws NoAnswer or BadAnswer where it is none */
async function whole(response: Response, backend: HttpBackend): Promise<Response> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  const text = new TextDecoder().decode(bytes);
  const body = parsedEvent(text);
  if (body === undefined) throw new BadAnswer(response, bytes, response.status);
  const stated = backend.failureIn?.(body);
  if (stated !== undefined) throw new NoAnswer(stated);
  if (isErrorEvent(body)) throw new BadAnswer(response, bytes, statedStatus(text) ?? response.status);
  const completion = backend.read(body);
  if (completion === undefined) throw ofNoShape();
  judge(completion, undefined);
  return madeAs(new Response(bytes, response), response);
}

/** How a request is asked for. */
export interface Asked {
  readonly backend: HttpBackend;
  readonly streams: boolean;
  readonly runtime: AsyncRuntime;
}

/**
 * The same request, for which only an answer counts: what is none is thrown inside its attempt, and so repeated, or answered by
 * another, like any failure. A service may answer whole who asked for a stream.
 */
export function answering(request: Outgoing, { backend, streams, runtime }: Asked): Outgoing {
  return {
    ...request,
    send: async (transport, signal) => {
      const response = await request.send(transport, signal);
      if (response.status >= 400) return response;
      const contentType = response.headers.get('content-type') ?? '';
      const decoder = streams ? decoderFor(contentType) : undefined;
      if (decoder !== undefined) return peeked(response, backend, decoder);
      if (contentType.includes('html')) throw await ofPage(response, runtime, signal);
      return whole(response, backend);
    },
  };
}
