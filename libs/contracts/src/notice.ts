import { v5 as uuidv5 } from 'uuid';

/** The event types of notices about endpoints. Endpoints can subscribe to them; producers cannot publish them. */
export const NOTICE_TYPES = [
  'endpoint.failing',
  'endpoint.disabling_soon',
  'endpoint.disabled',
  'endpoint.recovered',
] as const;
export type NoticeType = (typeof NOTICE_TYPES)[number];

/** True for the event types of notices. */
export function isNoticeType(value: unknown): value is NoticeType {
  return (NOTICE_TYPES as readonly unknown[]).includes(value);
}

/** A namespace of its own, so that no CloudEvent of a producer can have the id of a notice. */
const NAMESPACE = 'b0f7a1d2-6c58-4f0e-9d3b-52c1e8a94d76';

/** The id of a notice, the same whenever and wherever it is made. @param failingSince ms since the epoch. */
export function noticeId(type: NoticeType, endpointId: string, failingSince: number): string {
  return uuidv5(`${type}/${endpointId}/${new Date(failingSince).toISOString()}`, NAMESPACE);
}

/** The `source` of notices about an endpoint. */
export function noticeSource(endpointId: string): string {
  return `/webhook-endpoints/${endpointId}/health`;
}
