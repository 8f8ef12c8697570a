import type { Provider } from '../resilience/provider.ts';

/** Methods whose repetition leaves everything as one sending does. PATCH is none: it may add to what is there. */
const repeatableMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']);

/** Ends of paths that nothing but models have, and that ask one for something and leave nothing behind. */
const generation =
  /(?:\/(?:completions|embeddings|moderations|rerank|count_tokens|audio\/(?:transcriptions|translations|speech))|:(?:\w*[gG]enerateContent|countTokens|\w*[eE]mbedContents?|predict|rawPredict))\/?$/;

/** Messages of a thread and items of a conversation are stored. */
const stored = /\/(?:threads|conversations)\//;

const response = /\/responses\/?$/;

/** Fields by which generation leaves something behind: a turn of a conversation, a job, an answer that is to be kept. */
const lastingField = /"(?:conversation|background|store)"\s*:\s*(?!null|false)/;
const lasting = ['conversation', 'background', 'store'];

/** Has the request a field of its own by which it creates something? A field of that name inside another is none. */
function createsSomething(body: string): boolean {
  if (!lastingField.test(body)) return false;
  try {
    const fields: unknown = JSON.parse(body);
    return lasting.some(name => Reflect.get(Object(fields), name));
  } catch {
    return true;
  }
}

/**
 * May it be sent again although it may have been carried out? By the method, and by paths that are known to create nothing.
 * @param more ends of paths of one provider that ask a model for something; elsewhere they may mean anything: `messages`, `chat`
 */
export const repeatableRequest =
  (more?: RegExp): Provider['repeatable'] =>
  (method, { pathname }, body) => {
    if (repeatableMethods.has(method)) return true;
    const asks = generation.test(pathname) || more?.test(pathname) === true;
    if (method !== 'POST' || !asks || stored.test(pathname)) return false;
    // What cannot be seen may be anything.
    return body === undefined ? !response.test(pathname) : !createsSomething(body);
  };
