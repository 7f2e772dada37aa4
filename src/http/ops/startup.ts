import { Injectable } from '@nestjs/common';

/** What a process does before it can serve, although it listens already. */
@Injectable()
export class Startup {
  private done = false;

  get isDone(): boolean {
    return this.done;
  }

  complete(): void {
    this.done = true;
  }
}
