import { checkIsObject, checkObject, OptionError, show } from '../../resilience/optionError.ts';

const contentKeys: ReadonlySet<string> = new Set(['turns', 'turnComplete']);
const inputKeys: ReadonlySet<string> = new Set([
  ...['media', 'audio', 'video', 'text'],
  ...['audioStreamEnd', 'activityStart', 'activityEnd'],
]);
const responseKeys: ReadonlySet<string> = new Set(['functionResponses']);

const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

function checkFlag(field: string, value: unknown): void {
  if (isGiven(value) && typeof value !== 'boolean') throw new OptionError(field, show(value), 'true or false');
}

/** Words for the session's context; without any, the turn ends with what was said before. @throws OptionError */
export function checkClientContent(given: unknown): void {
  if (given === undefined) return;
  const { turns, turnComplete } = checkObject<Record<string, unknown>>('parameters', given, contentKeys);
  checkFlag('parameters.turnComplete', turnComplete);
  if (!isGiven(turns)) return;
  const all: readonly unknown[] = Array.isArray(turns) ? turns : [turns];
  if (all.length === 0) throw new OptionError('parameters.turns', 'an empty array', 'a text, parts, or turns');
  for (const [index, one] of all.entries()) {
    if (typeof one === 'string' || (typeof one === 'object' && one !== null)) continue;
    const field = Array.isArray(turns) ? `parameters.turns[${index}]` : 'parameters.turns';
    throw new OptionError(field, show(one), 'a text, a part, or a turn');
  }
}

/** Media with its bytes in base64. @param type what its type has to begin with, if with anything */
function checkMedia(field: string, value: unknown, type?: string): void {
  checkIsObject(field, value);
  const { data, mimeType } = value as Record<string, unknown>;
  if (typeof data !== 'string') throw new OptionError(`${field}.data`, show(data), 'bytes in base64');
  if (typeof mimeType === 'string' && mimeType.startsWith(type ?? '')) return;
  throw new OptionError(
    `${field}.mimeType`,
    show(mimeType),
    `a type such as ${type === 'audio/' ? 'audio/pcm' : 'image/png'}`,
  );
}

/** What is heard, seen or said as it happens. @throws OptionError */
export function checkRealtimeInput(given: unknown): void {
  const input = checkObject<Record<string, unknown>>('parameters', given, inputKeys);
  if (!Object.values(input).some(isGiven))
    throw new OptionError('parameters', 'empty', `given with one of ${[...inputKeys].join(', ')}`);
  const { media, audio, video, text, audioStreamEnd, activityStart, activityEnd } = input;
  if (isGiven(media)) for (const one of Array.isArray(media) ? media : [media]) checkMedia('parameters.media', one);
  if (isGiven(audio)) checkMedia('parameters.audio', audio, 'audio/');
  if (isGiven(video)) checkMedia('parameters.video', video, 'image/');
  if (isGiven(text) && typeof text !== 'string') throw new OptionError('parameters.text', show(text), 'a text');
  checkFlag('parameters.audioStreamEnd', audioStreamEnd);
  if (isGiven(activityStart)) checkIsObject('parameters.activityStart', activityStart);
  if (isGiven(activityEnd)) checkIsObject('parameters.activityEnd', activityEnd);
}

/** What functions gave. @param vertex whether the API is Vertex AI's, which needs no ids. @throws OptionError */
export function checkToolResponse(given: unknown, vertex: boolean): void {
  const { functionResponses } = checkObject<Record<string, unknown>>('parameters', given, responseKeys);
  const isList = Array.isArray(functionResponses);
  const all: readonly unknown[] = isList ? functionResponses : [functionResponses];
  if (all.length === 0)
    throw new OptionError('parameters.functionResponses', 'an empty array', 'at least one response');
  for (const [index, one] of all.entries()) {
    const field = `parameters.functionResponses${isList ? `[${index}]` : ''}`;
    checkIsObject(field, one);
    const { id, name, response } = one as Record<string, unknown>;
    if (typeof name !== 'string') throw new OptionError(`${field}.name`, show(name), 'the name of the function');
    if (typeof id !== 'string' && !(vertex && id === undefined))
      throw new OptionError(`${field}.id`, show(id), 'the id of the function call');
    checkIsObject(`${field}.response`, response);
  }
}

/** @throws OptionError */
export function checkContextUpdate(given: unknown): void {
  checkIsObject('parameters', given);
}
