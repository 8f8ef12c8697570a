import type { LiveServerMessage } from '@google/genai';

type Concerns = 'serverContent' | 'toolCall' | 'toolCallCancellation' | 'goAway' | 'sessionResumptionUpdate';

/** What of a server's message concerns the session itself. */
export type SensibleMessage = Pick<LiveServerMessage, Concerns> & { readonly isSetupComplete: boolean };

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const fieldsIn = (value: unknown): Fields | undefined => (isFields(value) ? value : undefined);

const textIn = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const itemsIn = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const isText = (value: unknown): value is string => typeof value === 'string';

function updateIn(update: Fields) {
  const index = String(update['lastConsumedClientMessageIndex'] ?? '');
  return {
    resumable: update['resumable'] === true,
    ...(isText(update['newHandle']) && { newHandle: update['newHandle'] }),
    ...(/^\d+$/.test(index) && { lastConsumedClientMessageIndex: index }),
  };
}

function callsIn(toolCall: Fields) {
  const ids = itemsIn(toolCall['functionCalls']).map(one => textIn(fieldsIn(one)?.['id']));
  return { functionCalls: ids.filter(isText).map(id => ({ id })) };
}

/** Reads a message of whatever shape: what has another than the API documents is as good as absent. Never throws. */
export function sensible(message: unknown): SensibleMessage {
  const given = fieldsIn(message) ?? {};
  const serverContent = fieldsIn(given['serverContent']);
  const toolCall = fieldsIn(given['toolCall']);
  const cancellation = fieldsIn(given['toolCallCancellation']);
  const goAway = fieldsIn(given['goAway']);
  const update = fieldsIn(given['sessionResumptionUpdate']);
  const timeLeft = textIn(goAway?.['timeLeft']);
  const modelTurn = fieldsIn(serverContent?.['modelTurn']);
  return {
    isSetupComplete: given['setupComplete'] !== undefined,
    ...(serverContent && {
      serverContent: { turnComplete: serverContent['turnComplete'] === true, ...(modelTurn && { modelTurn }) },
    }),
    ...(toolCall && { toolCall: callsIn(toolCall) }),
    ...(cancellation && { toolCallCancellation: { ids: itemsIn(cancellation['ids']).filter(isText) } }),
    ...(goAway && { goAway: { ...(timeLeft !== undefined && { timeLeft }) } }),
    ...(update && { sessionResumptionUpdate: updateIn(update) }),
  };
}
