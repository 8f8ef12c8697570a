import type { GoogleGenAI } from '@google/genai';
import type { ClientSettings } from '../clientSettings.ts';
import { withLong } from '../seam/longValues.ts';
import { tellEnd } from './callEnd.ts';
import type { CallStarter } from './callStarter.ts';
import { createOfficialClient } from './officialClient.ts';
import { installSdkDoor } from './sdkDoor.ts';

/** The official client for its user's hands, on the seam of these calls. */
export function openSdk(calls: CallStarter, settings: ClientSettings): GoogleGenAI {
  return installSdkDoor(createOfficialClient(settings, calls.ownCallSeam()), {
    runtime: settings.runtime,
    openCall: (operation, options) => {
      const { isOneCall, signal, isWhole } = options;
      if (!isOneCall) return { seam: calls.ownCallSeam(signal), end: () => {} };
      const call = calls.start('sdk', operation, options);
      if (isWhole) call.long = new Map();
      const whole = (piece: unknown): unknown => withLong(piece, call);
      return { seam: calls.seam(() => call), end: () => tellEnd(call, call.closed?.failed), whole };
    },
  });
}
