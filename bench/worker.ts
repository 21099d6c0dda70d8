import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import type { Readable } from 'node:stream';

/** How to start a contestant's process. */
export interface Command {
  program: string;
  args: string[];
  /** What is undefined is not handed on. */
  env?: Record<string, string | undefined>;
}

/** A process that answers one question at a time: see protocol.ts. */
export class Worker {
  readonly #process: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  readonly #ended: Promise<string>;
  #said = '';

  constructor({ program, args, env }: Command) {
    const child = spawn(program, args, {
      stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    this.#process = child;
    const lines: Interface = createInterface({ input: child.stdio[3] as Readable });
    this.#answers = lines[Symbol.asyncIterator]();
    child
      .stderr!.setEncoding('utf8')
      .on('data', (text: string) => (this.#said = (this.#said + text).slice(-4000)));
    child.stdin!.on('error', () => {}); // it ended before it read: told below
    this.#ended = new Promise((resolve) => {
      child.on('error', (error) => resolve(error.message));
      child.on('close', (code, signal) => resolve(`it ended with ${signal ?? `exit code ${code}`}`));
    });
  }

  /** @throws Error with the process's own message, or its last words when it ended */
  async ask<T>(message: unknown): Promise<T> {
    this.#process.stdin!.write(`${JSON.stringify(message)}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error(`${await this.#ended}: ${lastLine(this.#said)}`);
    const answer = JSON.parse(value as string) as T & { error?: string };
    if (answer.error !== undefined) throw new Error(lastLine(answer.error));
    return answer;
  }

  /** Resolves when the process is gone. */
  async close(): Promise<void> {
    this.#process.stdin!.end();
    await this.#ended;
  }
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';
