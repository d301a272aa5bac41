const NAMES: Readonly<Record<string, string>> = {
  interview_completed: 'Interview completed',
  mock_interview_completed: 'Mock interview completed',
  'endpoint.failing': 'Endpoint failing',
  'endpoint.disabling_soon': 'Endpoint will be disabled soon',
  'endpoint.disabled': 'Endpoint disabled',
  'endpoint.recovered': 'Endpoint recovered',
  test: 'Test',
};

/** An event type in words; one that this page does not know is shown as it is. */
export function eventTypeName(type: string): string {
  return NAMES[type] ?? type;
}
