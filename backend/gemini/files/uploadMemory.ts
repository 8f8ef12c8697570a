import type { Runtime } from '../../resilience/wholeRuntime.ts';
import type { UploadedFile } from './uploadedFile.ts';

/** A file is not used in its last hour: a call may wait that long. In milliseconds. */
const safetyMs = 3_600_000;

/** More are not remembered: the oldest are forgotten first. */
const mostRemembered = 1_000;

/** The uploads of one client: a file that has not changed is uploaded once for as long as the API keeps it. */
export class UploadMemory {
  readonly #runtime: Runtime;
  readonly #uploaded = new Map<string, UploadedFile>();
  readonly #running = new Map<string, Promise<unknown>>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /**
   * The file that was uploaded for this identity, or what `upload` gives: one upload at a time for each.
   * @param wait waits for another upload, no longer than the caller may
   */
  async once(
    identity: string | undefined,
    upload: () => Promise<UploadedFile>,
    wait: (other: Promise<unknown>) => Promise<unknown>,
  ): Promise<UploadedFile> {
    if (identity === undefined) return upload();
    for (let other = this.#running.get(identity); other !== undefined; other = this.#running.get(identity)) {
      await wait(other);
    }
    const known = this.#valid(identity);
    if (known !== undefined) return known;
    const running = upload();
    // An upload that failed, or whose caller left, is the next one's to do.
    const over = running.then(
      file => this.#remember(identity, file),
      () => undefined,
    );
    this.#running.set(identity, over);
    over.then(() => this.#running.delete(identity));
    return running;
  }

  /** What the API says it does not have is not used again. */
  forget(uri: string): void {
    for (const [identity, { fileData }] of this.#uploaded) {
      if (fileData.fileUri === uri) this.#uploaded.delete(identity);
    }
  }

  #remember(identity: string, file: UploadedFile): void {
    this.#uploaded.delete(identity);
    this.#uploaded.set(identity, file);
    const [oldest] = this.#uploaded.keys();
    if (this.#uploaded.size > mostRemembered && oldest !== undefined) this.#uploaded.delete(oldest);
  }

  #valid(identity: string): UploadedFile | undefined {
    const file = this.#uploaded.get(identity);
    const { expiresAt } = file ?? {};
    return expiresAt !== undefined && expiresAt.getTime() - safetyMs > this.#runtime.wallClock() ? file : undefined;
  }
}
