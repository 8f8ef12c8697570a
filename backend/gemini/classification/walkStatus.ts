import type { Collected } from './collector.ts';
import { addText } from './collector.ts';
import { isException, read, readString } from './safeRead.ts';
import { rpcStatusOf, rpcStatusOfNumber } from './statusNames.ts';

/** Reads status, statusCode and code of a node, each of which is a number here, a name there and a numeral elsewhere. */
export function readStatuses(into: Collected, node: object): void {
  for (const field of ['statusCode', 'status_code', 'httpCode', 'status']) readStatus(into, read(node, field));
  readCode(into, node, read(node, 'code'));
  const type = readString(node, 'type');
  if (type !== undefined) readStringCode(into, type, 'typeStatus');
  for (const field of ['error', 'error_subtype', 'errno']) {
    const code = readString(node, field);
    if (code !== undefined && /^[A-Za-z_]{3,60}$/.test(code)) readStringCode(into, code);
  }
}

function readStatus(into: Collected, status: unknown): void {
  const number = numeral(status);
  if (number !== undefined && number >= 100 && number <= 599) into.status = number;
  else if (typeof status === 'string' && status.length < 60) into.rpcStatus = rpcStatusOf(status) ?? into.rpcStatus;
}

function readCode(into: Collected, node: object, code: unknown): void {
  const number = numeral(code);
  if (number === undefined) {
    if (typeof code === 'string' && code !== '') readStringCode(into, code);
    return;
  }
  if (number >= 100 && number <= 599) into.status = number;
  else if (number >= 1_000 && number <= 4_999) readClose(into, node, number);
  else if (number >= 1 && number <= 16 && isGrpc(node, into.status)) {
    into.grpcCode = number;
    into.rpcStatus = rpcStatusOfNumber(number) ?? into.rpcStatus;
  }
}

/** A small number is gRPC's in an answer that is no error itself (a `google.rpc.Status`), or beside gRPC's other fields. */
function isGrpc(node: object, status: number | undefined): boolean {
  if (!isException(node) && (status ?? 200) < 300) return readString(node, 'message') !== undefined;
  const words = readString(node, 'message') ?? '';
  return readString(node, 'details') !== undefined || /^\d{1,2} [A-Z_]{2,20}:/.test(words);
}

function readClose(into: Collected, node: object, code: number): void {
  into.closeCode ??= code;
  const reason = readString(node, 'reason');
  if (reason === undefined) return;
  addText(into, 'bodyTexts', reason);
  into.rpcStatus ??= rpcStatusOf(/^[A-Z_]{5,30}\b/.exec(reason)?.[0] ?? '');
}

/** A name. The `type` of an error is its kind, as other services write it: less than a status that is stated anywhere. */
function readStringCode(into: Collected, code: string, field: 'rpcStatus' | 'typeStatus' = 'rpcStatus'): void {
  const short = code.slice(0, 80);
  into.codes.push(short.toUpperCase());
  into[field] = rpcStatusOf(short) ?? into[field];
}

function numeral(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^\d{1,4}$/.test(value) ? Number(value) : undefined;
}
