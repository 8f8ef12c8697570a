/**
 * The end of a WebSocket, as classification reads it: its close code (RFC 6455; 1006 where no close frame came) and the words of
 * its close frame, with what nobody may see taken out.
 */
export class LiveClosed extends Error {
  override readonly name = 'LiveClosed';
  readonly code: number;
  readonly reason: string;

  constructor(code: number, reason: string) {
    super(reason === '' ? `The connection closed with code ${code}.` : reason);
    this.code = code;
    this.reason = reason;
  }
}
