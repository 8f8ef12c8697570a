import type { GeminiReason } from '../reasons.ts';
import type { Rule } from './rule.ts';

/** Close codes of a WebSocket (RFC 6455 and the IANA registry), once the words of the close frame said nothing special. */
const reasonByCode: Readonly<Record<number, GeminiReason>> = {
  1000: 'websocket-abnormal',
  1001: 'websocket-abnormal',
  1002: 'websocket-policy',
  1003: 'websocket-policy',
  1005: 'websocket-abnormal',
  1006: 'websocket-abnormal',
  1007: 'invalid-argument',
  1008: 'websocket-policy',
  1009: 'payload-too-large',
  1010: 'websocket-policy',
  1011: 'websocket-internal',
  1012: 'unavailable',
  1013: 'overloaded',
  1014: 'bad-gateway',
  1015: 'tls',
};

/** Words of a close frame that say more than its code, which is then no more than that something was wrong. */
function closing(name: string, reason: GeminiReason, form: RegExp): Rule {
  return [
    name,
    reason,
    ({ closeCode, text }) =>
      closeCode === 1007 || closeCode === 1008 || closeCode === 1011 ? form.exec(text)?.[0] : undefined,
  ];
}

/** How a WebSocket ended, by the words of its library and by its close code. */
export const socketRules: readonly Rule[] = [
  [
    'socket-lost',
    'websocket-abnormal',
    ({ family, text }) =>
      family === 'none'
        ? /no close frame received|keepalive ping timeout|websocket (?:was|is) (?:already )?clos(?:ed|ing)|websocket is not open|websocket connection (?:failed|closed|error)/i.exec(
            text,
          )?.[0]
        : undefined,
  ],
  [
    'socket-deadline',
    'deadline',
    ({ closeCode, text }) => (closeCode === 1011 ? /deadline e(?:xpired|xceeded)/i.exec(text)?.[0] : undefined),
  ],
  [
    'socket-aborted',
    'cancelled-by-server',
    ({ closeCode, text }) => (closeCode === 1008 ? /operation was aborted/i.exec(text)?.[0] : undefined),
  ],
  closing('socket-cancelled', 'cancelled-by-server', /\bcancell?ed\b/i),
  closing('socket-overloaded', 'overloaded', /overloaded/i),
  closing('socket-model', 'model-not-found', /publisher model/i),
  closing('socket-precondition', 'failed-precondition', /precondition/i),
  closing('socket-unauthenticated', 'unauthenticated', /invalid authentication credentials|\bunauthenticated\b/i),
  ...Object.entries(reasonByCode).map(
    ([code, reason]): Rule => [
      `socket-${code}`,
      reason,
      ({ closeCode }) => (closeCode === Number(code) ? `close code ${code}` : undefined),
    ],
  ),
  [
    'socket-other',
    'websocket-abnormal',
    ({ closeCode }) => (closeCode === undefined ? undefined : `close code ${closeCode}`),
  ],
];
