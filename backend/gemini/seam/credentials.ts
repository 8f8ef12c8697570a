import type { GoogleGenAIOptions } from '@google/genai';

type GoogleAuthOptions = NonNullable<GoogleGenAIOptions['googleAuthOptions']>;
type AuthClient = NonNullable<GoogleAuthOptions['authClient']>;

/** The scope that the API asks of an access token. */
const scope = 'https://www.googleapis.com/auth/cloud-platform';

/**
 * Access tokens that are fresh at every attempt. The official client sets the header once, before the seam; after a long wait
 * it would be dead. So the client is given an auth client that adds nothing, and the seam asks here before each attempt.
 */
export class Credentials {
  readonly #options: GoogleAuthOptions;
  #client: Promise<AuthClient> | undefined;

  constructor(options: GoogleAuthOptions = {}) {
    this.#options = options;
  }

  /** @throws what google-auth-library throws: no credentials, a refused or an unreachable token endpoint */
  async headers(url: string): Promise<Headers> {
    const client = await this.#load();
    return client.getRequestHeaders(url);
  }

  /** Makes the next `headers` fetch a new token, although the present one has not run out by its own date. */
  async expire(): Promise<void> {
    const client = await this.#load();
    const { credentials } = client;
    if (credentials?.access_token) client.credentials = { ...credentials, expiry_date: 1 };
  }

  /** What the official client gets: headers only for WebSockets, which the seam does not see. */
  forClient(): GoogleAuthOptions {
    const getRequestHeaders = async (url?: string | URL): Promise<Headers> =>
      String(url).startsWith('ws') ? this.headers(String(url)) : new Headers();
    // The client asks its auth client for nothing but headers.
    return { ...this.#options, authClient: { getRequestHeaders } as AuthClient };
  }

  #load(): Promise<AuthClient> {
    this.#client ??= this.#create();
    // A failed look-up is not kept: the next attempt looks again.
    this.#client.catch(() => {
      this.#client = undefined;
    });
    return this.#client;
  }

  async #create(): Promise<AuthClient> {
    const { authClient } = this.#options;
    if (authClient !== undefined) return authClient;
    const { GoogleAuth } = await import('google-auth-library');
    const auth = new GoogleAuth({ ...this.#options, scopes: this.#options.scopes ?? [scope] });
    return (await auth.getClient()) as AuthClient;
  }
}
