import type { GeminiReason } from './reasons.ts';

/** A request for content, as far as a remedy reads it. What else it holds is kept. */
export interface GenerateBody {
  readonly generationConfig?: Readonly<Record<string, unknown>>;
  readonly toolConfig?: { readonly functionCallingConfig?: Readonly<Record<string, unknown>> };
  readonly tools?: readonly { readonly functionDeclarations?: readonly unknown[] }[];
}

/** A request after a remedy, and what the remedy did to it, for the history. */
export interface Remedied {
  readonly body: GenerateBody;
  readonly did: string;
}

/** Changes a request whose result was of no use. Pure; undefined where there is nothing to change. */
export type Remedy = (body: GenerateBody) => Remedied | undefined;

/** The API's own, where a request states none. */
const usualTemperature = 1;
const highestTemperature = 2;

/** Below this, lowering it further changes nothing. */
const lowestTemperature = 0.05;

function temperatureOf({ generationConfig }: GenerateBody): number {
  const stated = generationConfig?.['temperature'];
  return typeof stated === 'number' ? stated : usualTemperature;
}

function withTemperature(body: GenerateBody, temperature: number): Remedied {
  const rounded = Number(temperature.toFixed(2));
  return {
    body: { ...body, generationConfig: { ...body.generationConfig, temperature: rounded } },
    did: `temperature ${temperatureOf(body)} → ${rounded}`,
  };
}

const cooler: Remedy = body => {
  const stated = temperatureOf(body);
  return stated < lowestTemperature ? undefined : withTemperature(body, stated / 2);
};

const warmer: Remedy = body => {
  const stated = temperatureOf(body);
  return stated >= highestTemperature ? undefined : withTemperature(body, Math.min(highestTemperature, stated + 0.3));
};

/** Where the request offers one function and leaves open whether to call it, the model's attempt to call it says which it meant. */
const mustCall: Remedy = body => {
  const functions = (body.tools ?? []).flatMap(({ functionDeclarations = [] }) => functionDeclarations);
  const config = body.toolConfig?.functionCallingConfig;
  const mode = config?.['mode'];
  if (functions.length !== 1 || (mode !== undefined && mode !== 'MODE_UNSPECIFIED')) return undefined;
  return {
    body: { ...body, toolConfig: { ...body.toolConfig, functionCallingConfig: { ...config, mode: 'ANY' } } },
    did: 'mode ANY',
  };
};

/** Several remedies at once, as far as there is something to change. */
const both =
  (...remedies: readonly Remedy[]): Remedy =>
  given => {
    let body = given;
    const did: string[] = [];
    for (const remedy of remedies) {
      const changed = remedy(body);
      if (changed === undefined) continue;
      body = changed.body;
      did.push(changed.did);
    }
    return did.length === 0 ? undefined : { body, did: did.join(', ') };
  };

/** What a finish reason without a usable answer is answered with. */
export interface FinishRow {
  /** The failure that it is; undefined: the model had said what it had to say. */
  readonly reason: GeminiReason | undefined;
  /** For the documents: what is done. */
  readonly does: string;
  /** Changes the request before it is sent again. */
  readonly remedy?: Remedy;
  /** How often the remedy is worth a try where the failure would else not be retried. */
  readonly once?: true;
}

const blocked: FinishRow = { reason: 'blocked-content', does: 'fails at once: the same prompt is blocked again' };
const empty: FinishRow = { reason: 'empty-response', does: 'sent again as it is' };

/** Every finish reason of the API: what it means where it comes without an answer, and what is done. Printed into RETRY_MECHANISM.md. */
export const finishRows = {
  STOP: empty,
  MAX_TOKENS: {
    reason: 'invalid-argument',
    does: 'fails at once: thinking used up the allowance, and your own limit is not exceeded for you. Raise `maxOutputTokens`, or lower the thinking budget',
  },
  SAFETY: blocked,
  RECITATION: {
    reason: 'blocked-content',
    does: 'sent again once, with a temperature higher by 0.3, so that the words become others',
    remedy: warmer,
    once: true,
  },
  LANGUAGE: { reason: 'blocked-content', does: 'fails at once: the model does not speak the language' },
  OTHER: empty,
  BLOCKLIST: blocked,
  PROHIBITED_CONTENT: blocked,
  SPII: blocked,
  MODEL_ARMOR: blocked,
  MALFORMED_FUNCTION_CALL: {
    reason: 'malformed-function-call',
    does: 'sent again with half the temperature each time; and with mode `ANY` where one function is declared and no mode is set',
    remedy: both(cooler, mustCall),
  },
  UNEXPECTED_TOOL_CALL: {
    reason: 'malformed-function-call',
    does: 'sent again with half the temperature each time',
    remedy: cooler,
  },
  TOO_MANY_TOOL_CALLS: { reason: 'malformed-function-call', does: 'sent again as it is' },
  MISSING_THOUGHT_SIGNATURE: {
    reason: 'thought-signature',
    does: 'fails at once: the signatures of earlier turns have to be sent back',
  },
  MALFORMED_RESPONSE: { reason: 'malformed-output', does: 'sent again as it is' },
  IMAGE_SAFETY: blocked,
  IMAGE_PROHIBITED_CONTENT: blocked,
  IMAGE_RECITATION: blocked,
  IMAGE_OTHER: empty,
  NO_IMAGE: empty,
  CONTINUATION: { reason: undefined, does: 'the rest is asked for with the token that came with it' },
} as const satisfies Readonly<Record<string, FinishRow>>;

/** A finish reason that the table knows. */
export type FinishName = keyof typeof finishRows;

/** The finish reasons whose remedy changes the request. */
export type RemedyName = 'MALFORMED_FUNCTION_CALL' | 'UNEXPECTED_TOOL_CALL' | 'RECITATION';

/** Their names. */
export const remedyNames = [
  'MALFORMED_FUNCTION_CALL',
  'UNEXPECTED_TOOL_CALL',
  'RECITATION',
] as const satisfies readonly RemedyName[];

const rows: Readonly<Record<string, FinishRow | undefined>> = finishRows;

/** The row of a finish reason; undefined for one that the table does not know. */
export const finishRow = (name: string): FinishRow | undefined => (Object.hasOwn(rows, name) ? rows[name] : undefined);
