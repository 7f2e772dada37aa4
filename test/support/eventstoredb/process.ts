import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { EventStoreDouble, EventStoreDoubleOptions } from './double.js';

const PROGRAM = fileURLToPath(new URL('./main.mjs', import.meta.url));

/** What a test may ask of a double in another process; {@link EventStoreDouble} says what each does. */
type Controllable = Pick<
  EventStoreDouble,
  | 'calls'
  | 'dropConnections'
  | 'elect'
  | 'inject'
  | 'liftFaults'
  | 'loseLeader'
  | 'restart'
  | 'setSilent'
  | 'stallSubscriptions'
  | 'startNode'
  | 'stopNode'
>;

type Reply = { readonly id: number } & ({ readonly result: unknown } | { readonly error: string });

export interface EventStoreDoubleProcess {
  readonly connectionString: string;
  readonly pid: number;
  /** `inject` answers nothing here: `liftFaults` lifts. */
  readonly control: <Method extends keyof Controllable>(
    method: Method,
    ...args: Parameters<Controllable[Method]>
  ) => Promise<Awaited<ReturnType<Controllable[Method]>>>;
  /** Stops the process in its tracks: the kernel goes on accepting connections, and nobody answers a ping. */
  readonly freeze: () => void;
  readonly thaw: () => void;
  /** Default SIGKILL. Resolves when the process has ended. */
  readonly kill: (signal?: NodeJS.Signals) => Promise<void>;
}

/**
 * The double in a process of its own, which ends with this one. With a `port` and a `file` a second one takes the
 * place of a killed one.
 */
export async function startEventStoreDoubleProcess(
  options: EventStoreDoubleOptions = {},
): Promise<EventStoreDoubleProcess> {
  const child = fork(PROGRAM, [JSON.stringify(options)], {
    // Not Jest's own flags.
    execArgv: [],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const { connectionString, pid } = await firstLine(child);
  const waiting = new Map<number, (reply: Reply) => void>();
  child.on('message', (reply: Reply) => waiting.get(reply.id)?.(reply));
  const exited = once(child, 'exit');
  let calls = 0;
  return {
    connectionString,
    pid,
    control: async (method, ...args) => {
      const id = calls++;
      child.send({ id, method, args });
      const reply = await Promise.race([
        new Promise<Reply>((resolve) => waiting.set(id, resolve)),
        exited.then((): Reply => ({ id, error: 'the double has ended' })),
      ]);
      waiting.delete(id);
      if ('error' in reply) throw new Error(reply.error);
      return reply.result as never;
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    kill: async (signal = 'SIGKILL') => {
      child.kill(signal);
      await exited;
    },
  };
}

async function firstLine(child: ChildProcess): Promise<{ connectionString: string; pid: number }> {
  if (!child.stdout) throw new Error('the double has no output');
  for await (const line of createInterface(child.stdout)) {
    return JSON.parse(line) as { connectionString: string; pid: number };
  }
  throw new Error('the double ended before it listened');
}
