import type { Failure } from '../resilience/failure.ts';
import type { Provider } from '../resilience/provider.ts';
import { type ChoicePart, type OpenChoices, type StreamSign, signOfChoices } from '../resilience/streamSign.ts';
import { GoogleApiErrorHandler } from './errorUtils.ts';
import { isGeminiReason } from './reasons.ts';
import { geminiStrategies } from './retryStrategies.ts';
import { quotaReading } from './settings/policySettings.ts';

/** Verbs whose repetition creates nothing. */
const repeatableVerbs =
  /(?::(?:streamGenerateContent|generateContent|generateAnswer|countTokens|computeTokens|embedContent|batchEmbedContents|predict|rawPredict|fetchPredictOperation)|\/(?:chat\/completions|embeddings|models))$/;
const repeatableMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE']);

const strategyFor = ({ errorClass }: Failure) => geminiStrategies[errorClass];

const errorEvent = /^\s*(?:\[\s*)?\{\s*"error"\s*:/;

/** Of a part: what somebody could see. */
const seen = ['text', 'functionCall', 'inlineData', 'executableCode', 'codeExecutionResult', 'content', 'tool_calls'];
/** The same, wherever it stands in an event that is no chunk. */
const content =
  /"(?:text|functionCall|inlineData|executableCode|codeExecutionResult|content|tool_calls)"\s*:\s*(?!""|null)/;
const unfinished = 'FINISH_REASON_UNSPECIFIED';

/** A chunk as far as its end is told by it, natively and in the OpenAI shape. */
interface Chunk {
  readonly candidates?: readonly Candidate[];
  readonly choices?: readonly Candidate[];
  readonly promptFeedback?: { readonly blockReason?: unknown };
}

interface Candidate {
  readonly index?: unknown;
  readonly finishReason?: unknown;
  readonly finish_reason?: unknown;
  readonly content?: { readonly parts?: readonly object[] };
  readonly delta?: object;
}

function parsed(data: string): Chunk | undefined {
  try {
    const value: unknown = JSON.parse(data);
    return (Array.isArray(value) ? value[0] : value) ?? undefined;
  } catch {
    return undefined;
  }
}

const isSeen = (part: object): boolean =>
  seen.some(name => ![undefined, null, ''].includes(Reflect.get(Object(part), name)));

function partOf(candidate: Candidate): ChoicePart {
  const { index, content, delta } = candidate;
  const reason = candidate.finishReason ?? candidate.finish_reason;
  const parts = Array.isArray(content?.parts) ? content.parts : [];
  return {
    index,
    ends: typeof reason === 'string' && reason !== unfinished,
    isEmpty: ![...parts, delta ?? {}].some(isSeen),
  };
}

/** Native chunks and those of the OpenAI shape: both end with a finish reason, the second also with a mark of its own. */
function readEvent(data: string, open?: OpenChoices): StreamSign {
  if (errorEvent.test(data)) return 'error';
  if (data === '[DONE]') {
    open?.clear();
    return 'end';
  }
  const chunk = parsed(data);
  if (chunk?.promptFeedback?.blockReason !== undefined) return 'end';
  const candidates = chunk?.candidates ?? chunk?.choices;
  if (!Array.isArray(candidates)) return content.test(data) ? 'content' : 'opening';
  const parts = candidates.map(one => partOf(Object(one)));
  return signOfChoices(parts, open);
}

const providerNamed = (name: string): Provider =>
  Object.freeze({
    name,
    classify: (caught: unknown, wallMs?: number) =>
      GoogleApiErrorHandler.classify(caught, wallMs === undefined ? {} : { wallClockMs: wallMs }),
    knowsReason: isGeminiReason,
    strategyFor,
    limits: {},
    readEvent,
    marksEnd: true,
    quotasIn: () => [],
    repeatable: (method: string, { pathname }: URL) => repeatableMethods.has(method) || repeatableVerbs.test(pathname),
    quotaReading,
  });

/** The Gemini API, for SDKs that take a fetch: the AI SDK's Google provider, LangChain's, any of your own. */
export const geminiProvider = providerNamed('gemini');

/** The same models behind the OpenAI protocol, whose errors are google.rpc bodies, alone or in arrays. */
export const geminiOpenAiProvider = providerNamed('gemini-openai');

/** Vertex AI, natively and by its OpenAI protocol. */
export const vertexProvider = providerNamed('vertex');
