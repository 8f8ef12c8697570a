import { describe, expect, it } from 'vitest';
import { SendLog } from '../../resilience/quota/sendLog.ts';
import { type Waiting, WaitingLine } from '../../resilience/waiting/waitingLine.ts';

interface Named extends Waiting {
  readonly name: string;
}

const one = (name: string, priority = 0, isRetry = false): Named => ({ name, priority, isRetry, gone: false });

function served(line: WaitingLine<Named>): string {
  let names = '';
  for (let next = line.shift(); next !== undefined; next = line.shift()) names += next.name;
  return names;
}

describe('those who wait', () => {
  // what comes, in order; who is served, in order
  const rows: readonly (readonly [string, readonly Named[], string])[] = [
    ['in the order of their coming', [one('a'), one('b'), one('c')], 'abc'],
    ['higher priority first', [one('a', 0), one('b', 5), one('c', -1), one('d', 5)], 'bdac'],
    [
      'retries before what is new, within a priority',
      [one('a'), one('b', 0, true), one('c', 1), one('d', 1, true)],
      'dcba',
    ],
  ];
  it.each(rows)('%s', (_name, all, expected) => {
    const line = new WaitingLine<Named>();
    for (const waiting of all) line.push(waiting);
    expect(line.length).toBe(all.length);
    expect(served(line)).toBe(expected);
    expect(line.length).toBe(0);
  });

  it('who leaves is passed over, once', () => {
    const line = new WaitingLine<Named>();
    const all = [one('a'), one('b'), one('c')];
    for (const waiting of all) line.push(waiting);
    for (const waiting of [all[0], all[1], all[1]]) if (waiting) line.leave(waiting);
    expect(line.length).toBe(1);
    expect(line.first?.name).toBe('c');
    expect(served(line)).toBe('c');
  });

  it('can be looked through without losing the order', () => {
    const line = new WaitingLine<Named>();
    for (const waiting of [one('a'), one('b', 2), one('c')]) line.push(waiting);
    expect([...line].map(({ name }) => name)).toEqual(['b', 'a', 'c']);
    expect(served(line)).toBe('bac');
  });
});

describe('the log of what was sent', () => {
  it('numbers its entries, grows, forgets and corrects', () => {
    const log = new SendLog();
    for (let index = 0; index < 1_000; index += 1) expect(log.add(index * 10, index)).toBe(index);
    log.forgetBefore(900);
    expect([log.first, log.next]).toEqual([900, 1_000]);
    log.set(950, 7, 8);
    log.set(10, 7, 8);
    expect([log.timeOf(950), log.tokensOf(950), log.timeOf(999), log.tokensOf(999)]).toEqual([7, 8, 9_990, 999]);
    for (let index = 0; index < 5_000; index += 1) log.add(index, 1);
    expect([log.timeOf(950), log.tokensOf(900)]).toEqual([7, 900]);
  });
});
