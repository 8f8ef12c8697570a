/**
 * A Gemini-protocol server that misbehaves on order, for tests, benchmarks and demonstrations. It listens on 127.0.0.1, answers
 * the same to the same, and keeps a ledger of what really happened.
 *
 * ```ts
 * await using simulator = await startSimulator({ script: ['503', { fault: 'reset-mid-body', times: 2 }, 'ok'] });
 * const gemini = new GoogleGenAI({ apiKey: 'any', httpOptions: { baseUrl: simulator.url } });
 * ```
 *
 * What decides, in this order: a step of the `script`, an outage, the API key, the quotas, the shared capacity, the `capacity`, the
 * `weather`. A fault that was ordered (script, outage) is answered without asking what comes after; it uses up quota where the model
 * does the work.
 *
 * `quotas` hold for each project (or key) and model: `requestsPerMinute`, `inputTokensPerMinute`, `requestsPerDay`, with a `fixed` or
 * `rolling` window, for all models alike or as `{ perModel: { [model]: quotas }, default }`. With `refusedRequestsCount` a refused
 * request counts as well. `sharedCapacity: { requestsPerSecond, burst }` is what all projects share of a model: above it comes a 429
 * that states nothing. `setQuotas` and `quotaChanges: [{ atMs, quotas }]` take the place of the quotas on the way; what was used before
 * still counts. A request that is let in uses up quota, also where the capacity or the weather refuses it then.
 *
 * `capacity: { requestsPerSecond, queueMs, refusalCost }` is a service that collapses: answers come later as work waits, then it says
 * 503, which costs it work as well; clients that send again can keep it down. `capacity.ts` has the model and its formula. The
 * ledger has `queuedMs` for each request, and `goodput`, the answers of each second.
 *
 * ```ts
 * const { fetch, ledger } = simulatedFetch({ runtime, quotas: { requestsPerMinute: 60 } });
 * const ideal = earliestSchedule(arrivals, { requestsPerMinute: 60 }, { startMs: runtime.wallClock(), latencyMs: 500 });
 * ```
 *
 * `simulatedFetch` is the same service as a function, for a virtual clock: it waits by `runtime` alone, heeds the signal, and fails as
 * Node's fetch fails over a socket, for every fault below. Only `url` and `redirected` of its responses are not filled in, and an
 * answer in one piece has arrived when its head has. `earliestSchedule` is the ideal that a client under quotas can be compared with.
 *
 * The faults, by table; `SDK` is what the official SDK makes of them where that is a surprise.
 *
 * - statuses: `400` `400-key-invalid` `400-region` `401` `401-token-expired` `403` `403-no-key` `404` `408` `409` `413-html` `499` `500`
 *   `502-html` `503` `503-retry-after` `503-json-empty` and `503-json-html` (SDK: SyntaxError without status) `503-json-array`
 *   `503-no-content-type` `503-sse-content-type` `504` `529`
 * - 429: `429` (requests per minute, with RetryInfo) `429-tokens-per-minute` `429-per-day` `429-zero-limit` `429-pretty`
 *   `429-unspecified` `429-retry-after` `429-shared-capacity` `429-text`; `retryDelayMs` changes the stated wait
 * - bodies: `200-invalid-json` `200-empty` `204` `200-html` `200-error-body` (SDK, whole: an empty success) `200-null`
 *   `200-json-array` `302-to-ok` `307-to-ok` `302-loop` `302-no-location`
 * - connections: `refused` `reset-before-headers` `fin-before-headers` `reset-after-headers` `reset-mid-body` `fin-mid-body`
 *   `fin-mid-chunked` `content-length-short` `content-length-long` `garbage-http` `header-overflow` `bad-gzip`
 * - pace: `stall-before-headers` `stall-before-body` `stall-mid-body` (for ever, or `lastsMs`) `slow` (`chunkMs`)
 * - event streams: `sse-truncated-event` `sse-no-blank-line` `sse-invalid-json` `sse-error-first` `sse-error-mid` `sse-error-raw`
 *   `sse-error-split` and `sse-error-string-code` (SDK: not noticed) `sse-event-lines` (SDK: no chunks) `sse-comments`
 *   `sse-multi-line-data` `sse-done` `sse-utf8-split`
 * - results: `blocked-prompt` `no-candidates` `empty-object` `finish-malformed-function-call` `finish-safety` `finish-recitation`
 *   `finish-other` `finish-max-tokens` `finish-max-tokens-no-text` `stop-no-parts` `thoughts-only` `no-finish-reason`
 *   `continuation` (`hops`) `continuation-then-reset`
 * - uploads: `upload-cut` (half of the bytes have arrived); an answer that is lost after the work is any of the connections with
 *   `work: 'done'`
 *
 * A file may take its time, or fail: `fileProcessing: { polls, failure }`. Uploads are taken in pieces, queried, and go on from where they
 * are; a name that exists is refused.
 *
 * A live session (`live.connect` of the official SDK) is answered turn by turn; audio and video are counted. Text that comes while an
 * answer goes out waits for its end. A handle restores what had been said until it was given out. Statuses, 429s, `refused`, resets and
 * stalls happen to its upgrade; `live-close` (`closeCode`, `closeReason`), `live-reset`, `live-stall` and `live-go-away` (`lastsMs`) to
 * the session, at a point of it: `at: 'setup' | 'ready' | 'turn' | 'answer' | 'turn-end' | 'handle'`, in its `turn`.
 *
 * On a stream, the faults of connections and pace happen to the stream: its middle is the middle of the events. Event faults wait
 * for streamed generation, results for generation of either kind; a step that cannot happen to a request is kept for a later one.
 *
 * What a socket can do: a server learns what a request wants only after it has accepted the connection, so a single request cannot
 * be refused. `refused` resets it and closes the port for `lastsMs` (50); `pause()`, or an outage with the fault `refused`, closes the
 * port beforehand, so that a client sees ECONNREFUSED at once.
 */

export type { Capacity } from './capacity.ts';
export { SimulatorOptionError } from './check.ts';
export type { Controls } from './core.ts';
export { type ArrivalOfRequest, earliestSchedule, type Schedule, type ScheduleOptions } from './earliestSchedule.ts';
export type { FaultParameters, Work } from './faults/fault.ts';
export { type FaultName, faultNames } from './faults/table.ts';
export type { Countable, Ledger, LedgerEntry } from './ledger.ts';
export { type LiveFaultName, type LiveFaultParameters, type LivePoint, liveFaultNames } from './live/liveFaults.ts';
export { type SimulatorOptions, simulatorDefaults } from './options.ts';
export type { Outage } from './outages.ts';
export type { QuotaChange, Quotas, QuotasByModel } from './quotas.ts';
export { type Operation, operations } from './route.ts';
export type { Condition, ScriptStep, Step } from './script.ts';
export type { FileProcessing } from './service/state.ts';
export { type SimulatedFetch, simulatedFetch } from './simulatedFetch.ts';
export { type Simulator, startSimulator } from './startSimulator.ts';
export type { SharedCapacity } from './tokenBucket.ts';
export { type Weather, weatherPresets } from './weather.ts';
