import type { Target } from '../../resilience/policy.ts';
import { credentialOf } from './credential.ts';
import type { Outgoing } from './outgoing.ts';

/** So many credentials are told apart; then it begins anew. */
const mostCredentials = 10_000;

/** Under which names requests share what is learned: an outage by host and model, a quota by credential as well. */
export class Targets {
  /** A credential stands for a number, so that no name holds a secret. */
  readonly #numbers = new Map<string, number>();

  of({ url, model = '', headers }: Outgoing): Target {
    const service = `${url.host} ${model}`.trim();
    const credential = credentialOf(headers) || (url.searchParams.get('key') ?? '');
    return { service, scope: `${service} ${this.#numberOf(credential)}` };
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
