import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import {
  EndpointRegistration,
  EventPublisher,
  type EventSink,
  HttpPublisher,
  NotAccepted,
  pace,
  Receivers,
} from '@skillora/load';

import { writeMark } from './mark.js';
import type { Phase } from './progress.js';
import type { LoadSettings } from './settings.js';
import { type Figures, isComplete, Tally } from './tally.js';

/** The maximum number of requests that wait for intake; beyond it, publishing falls behind its rate. */
const MAX_UNDER_WAY = 64;
/** How long after its planned end publishing stops if it has fallen behind. */
const OVERTIME_MS = 10_000;
const LOOK_EVERY_MS = 250;

export interface LoadObserver {
  /** Called a few times a second. @param seconds since publishing began. */
  readonly onProgress: (figures: Figures, phase: Phase, seconds: number) => void;
  readonly onNote: (text: string) => void;
}

const now = (): number => performance.timeOrigin + performance.now();

/**
 * One load test: receivers, endpoints, events, and waiting for the rest to arrive. Its duration is limited,
 * and it removes everything that it created.
 * @param signal ends publishing and waiting; everything is removed all the same.
 */
export async function runLoad(
  settings: LoadSettings,
  { onProgress, onNote }: LoadObserver,
  signal: AbortSignal,
): Promise<Figures> {
  const { endpoints, slow, failing } = settings;
  const healthy = endpoints - slow - failing;
  const run = randomBytes(4).toString('hex');
  const tally = new Tally(run, { healthy, slow, failing });
  const receivers = await Receivers.start(endpoints, settings.receiverAddress, settings.receiverHost);
  const registration = new EndpointRegistration(settings.api, settings.token);
  let kafka: EventPublisher | null = null;
  try {
    const numbers = Array.from({ length: endpoints }, (_, index) => index);
    const late = { kind: 'answer', status: 200, afterMs: settings.slowAfterMs } as const;
    await receivers.behave(late, numbers.slice(healthy, healthy + slow));
    await receivers.behave({ kind: 'answer', status: 500 }, numbers.slice(healthy + slow));
    for (const url of receivers.urls) {
      if (signal.aborted) return tally.figures();
      await registration.register(url, `load ${run}`);
    }
    if (settings.kafka) {
      kafka = await EventPublisher.connect(settings.kafka.brokers, settings.kafka.organizationId);
    }
    const began = now();
    let phase: Phase = 'publishing';
    const look = async (): Promise<Figures> => {
      for (const arrival of await receivers.take()) tally.arrives(arrival);
      const figures = tally.figures();
      onProgress(figures, phase, (now() - began) / 1_000);
      return figures;
    };
    let looking = Promise.resolve();
    const looker = setInterval(() => {
      looking = looking.then(() => look().then(() => undefined));
    }, LOOK_EVERY_MS);
    try {
      const sink = kafka ?? new HttpPublisher(settings.ingest, settings.token);
      await publish(sink, run, settings, tally, signal);
    } finally {
      clearInterval(looker);
      await looking;
    }
    phase = 'waiting for the rest';
    const deadline = now() + settings.settleMs;
    let figures = await look();
    while (!isComplete(figures) && now() < deadline && !signal.aborted) {
      await delay(LOOK_EVERY_MS);
      figures = await look();
    }
    phase = 'done';
    return await look();
  } finally {
    if (!settings.keep) {
      const left = await registration.removeAll();
      if (left > 0) onNote(`${left} endpoints could not be removed; their description is “load ${run}”`);
    }
    await kafka?.disconnect();
    receivers.stop();
  }
}

async function publish(
  sink: EventSink,
  run: string,
  { rate, durationMs }: LoadSettings,
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  const underWay = new Set<Promise<void>>();
  const inTime = AbortSignal.any([signal, AbortSignal.timeout(durationMs + OVERTIME_MS)]);
  let number = 0;
  for await (const due of pace(rate, durationMs / 1_000, inTime)) {
    const publishedAt = now();
    const marks = Array.from({ length: due }, () => writeMark(run, { number: number++, publishedAt }));
    tally.publishes(due);
    const sent: Promise<void> = send(sink, marks, tally).finally(() => underWay.delete(sent));
    underWay.add(sent);
    while (underWay.size >= MAX_UNDER_WAY && !inTime.aborted) await Promise.race(underWay);
  }
  await Promise.race([Promise.all(underWay), delay(OVERTIME_MS, undefined, { ref: false })]);
}

async function send(sink: EventSink, marks: readonly string[], tally: Tally): Promise<void> {
  try {
    await sink.publish(marks);
    tally.accepts(marks.length);
  } catch (error) {
    const refused = error instanceof NotAccepted ? error : new NotAccepted(null, marks.length, String(error));
    tally.accepts(marks.length - refused.events);
    tally.refuses(refused.status, refused.events);
  }
}
