import type { IncomingMessage } from 'node:http';

/** What a client asks. */
export interface Question {
  readonly message: string;
}

/** Why a request cannot be answered, as the client is told. */
export class BadRequest extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** More than a question, in bytes. */
const mostBytes = 65_536;

async function bodyOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request) {
    bytes += piece.length;
    if (bytes > mostBytes) throw new BadRequest(413, `The body is larger than ${mostBytes} bytes.`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new BadRequest(400, 'The body is no JSON.');
  }
}

/** Reads `{"message": "…"}`. @throws BadRequest */
export async function questionIn(request: IncomingMessage): Promise<Question> {
  const body = parsed(await bodyOf(request));
  const message: unknown = Reflect.get(Object(body), 'message');
  if (typeof message !== 'string' || message.trim() === '') throw new BadRequest(400, '`message` has to be a text.');
  return { message };
}
