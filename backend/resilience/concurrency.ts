import { ConcurrencyLimit } from './concurrencyLimit.ts';
import type { Failed, Failure, Outcome } from './failure.ts';
import { checkNumber, checkObject, type NumberRange } from './optionError.ts';
import { isOverload } from './overload.ts';
import type { Exchange, Policy, Send } from './policy.ts';
import { WaitingRoom } from './waitingRoom.ts';

/** Settings of the concurrency limit. */
export interface ConcurrencyOptions {
  /** Never more at once than this; an integer from 1 to 1,000,000. @default 1_000_000 */
  readonly maxConcurrency?: number | undefined;
}

const mostServices = 1_000;
const range: NumberRange = { min: 1, max: 1_000_000, integer: true };
const optionKeys: ReadonlySet<string> = new Set(['maxConcurrency']);

/** Checks the settings of the concurrency limit. @throws OptionError */
export function checkConcurrency(field: string, value: unknown): ConcurrencyOptions {
  const options = checkObject<ConcurrencyOptions>(field, value, optionKeys);
  if (options.maxConcurrency !== undefined) checkNumber(`${field}.maxConcurrency`, options.maxConcurrency, range);
  return options;
}

/** One service: its limit and those who wait for a place. */
interface Service {
  readonly limit: ConcurrencyLimit;
  readonly room: WaitingRoom<undefined>;
}

function letIn({ limit, room }: Service): void {
  while (limit.hasRoom && room.length > 0) {
    const waiter = room.shift();
    if (waiter === undefined) return;
    take(limit, waiter.exchange);
    waiter.resolve(undefined);
  }
}

function take(limit: ConcurrencyLimit, exchange: Exchange): void {
  limit.taken += 1;
  exchange.hasPlace = true;
}

function leave(service: Service, exchange: Exchange): void {
  if (!exchange.hasPlace) return;
  exchange.hasPlace = false;
  service.limit.taken -= 1;
  letIn(service);
}

/**
 * Says how an attempt ended. After an overload the exchange keeps its place while it waits to be sent again: otherwise new calls
 * would take it, and the service would be asked by all of them in turn.
 */
function learn(service: Service, exchange: Exchange, failed: Failed | undefined): void {
  const { limit, room } = service;
  const { call, sentAtMs = 0 } = exchange;
  if (failed === undefined) limit.served(call.runtime.now());
  else if (isOverload(failed.failure)) {
    limit.overloaded(sentAtMs, room.length, call.runtime.now());
    if (limit.isTroubled) exchange.requeue = limit.isOut ? 'outage' : 'overload';
    return;
  } else if (failed.failure.errorClass === 'request') limit.served(call.runtime.now());
  leave(service, exchange);
}

/** The two steps of a concurrency limit. */
export interface Concurrency {
  /** Around the retries: gives the place back when the exchange is over. */
  readonly around: Policy;
  /** Within them: waits for a place, and learns from each attempt. */
  readonly within: Policy;
}

/**
 * Bounds what a service is asked at once as soon as it shows that it is too much, and gives way again when it recovers. Nothing is
 * bounded while all is well.
 */
export function concurrency(options: ConcurrencyOptions = {}): Concurrency {
  const services = new Map<string, Service>();
  const serviceOf = ({ target, call }: Exchange): Service => {
    let service = services.get(target.service);
    if (service === undefined) {
      if (services.size >= mostServices) {
        for (const [name, { limit, room }] of services) if (limit.taken + room.length === 0) services.delete(name);
      }
      service = {
        limit: new ConcurrencyLimit(options.maxConcurrency ?? range.max),
        room: new WaitingRoom(call.runtime),
      };
      services.set(target.service, service);
    }
    return service;
  };
  const send = <T>(next: Send, exchange: Exchange<T>, service: Service): Promise<Outcome<T>> =>
    next(exchange).then(outcome => {
      const { ending } = exchange;
      if (!outcome.ok || ending === undefined) learn(service, exchange, outcome.ok ? undefined : outcome);
      else ending.then(failure => ended(service, exchange, failure));
      return outcome;
    });
  return {
    around: next => exchange =>
      next(exchange).then(outcome => {
        if (!outcome.ok && exchange.hasPlace) leave(serviceOf(exchange), exchange);
        return outcome;
      }),
    within: next => exchange => {
      if (exchange.target.service === '') return next(exchange);
      const service = serviceOf(exchange);
      if (exchange.hasPlace) return send(next, exchange, service);
      if (service.limit.hasRoom && service.room.length === 0) {
        take(service.limit, exchange);
        return send(next, exchange, service);
      }
      return service.room.wait(exchange).then(refused => refused ?? send(next, exchange, service));
    },
  };
}

/** A stream is over: only now its place is free. */
function ended(service: Service, exchange: Exchange, failure: Failure | undefined): void {
  const { call, sentAtMs = 0 } = exchange;
  const nowMs = call.runtime.now();
  if (failure === undefined || !isOverload(failure)) service.limit.served(nowMs);
  else service.limit.overloaded(sentAtMs, service.room.length, nowMs);
  leave(service, exchange);
}
