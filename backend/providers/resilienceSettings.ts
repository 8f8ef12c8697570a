import { createPolicies, type PolicyOptions, policyNames } from '../resilience/clientPolicies.ts';
import type { OptionRules } from '../resilience/optionRules.ts';
import type { Provider } from '../resilience/provider.ts';
import type { StandardPolicies } from '../resilience/standardPipeline.ts';
import { checkRuntime, createRuntime, type Runtime } from '../resilience/wholeRuntime.ts';
import { type BaseOptions, type BaseSettings, baseSettings } from './baseSettings.ts';

/** What a resilient fetch, or a resilient function, may be told. Everything may be left out. */
export interface ResilienceOptions extends BaseOptions, PolicyOptions {
  /** Clock, chance and sleep; what is left out is the system's. */
  readonly runtime?: Partial<Runtime> | undefined;
}

/** Options, checked and resolved. */
export interface ResilienceSettings extends BaseSettings {
  readonly policies: StandardPolicies;
}

/** Of options that are checked where something is made of them. */
const anything = (): void => {};

/** The options that calls share. */
export const sharedRules: OptionRules = Object.fromEntries([...policyNames, 'runtime'].map(name => [name, anything]));

/** @throws OptionError */
export function runtimeOf({ runtime }: ResilienceOptions): Runtime {
  checkRuntime('runtime', runtime);
  return createRuntime(runtime);
}

/** Checks and resolves the options of a function. `more`: what else is allowed. @throws OptionError */
export function resilienceSettings(
  provider: Provider,
  options: ResilienceOptions,
  more: OptionRules,
): ResilienceSettings {
  const settings = baseSettings(provider, options, { ...sharedRules, ...more });
  return { ...settings, runtime: runtimeOf(options), policies: createPolicies(options, provider.quotaReading) };
}
