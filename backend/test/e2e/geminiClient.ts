import { GeminiCore, type GeminiCoreOptions } from '../../index.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../simulator/index.ts';

export interface Bench extends AsyncDisposable {
  readonly simulator: Simulator;
  readonly gemini: GeminiCore;
  /** Another client of the same simulator. */
  client(options?: GeminiCoreOptions): GeminiCore;
}

/** A simulator and a client that does not wait between attempts. */
export async function bench(simulated: SimulatorOptions = {}, options: GeminiCoreOptions = {}): Promise<Bench> {
  const simulator = await startSimulator(simulated);
  const client = (more: GeminiCoreOptions = {}): GeminiCore =>
    new GeminiCore({
      apiKey: 'test-key',
      environment: {},
      runtime: { sleep: async () => {}, random: () => 0.5 },
      httpOptions: { baseUrl: simulator.url },
      ...options,
      ...more,
    });
  return { simulator, gemini: client(), client, [Symbol.asyncDispose]: () => simulator.close() };
}
