import { OptionError } from '../../resilience/optionError.ts';
import type { FileBytes } from './fileBytes.ts';
import { fileError } from './fileFailures.ts';

/** A file on a disk, before its type is known. */
export type DiskFile = Omit<FileBytes, 'mimeType'>;

// Asked for when the first path is given: the library itself needs no Node module.
const fileSystem = (): Promise<typeof import('node:fs/promises')> => import('node:fs/promises');

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'no reason given';

function whatIsThere(stats: { isDirectory(): boolean }): string {
  return stats.isDirectory() ? 'a directory' : 'no regular file';
}

/** Reads exactly the bytes asked for, whatever the system gives at once. */
async function readFully(path: string | URL, from: number, to: number): Promise<Uint8Array<ArrayBuffer>> {
  const { open } = await fileSystem();
  const handle = await open(path, 'r');
  try {
    const bytes = new Uint8Array(to - from);
    for (let filled = 0; filled < bytes.byteLength; ) {
      const { bytesRead } = await handle.read(bytes, filled, bytes.byteLength - filled, from + filled);
      if (bytesRead === 0) return bytes.subarray(0, filled);
      filled += bytesRead;
    }
    return bytes;
  } finally {
    await handle.close();
  }
}

/** What tells one content of a file from another, as far as the system knows. */
async function identityOf(path: string | URL): Promise<string> {
  const { stat } = await fileSystem();
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  return [dev, ino, size, mtimeNs, ctimeNs].join('-');
}

async function readAndIdentify(path: string | URL, from: number, to: number) {
  return [await readFully(path, from, to), await identityOf(path)] as const;
}

/** What has arrived of it belongs to another file than what would follow: nothing of it may be used. */
function changed(evidence: string): Error {
  return fileError(
    { attempts: [] },
    {
      reason: 'client-config',
      rule: 'file-changed',
      evidence,
      message: 'The file changed, or went away, while it was read.',
      advice: 'Leave it as it is until the call has ended.',
    },
  );
}

const lastName = (path: string | URL): string | undefined =>
  (typeof path === 'string' ? path : decodeURIComponent(path.pathname)).split(/[/\\]/).findLast(Boolean);

/**
 * A file on a disk. It is opened for each piece, so that nothing stays open, and must not change before its last.
 * @throws OptionError where there is none, or nothing in it
 */
export async function openDiskFile(field: string, path: string | URL): Promise<DiskFile> {
  const { stat } = await fileSystem().catch(() => {
    throw new OptionError(field, 'a path, and this runtime has no file system', 'bytes or a Blob here');
  });
  const stats = await stat(path).catch((error: unknown) => {
    throw new OptionError(field, `a path that cannot be read (${codeOf(error)})`, 'a file that is there');
  });
  if (!stats.isFile()) throw new OptionError(field, whatIsThere(stats), 'a file');
  const identity = await identityOf(path);
  return {
    sizeBytes: stats.size,
    fileName: lastName(path),
    identity,
    read: async (from, to) => {
      const [bytes, now] = await readAndIdentify(path, from, to).catch(error => Promise.reject(changed(codeOf(error))));
      if (bytes.byteLength !== to - from || now !== identity) throw changed('other bytes than at first');
      return bytes;
    },
  };
}
