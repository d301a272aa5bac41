const NAMES: Readonly<Record<string, string>> = {
  http_status: 'Not a 2xx answer',
  timeout: 'Timed out',
  connection_refused: 'Connection refused',
  connection_reset: 'Connection reset',
  connection_failed: 'Connection failed',
  dns: 'Name not found',
  tls: 'TLS failed',
  blocked_address: 'Address not allowed',
  redirect: 'Redirect not followed',
  response_too_large: 'Answer too large',
  invalid_response: 'Not an HTTP answer',
  authentication: 'No access token',
  endpoint_deleted: 'Endpoint deleted',
  endpoint_inactive: 'Endpoint paused',
  event_gone: 'Event no longer kept',
  internal: 'Internal error',
};

/** An error code in words; a code that this page does not know is shown as it is. */
export function errorName(code: string): string {
  return NAMES[code] ?? code;
}
