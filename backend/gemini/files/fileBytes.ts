/** A file that can be read piece by piece, and whose size and type are known. */
export interface FileBytes {
  readonly sizeBytes: number;
  readonly mimeType: string;
  /** Its own name without folders; undefined where it has none. */
  readonly fileName: string | undefined;
  /** Equal for two files only where they are the same, unchanged. Undefined: cannot be told. */
  readonly identity: string | undefined;
  /** The bytes from one offset to before the other. @throws where they cannot be read, or have changed */
  read(from: number, to: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** A file whose bytes are in memory. */
export function bytesInMemory(given: ArrayBuffer | Uint8Array, mimeType: string): FileBytes {
  const bytes = given instanceof Uint8Array ? given : new Uint8Array(given);
  return {
    sizeBytes: bytes.byteLength,
    mimeType,
    fileName: undefined,
    identity: undefined,
    read: async (from, to) => new Uint8Array(bytes.subarray(from, to)),
  };
}

/** A file that is a Blob, which may lie on a disk. */
export function blobBytes(blob: Blob, mimeType: string): FileBytes {
  return {
    sizeBytes: blob.size,
    mimeType,
    fileName: 'name' in blob && typeof blob.name === 'string' ? blob.name : undefined,
    identity: undefined,
    read: async (from, to) => new Uint8Array(await blob.slice(from, to).arrayBuffer()),
  };
}
