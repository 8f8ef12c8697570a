import type { Failure } from '../../resilience/failure.ts';
import type { Exchange, Target } from '../../resilience/policy.ts';
import type { Provider } from '../../resilience/provider.ts';
import type { PolicyPart } from '../../resilience/standardPipeline.ts';
import { statusOf } from './badAnswer.ts';
import { credentialOf } from './credential.ts';
import type { FetchPart, PolicyReading } from './fetchParts.ts';
import type { Outgoing } from './outgoing.ts';

/** So many credentials are told apart; then it begins anew. */
const mostCredentials = 10_000;

/** How many bytes of JSON a token has, about. Corrected by what the answer says. */
const bytesPerToken = 4;

const usedTokens = /"(?:prompt_tokens|input_tokens|prompt_eval_count|promptTokenCount)"\s{0,5}:\s{0,5}(\d{1,9})/;

class Reading implements PolicyReading {
  /** A credential stands for a number, so that no name holds a secret. */
  readonly #numbers = new Map<string, number>();

  /** An outage is shared by host and model, a quota by credential as well. */
  targetOf(request: Outgoing): Target {
    const { url, model = '' } = request;
    const service = `${url.host} ${model}`.trim();
    return { service, scope: `${service} ${this.#numberOf(credentialOf(request))}` };
  }

  tokensIn({ text }: Outgoing): number {
    return Math.ceil((text?.length ?? 0) / bytesPerToken);
  }

  noteHeaders({ quotasIn }: Provider, headers: Headers, { standing, call }: Exchange): void {
    const reports = quotasIn(headers, call.runtime.wallClock());
    if (reports.length > 0 && standing !== undefined) standing.quotaReports = reports;
  }

  noteBody(text: string, { standing }: Exchange): void {
    const used = usedTokens.exec(text)?.[1];
    if (used !== undefined && standing !== undefined) standing.usedInputTokens = Number(used);
  }

  refusal(failure: Failure, { retryAtMs = 0, call }: Exchange): () => Response {
    const { advice, refusedBy, reason: code, errorClass: type } = failure;
    const { runtime } = call;
    const message = `Not sent (${refusedBy}), because others were refused: ${type}/${code}. ${advice}`;
    const status = statusOf(failure);
    return () => {
      const headers = new Headers();
      const waitMs = retryAtMs - runtime.wallClock();
      if (waitMs > 0) headers.set('retry-after', String(Math.ceil(waitMs / 1000)));
      return Response.json({ error: { message, type, code } }, { status, headers });
    };
  }

  #numberOf(credential: string): number {
    const known = this.#numbers.get(credential);
    if (known !== undefined) return known;
    if (this.#numbers.size >= mostCredentials) this.#numbers.clear();
    const number = this.#numbers.size;
    this.#numbers.set(credential, number);
    return number;
  }
}

/** A policy that calls share, with what it has to know of them. */
export const reading = ({ part, make }: PolicyPart): FetchPart => ({
  part,
  make: context => ({ ...make(context), reading: new Reading() }),
});
