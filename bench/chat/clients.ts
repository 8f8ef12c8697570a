import { Agent, request } from 'node:http';

/** How the clients of a minute behave. */
export interface Crowd {
  readonly url: string;
  /** How many ask at the same time, again and again. */
  readonly size: number;
  /** The share that goes away in the middle of its answer. */
  readonly vanishing: number;
  /** Until when they begin to ask, on `performance.now()`. */
  readonly untilMs: number;
  /** Told when a client goes away, by its question. */
  readonly onVanish: (question: string) => void;
}

/** What became of them. */
export interface Ends {
  answered: number;
  vanished: number;
  failed: number;
}

const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

/** Longest time that a client listens before it goes away, in milliseconds. */
const patienceMs = 15_000;

function ask({ url, vanishing, onVanish }: Crowd, question: string): Promise<keyof Ends> {
  return new Promise(resolve => {
    const sent = request(url, { method: 'POST', agent }, response => {
      let tail = '';
      response.on('data', piece => {
        tail = `${tail}${piece}`.slice(-2_000);
      });
      response.on('end', () => resolve(tail.includes('event: done') ? 'answered' : 'failed'));
      response.on('error', () => resolve('vanished'));
      if (Math.random() >= vanishing) return;
      setTimeout(() => {
        if (response.complete) return;
        onVanish(question);
        sent.destroy();
      }, Math.random() * patienceMs);
    });
    sent.on('error', () => resolve('failed'));
    sent.end(JSON.stringify({ message: question }));
  });
}

/** In so long a time all of them come, in milliseconds. */
const arrivalMs = 10_000;

/** So many clients, each of which asks again when it has its answer. */
export async function crowd(options: Crowd): Promise<Ends> {
  const ends: Ends = { answered: 0, vanished: 0, failed: 0 };
  let asked = 0;
  const client = async (_: unknown, index: number): Promise<void> => {
    await new Promise(resolve => setTimeout(resolve, (index / options.size) * arrivalMs));
    while (performance.now() < options.untilMs) {
      asked += 1;
      ends[await ask(options, `question ${asked}`)] += 1;
    }
  };
  await Promise.all(Array.from({ length: options.size }).map(client));
  return ends;
}
