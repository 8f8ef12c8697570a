/** Arguments that a function is called with at most: engines limit them. */
const pieceBytes = 0x8000;

/** How many characters so many bytes become in base64. */
export const encodedBytes = (bytes: number): number => Math.ceil(bytes / 3) * 4;

/** Bytes in base64, as JSON carries them. */
export function base64(bytes: Uint8Array): string {
  // Node's own way is a hundred times as fast.
  if (typeof Buffer === 'function')
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  let text = '';
  for (let from = 0; from < bytes.byteLength; from += pieceBytes)
    text += String.fromCharCode(...bytes.subarray(from, from + pieceBytes));
  return btoa(text);
}
