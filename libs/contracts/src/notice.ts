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
