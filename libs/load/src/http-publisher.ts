import type { EventSink } from './event-sink.js';
import { interviewEvent } from './interview-event.js';

/** Intake accepts larger batches; smaller ones are answered sooner. */
const EVENTS_PER_REQUEST = 100;
const ANSWER_LIMIT_MS = 15_000;

/** Intake did not accept events: the status of its answer, or null when there was none. */
export class NotAccepted extends Error {
  override readonly name = 'NotAccepted';

  constructor(
    readonly status: number | null,
    readonly events: number,
    detail: string,
  ) {
    super(`${status ?? 'no answer'}: ${detail}`);
  }
}

/** A producer service that sends batches of CloudEvents over HTTP, for the organisation of its token. */
export class HttpPublisher implements EventSink {
  /** @param ingest the base URL of event-ingest. */
  constructor(
    private readonly ingest: string,
    private readonly token: string,
  ) {}

  /**
   * Sends each event once.
   * @throws {NotAccepted} for the first batch that was not accepted and the events behind it.
   */
  async publish(marks: readonly string[]): Promise<void> {
    for (let at = 0; at < marks.length; at += EVENTS_PER_REQUEST) {
      await this.post(marks.slice(at, at + EVENTS_PER_REQUEST), marks.length - at);
    }
  }

  private async post(marks: readonly string[], left: number): Promise<void> {
    let status: number;
    let text: string;
    try {
      const response = await fetch(new URL('/api/v1/interview-completions/', this.ingest), {
        method: 'POST',
        headers: {
          authorization: `Bearer ${this.token}`,
          'content-type': 'application/cloudevents-batch+json',
        },
        body: `[${marks.map((mark) => interviewEvent(mark)).join(',')}]`,
        signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
      });
      status = response.status;
      text = await response.text();
    } catch (error) {
      throw new NotAccepted(null, left, error instanceof Error ? error.message : String(error));
    }
    if (status !== 202) throw new NotAccepted(status, left, text.slice(0, 500));
  }
}
