/** The service's process: one simulator for one run. */
import { type Simulator, startSimulator } from '../../backend/simulator/index.ts';
import { setClock } from './compressedTime.ts';
import type { FromService, Served, ToService } from './messages.ts';
import { latencyMs, scenarios } from './scenarios.ts';

const [, , scenarioName] = process.argv;
const scenario = scenarios.find(({ name }) => name === scenarioName);
if (scenario === undefined) throw new Error(`Unknown: ${scenarioName}.`);
const { calmAtMs, quotas, service } = scenario;

const say = (message: FromService): void => void process.send?.(message);

function servedBy({ ledger }: Simulator): Served {
  const answered = ledger.requests.filter(({ billed, completed }) => billed === 'done' && completed);
  const { 429: rejected429 = 0, 503: rejected503 = 0 } = ledger.countBy('status');
  return {
    requests: ledger.requests.length,
    answered: answered.length,
    ...{ rejected429, rejected503 },
    tokens: answered.reduce((sum, { inputTokens }) => sum + inputTokens, 0),
    lastAnswerMs: Math.max(0, ...answered.map(({ closedAtMs = 0 }) => closedAtMs)),
    mostInFlight: ledger.mostInFlight,
  };
}

const simulator = await startSimulator({ latencyMs, quotas, ...service });

process.on('message', (message: ToService) => {
  if (message.type === 'close') return say({ type: 'closed', served: servedBy(simulator) });
  const moment = setClock(message.fastMs);
  simulator.reset();
  if (calmAtMs !== undefined) setTimeout(() => simulator.setWeather(undefined), calmAtMs);
  say({ type: 'started', moment });
});
process.on('disconnect', () => process.exit());
say({ type: 'open', url: simulator.url });
