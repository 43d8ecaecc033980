/** Runs a worker's job again and again, one run at a time; each begins a while after the one before has ended. */
export class RepeatedRun {
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #running: Promise<void> = Promise.resolve();

  /** `failed` is told why a run failed; the next one goes on. */
  constructor(
    private readonly run: () => Promise<void>,
    private readonly failed: (error: unknown) => void,
  ) {}

  start(intervalMs: number): void {
    this.#timer = setTimeout(() => {
      this.#running = this.run()
        .catch(this.failed)
        .finally(() => this.#stopped || this.start(intervalMs));
    }, intervalMs).unref();
  }

  /** Resolves when the run that is under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }
}
