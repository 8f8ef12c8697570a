const repeatableMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Ends of paths that ask a model for something and leave nothing behind. */
const generation =
  /(?:\/(?:completions|embeddings|embed|responses|messages|chat|generate|invocations|moderations|rerank|count_tokens|transcriptions|translations|speech)|:(?:streamGenerateContent|generateContent|countTokens|embedContent|batchEmbedContents|predict|rawPredict))\/?$/;

/** Messages of a thread are stored. */
const stored = /\/threads\//;

/** May it be sent again although it may have been carried out? By the method, and by paths that are known to create nothing. */
export const repeatableRequest = (method: string, { pathname }: URL): boolean =>
  repeatableMethods.has(method) || (generation.test(pathname) && !stored.test(pathname));
