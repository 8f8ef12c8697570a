import type { Failure } from '../failure.ts';
import { guarded } from '../guard.ts';
import type { NumberRange } from '../optionError.ts';
import { checkOptions } from '../optionRules.ts';
import type { Exchange, Policy } from '../policy.ts';
import type { AsyncRuntime } from '../runtime.ts';
import type { Standing } from '../standing.ts';
import { WaitingRoom } from '../waiting/waitingRoom.ts';
import { ConcurrencyLimit } from './concurrencyLimit.ts';
import { outageWaitMs } from './outageWait.ts';
import { isOverload } from './overload.ts';

/** Settings of the concurrency limit. */
export interface ConcurrencyOptions {
  /** Never more at once than this; an integer from 1 to 1,000,000. @default 1_000_000 */
  readonly maxConcurrency?: number | undefined;
}

const mostServices = 1_000;
const range: NumberRange = { min: 1, max: 1_000_000, integer: true };

/** Checks the settings of the concurrency limit. @throws OptionError */
export const checkConcurrency = (field: string, value: unknown): ConcurrencyOptions =>
  checkOptions(field, value, { maxConcurrency: range });

/** One service: its limit and those who wait for a place. */
interface Service {
  readonly limit: ConcurrencyLimit;
  readonly room: WaitingRoom<undefined>;
}

function letIn({ limit, room }: Service): void {
  while (limit.hasRoom && room.length > 0) {
    const waiter = room.shift();
    if (waiter === undefined) return;
    const { standing } = waiter.exchange;
    if (standing !== undefined) take(limit, standing);
    waiter.resolve(undefined);
  }
}

function take(limit: ConcurrencyLimit, standing: Standing): void {
  limit.taken += 1;
  standing.hasPlace = true;
}

function leave(service: Service, standing: Standing): void {
  if (!standing.hasPlace) return;
  standing.hasPlace = false;
  standing.leavePlace = undefined;
  service.limit.taken -= 1;
  letIn(service);
}

/** Says how an attempt ended. After an overload the exchange may keep its place while it waits to be sent again. */
function learn(service: Service, exchange: Exchange, standing: Standing, failure: Failure | undefined): void {
  const { limit, room } = service;
  const { call, sentAtMs } = exchange;
  if (failure === undefined || failure.errorClass === 'request') limit.served(sentAtMs, call);
  else if (isOverload(failure)) {
    limit.overloaded(sentAtMs, room.length, call);
    if (limit.isTroubled) standing.requeue = limit.isOut && !limit.isWeather ? 'outage' : 'overload';
    standing.outageWaitMs = outageWaitMs(limit.outageMs(call.runtime.now()), call);
    if (exchange.mayRetry && exchange.ending === undefined && limit.keepsPlaces(call.runtime)) {
      standing.leavePlace = () => leave(service, standing);
      return;
    }
  }
  leave(service, standing);
}

/**
 * Bounds what a service is asked at once as soon as it shows that it is too much, and gives way again when it recovers. Nothing is
 * bounded while all is well.
 */
export function concurrency({ maxConcurrency = range.max }: ConcurrencyOptions = {}): Policy {
  const services = new Map<string, Service>();
  const begin = (name: string, runtime: AsyncRuntime): Service => {
    if (services.size >= mostServices) {
      for (const [old, { limit, room }] of services) if (limit.taken + room.length === 0) services.delete(old);
    }
    const service = { limit: new ConcurrencyLimit(maxConcurrency), room: new WaitingRoom<undefined>(runtime) };
    services.set(name, service);
    return service;
  };
  // Nearly always the same as last time, which is found faster than looked up.
  let last: { readonly name: string; readonly service: Service } | undefined;
  const serviceOf = ({ target, call }: Exchange): Service => {
    const { service: name } = target;
    if (last?.name === name) return last.service;
    const service = services.get(name) ?? begin(name, call.runtime);
    last = { name, service };
    return service;
  };
  return guarded({
    enter: (exchange, standing) => {
      if (exchange.target.service === '' || standing.hasPlace) return undefined;
      const { limit, room } = serviceOf(exchange);
      standing.health = limit;
      if (!limit.hasRoom || room.length > 0) return room.wait(exchange);
      take(limit, standing);
      return undefined;
    },
    leave: (exchange, standing, outcome) => {
      if (!standing.hasPlace) return;
      const service = serviceOf(exchange);
      const { ending } = exchange;
      if (outcome.ok && ending !== undefined) ending.then(failure => learn(service, exchange, standing, failure));
      else learn(service, exchange, standing, outcome.ok ? undefined : outcome.failure);
    },
  });
}
