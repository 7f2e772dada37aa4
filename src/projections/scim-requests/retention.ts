import type { RequestLog } from './request-log.js';

const DAY_MS = 86_400_000;
const ROUND_MS = 3_600_000;

/** Forgets logged requests when they are old enough, once an hour. */
export class RequestLogRetention {
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> = Promise.resolve();

  constructor(
    private readonly log: RequestLog,
    private readonly days: number,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  start(): void {
    this.timer = setInterval(() => this.begin(), ROUND_MS).unref();
    this.begin();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.round;
  }

  private begin(): void {
    this.round = this.log.purge(Date.now() - this.days * DAY_MS).catch(this.onFailure);
  }
}
