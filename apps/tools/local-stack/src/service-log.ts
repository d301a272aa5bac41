import { createWriteStream, existsSync, mkdirSync, renameSync, statSync, type WriteStream } from 'node:fs';
import { dirname } from 'node:path';

const WARN = 40;
const LEVEL_NAMES: Readonly<Record<number, string>> = { 40: 'warning', 50: 'error', 60: 'fatal' };
const LIMIT_BYTES = 20 * 1_048_576;
const QUIET_MS = 10_000;
const LAST_WORDS = 4;
/** Frames, source excerpts and brackets of a stack trace that Node prints when a process crashes. */
const TRACE_LINE = /^(\s|[{}[\]]|node:internal|file:|Node\.js v|\^|$)/;

/** The part of a service's output line that the terminal shows. */
export interface Notice {
  readonly level: 'warning' | 'error' | 'fatal';
  readonly text: string;
}

/**
 * Reads one line of a service's output. A pino record of level warn or above becomes a notice, and so does
 * any other line of standard error, except the frames of stack traces. All other lines go only into the log
 * file: null.
 */
export function noticeOf(line: string, stream: 'stdout' | 'stderr'): Notice | null {
  const record = parseRecord(line);
  if (record === null)
    return stream === 'stderr' && !TRACE_LINE.test(line) ? { level: 'error', text: line } : null;
  if (record.level < WARN) return null;
  const level = LEVEL_NAMES[Math.min(60, Math.floor(record.level / 10) * 10)] as Notice['level'];
  const error = record.err?.message;
  const parts = [record.msg, error === record.msg ? undefined : error].filter((part) => (part ?? '') !== '');
  const lines = parts
    .join(': ')
    .split('\n')
    .map((each) => each.trim());
  return { level, text: lines.filter((each) => each !== '').join(' ') || line };
}

/**
 * A failed start as lines for the terminal: what happened, then the service's last lines, each record by its
 * message.
 * @param message of a StartError: its first line says what happened, and its further lines are raw output.
 */
export function describeFailedStart(message: string): string[] {
  const [summary = '', ...output] = message.split('\n');
  const lastWords = output
    .map((line) => noticeOf(line, 'stderr')?.text ?? parseRecord(line)?.msg)
    .filter((text) => text !== undefined)
    .slice(-LAST_WORDS);
  return [summary.replace(/; its last words:$/, ''), ...lastWords.map((text) => `  ${text}`)];
}

interface PinoRecord {
  readonly level: number;
  readonly msg?: string;
  readonly err?: { readonly message?: string };
}

function parseRecord(line: string): PinoRecord | null {
  if (!line.startsWith('{')) return null;
  try {
    const value = JSON.parse(line) as Partial<PinoRecord>;
    return typeof value.level === 'number' ? (value as PinoRecord) : null;
  } catch {
    return null;
  }
}

/**
 * Lets the same text through once in ten seconds: while a broker is down, every client repeats its warning,
 * and the log file has every line anyway.
 */
export class RepeatFilter {
  private readonly shown = new Map<string, { at: number; held: number }>();

  /** The text to show, with the number of suppressed repeats; null to suppress it. */
  pass(text: string, now = Date.now()): string | null {
    const last = this.shown.get(text);
    if (last && now - last.at < QUIET_MS) {
      last.held += 1;
      return null;
    }
    for (const [key, { at }] of this.shown) if (now - at >= QUIET_MS) this.shown.delete(key);
    this.shown.set(text, { at: now, held: 0 });
    return last && last.held > 0 ? `${text} (and ${last.held} times more before)` : text;
  }
}

/** The log file of one service; a large one is renamed to `<file>.1` when the stack starts. */
export class ServiceLog {
  private readonly stream: WriteStream;

  constructor(file: string) {
    mkdirSync(dirname(file), { recursive: true });
    if (existsSync(file) && statSync(file).size > LIMIT_BYTES) renameSync(file, `${file}.1`);
    this.stream = createWriteStream(file, { flags: 'a', mode: 0o600 });
    // A full disk must not end the stack.
    this.stream.on('error', () => undefined);
  }

  write(line: string): void {
    this.stream.write(`${line}\n`);
  }

  close(): void {
    this.stream.end();
  }
}
