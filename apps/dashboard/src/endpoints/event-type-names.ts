const NAMES: Readonly<Record<string, string>> = {
  interview_completed: 'Interview completed',
  mock_interview_completed: 'Mock interview completed',
  test: 'Test',
};

/** An event type as people call it; one that is new to this page by its own name. */
export function eventTypeName(type: string): string {
  return NAMES[type] ?? type;
}
