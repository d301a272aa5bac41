/** The UUID before all others: a position before every row, in the order of ids. */
export const LEAST_ID = '00000000-0000-0000-0000-000000000000';
