import { describe, expect, test } from 'vitest';
import { Inbox } from '../../gemini/live/inbox.ts';
import { Outbox } from '../../gemini/live/outbox.ts';
import { TurnWatch } from '../../gemini/live/turnWatch.ts';

const limits = { maxBufferedMessages: 100, maxBufferedBytes: 100 };

function bench(keepsSent: boolean, given = limits) {
  const turns = new TurnWatch();
  const outbox = new Outbox(given, turns, keepsSent);
  const sent: string[] = [];
  const link = { send: (text: string) => void sent.push(text), bufferedBytes: 0 };
  const add = (text: string, asks = false, responds: readonly string[] = []) => outbox.add({ text, asks, responds });
  const ask = (text: string) => add(text, true);
  const answer = () => turns.noteReceived({ serverContent: { turnComplete: true } } as never);
  const speak = () => turns.noteReceived({ serverContent: { modelTurn: {} } } as never);
  const reopen = () => {
    outbox.shut();
    turns.restart();
    sent.length = 0;
    return outbox.open(link);
  };
  return { turns, outbox, sent, link, add, ask, answer, speak, reopen };
}

describe('what is known to be in the state of a handle, without indices', () => {
  test('is what an answer has proved to be read: up to the message that asked for it, and none after', () => {
    const { outbox, link, add, ask, answer } = bench(false);
    outbox.open(link);
    add('a piece');
    ask('first');
    ask('second');
    outbox.confirm({});
    expect(outbox.unconfirmed).toBe(3);
    answer();
    expect(outbox.unconfirmed).toBe(3);
    outbox.confirm({});
    expect(outbox.unconfirmed).toBe(1);
    add('a piece after it');
    answer();
    outbox.confirm({});
    expect(outbox.unconfirmed).toBe(1);
  });

  test('is, for a turn that nobody asked for, what was heard before it began', () => {
    const { outbox, turns, link, add, answer, speak } = bench(false);
    outbox.open(link);
    add('audio');
    add('audio');
    speak();
    expect(turns.isOpen).toBe(true);
    add('audio while it speaks');
    answer();
    expect(turns.isOpen).toBe(false);
    outbox.confirm({});
    expect(outbox.unconfirmed).toBe(1);
  });

  test('and nothing is sent again', () => {
    const { outbox, link, ask, reopen, sent } = bench(false);
    outbox.open(link);
    ask('first');
    expect(outbox.toResend).toBe(0);
    expect(reopen()).toBe(0);
    expect(sent).toEqual([]);
    expect(outbox.unconfirmed).toBe(0);
  });
});

describe('what the server has not consumed, by its indices', () => {
  test('is sent again in order before what waited, and numbered anew', () => {
    const { outbox, link, add, reopen, sent } = bench(true);
    outbox.open(link);
    for (const text of ['1', '2', '3', '4']) add(text);
    outbox.confirm({ lastConsumedClientMessageIndex: '2' });
    expect([outbox.unconfirmed, outbox.toResend]).toEqual([2, 2]);
    outbox.shut();
    add('5');
    expect(reopen()).toBe(2);
    expect(sent).toEqual(['3', '4', '5']);
    outbox.confirm({ lastConsumedClientMessageIndex: '1' });
    expect(reopen()).toBe(2);
    expect(sent).toEqual(['4', '5']);
    expect(reopen()).toBe(2);
    outbox.confirm({ lastConsumedClientMessageIndex: '2' });
    expect(reopen()).toBe(0);
  });

  test.each(['9', '-1', '0'])('an index that makes no sense (%s) loses nothing that was not sent', index => {
    const { outbox, link, add, reopen } = bench(true);
    outbox.open(link);
    add('1');
    outbox.confirm({ lastConsumedClientMessageIndex: index });
    expect(outbox.toResend).toBe(index === '9' ? 0 : 1);
    expect(reopen()).toBe(index === '9' ? 0 : 1);
  });

  test('is not guessed where the last handle came without an index', () => {
    const { outbox, link, add, reopen, sent } = bench(true);
    outbox.open(link);
    add('1');
    outbox.confirm({ lastConsumedClientMessageIndex: '0' });
    add('2');
    outbox.confirm({});
    expect([outbox.unconfirmed, outbox.toResend]).toEqual([2, 0]);
    expect(reopen()).toBe(0);
    expect(sent).toEqual([]);
  });

  test('is in doubt past what may be kept', () => {
    const { outbox, link, add, reopen, sent } = bench(true);
    outbox.open(link);
    outbox.confirm({ lastConsumedClientMessageIndex: '0' });
    for (const letter of ['a', 'b', 'c']) add(letter.repeat(40));
    expect([outbox.unconfirmed, outbox.toResend]).toEqual([3, 2]);
    reopen();
    expect(sent.map(text => text[0])).toEqual(['b', 'c']);
  });

  test('has no responses among it: their calls are not part of the state', () => {
    const { outbox, link, add, reopen, sent } = bench(true);
    outbox.open(link);
    outbox.confirm({ lastConsumedClientMessageIndex: '0' });
    add('question', true);
    add('response', false, ['call 1']);
    expect(reopen()).toBe(1);
    expect(sent).toEqual(['question']);
  });
});

describe('what waits', () => {
  test('counts what the network has not taken', () => {
    const { outbox, link, add } = bench(false);
    outbox.open({ ...link, bufferedBytes: 80 });
    expect(() => add('x'.repeat(21))).toThrow('maxBufferedBytes');
    expect(() => add('x'.repeat(20))).not.toThrow();
  });

  test('loses the responses to calls that died', () => {
    const { outbox, link, sent, add } = bench(false);
    add('a');
    add('response', false, ['dead']);
    add('both', false, ['dead', 'alive']);
    outbox.dropResponses(['dead']);
    outbox.open(link);
    expect(sent).toEqual(['a', 'both']);
  });
});

describe('the inbox', () => {
  test('hands out what came before the end, then the error once, then nothing', async () => {
    const inbox = new Inbox<number>();
    inbox.add(1);
    inbox.end({ error: new Error('lost') });
    inbox.add(2);
    expect(await inbox.next()).toEqual({ done: false, value: 1 });
    await expect(inbox.next()).rejects.toThrow('lost');
    expect(await inbox.next()).toEqual({ done: true, value: undefined });
  });

  test('hands a message to who waits for it', async () => {
    const inbox = new Inbox<number>();
    const next = inbox.next();
    inbox.add(0);
    inbox.add(1);
    expect(await next).toEqual({ done: false, value: 0 });
    expect(await inbox.next()).toEqual({ done: false, value: 1 });
    const last = inbox.next();
    inbox.end();
    expect(await last).toEqual({ done: true, value: undefined });
  });
});
