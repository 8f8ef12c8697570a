import { limitRanges } from '../resilience/callLimits.ts';
import { errorClasses } from '../resilience/failure.ts';
import {
  checkFunction,
  checkIsObject,
  checkNumber,
  checkObject,
  checkOneOf,
  OptionError,
  show,
} from '../resilience/optionError.ts';
import { checkGiven, onOrOff } from '../resilience/optionRules.ts';
import type { Provider } from '../resilience/provider.ts';
import type { Strategy } from '../resilience/strategy.ts';
import { isReason } from './classification/reasons.ts';
import { type ProviderDefinition, providerOf } from './providerOf.ts';
import { refusing } from './refusing.ts';

const strategyKeys: ReadonlySet<string> = new Set(['retries', 'baseMs', 'maxMs', 'growth', 'jitter']);
const classNames: ReadonlySet<string> = new Set(errorClasses);

function checkStrategies(option: string, strategies: unknown): void {
  checkIsObject(option, strategies);
  for (const [name, row] of Object.entries(strategies)) {
    const field = `${option}.${name}`;
    if (!classNames.has(name) && !isReason(name)) throw new OptionError(field, 'no row', 'an error class or a reason');
    const { retries, baseMs, maxMs, growth, jitter } = checkObject<Strategy>(field, row, strategyKeys);
    checkNumber(`${field}.retries`, retries, { min: 0, max: 1000, integer: true });
    checkNumber(`${field}.baseMs`, baseMs, { min: 0, max: 86_400_000, unit: 'ms' });
    checkNumber(`${field}.maxMs`, maxMs, { min: baseMs, max: 86_400_000, unit: 'ms' });
    if (growth !== 'linear') checkNumber(`${field}.growth`, growth, { min: 1, max: 100 });
    checkOneOf(`${field}.jitter`, jitter, ['full', 'equal', 'none']);
  }
}

function checkRules(option: string, rules: unknown): void {
  if (!Array.isArray(rules)) throw new OptionError(option, show(rules), 'an array of [name, reason, test]');
  for (const [at, rule] of rules.entries()) {
    const field = `${option}[${at}]`;
    const [name, reason, test]: readonly unknown[] = Array.isArray(rule) ? rule : [];
    if (typeof name !== 'string') throw new OptionError(field, show(rule), '[name, reason, test]');
    if (typeof reason !== 'string' || !isReason(reason))
      throw new OptionError(`${field}[1]`, show(reason), 'one of the reasons');
    checkFunction(`${field}[2]`, test);
  }
}

function checkAdvice(option: string, advice: unknown): void {
  checkIsObject(option, advice);
  for (const [name, words] of Object.entries(advice)) {
    if (!isReason(name)) throw new OptionError(`${option}.${name}`, 'no reason', 'one of the reasons');
    if (typeof words !== 'string') throw new OptionError(`${option}.${name}`, show(words), 'a sentence');
  }
}

function checkLimits(field: string, limits: unknown): void {
  checkIsObject(field, limits);
  checkGiven(`${field}.`, limits, limitRanges);
}

const optionRules = {
  rules: checkRules,
  advice: checkAdvice,
  marksEnd: onOrOff,
  strategies: checkStrategies,
  limits: checkLimits,
  violations: checkFunction,
  quotasIn: checkFunction,
  readEvent: checkFunction,
  repeatable: checkFunction,
};
const keys: ReadonlySet<string> = new Set(['name', ...Object.keys(optionRules)]);

function check(definition: ProviderDefinition): void {
  const { name } = checkObject<ProviderDefinition>('provider', definition, keys);
  if (typeof name !== 'string' || name === '') throw new OptionError('name', show(name), 'a name');
  checkGiven('', definition, optionRules);
}

/**
 * A provider from what is special about it.
 * @throws ProviderError (request / client-config) that names what cannot be meant
 */
export function defineProvider(definition: ProviderDefinition): Provider {
  refusing(() => check(definition));
  return providerOf(definition);
}
