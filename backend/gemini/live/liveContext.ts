import type { LiveConnectConfig } from '@google/genai';
import type { Runtime } from '../../resilience/wholeRuntime.ts';
import type { CallStarter } from '../doors/callStarter.ts';
import type { Credentials } from '../seam/credentials.ts';
import type { CallLimits } from '../settings/callLimits.ts';
import type { LiveLimits, LiveOptions } from './liveOptions.ts';
import type { OfficialLive } from './openConnection.ts';
import type { OpenWebSocket } from './webSocket.ts';

/** What a session has of its client. */
export interface LiveClient {
  readonly calls: CallStarter;
  readonly live: OfficialLive;
  readonly runtime: Runtime;
  readonly credentials: Credentials | undefined;
  /** Values that must never be shown. */
  readonly secrets: readonly string[];
  readonly limitLayers: readonly CallLimits[];
  readonly vertex: boolean;
}

/** What a session is carried on with. */
export interface LiveContext extends LiveClient, LiveLimits {
  readonly model: string;
  readonly config: LiveConnectConfig;
  readonly options: LiveOptions;
  readonly idleTimeoutMs: number;
  readonly openSocket: OpenWebSocket;
}
