import type { Failure } from '../resilience/failure.ts';
import type { Provider, StreamSign } from '../resilience/provider.ts';
import { GoogleApiErrorHandler } from './errorUtils.ts';
import { geminiStrategies } from './retryStrategies.ts';
import { quotaReading } from './settings/policySettings.ts';

/** Verbs whose repetition creates nothing. */
const repeatableVerbs =
  /(?::(?:streamGenerateContent|generateContent|generateAnswer|countTokens|computeTokens|embedContent|batchEmbedContents|predict|rawPredict|fetchPredictOperation)|\/(?:chat\/completions|embeddings|models))$/;
const repeatableMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE']);

const strategyFor = ({ errorClass }: Failure) => geminiStrategies[errorClass];

const errorEvent = /^\s*(?:\[\s*)?\{\s*"error"\s*:/;
const finish = /"(?:finishReason|finish_reason)"\s*:\s*"(?!FINISH_REASON_UNSPECIFIED)\w/;
const content =
  /"(?:text|functionCall|inlineData|executableCode|codeExecutionResult|content|tool_calls)"\s*:\s*(?!""|null)/;

/** Native chunks and those of the OpenAI shape: both end with a finish reason, the second also with a mark of its own. */
function readEvent(data: string): StreamSign {
  if (errorEvent.test(data)) return 'error';
  if (data === '[DONE]' || finish.test(data) || data.includes('"blockReason"')) return 'end';
  return content.test(data) ? 'content' : 'opening';
}

const providerNamed = (name: string): Provider =>
  Object.freeze({
    name,
    classify: (caught: unknown, wallMs?: number) =>
      GoogleApiErrorHandler.classify(caught, wallMs === undefined ? {} : { wallClockMs: wallMs }),
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
