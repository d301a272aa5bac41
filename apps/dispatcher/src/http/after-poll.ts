/** The callbacks for the next poll, and those that have waited for one poll already. */
let coming: (() => void)[] = [];
let due: (() => void)[] = [];
let scheduled = false;

/**
 * Calls back once the event loop has read what has arrived from the network by now. One turn of the loop is
 * not enough: the present turn may already have polled.
 */
export function afterPoll(callback: () => void): void {
  coming.push(callback);
  schedule();
}

function schedule(): void {
  if (scheduled) return;
  scheduled = true;
  setImmediate(turn);
}

function turn(): void {
  scheduled = false;
  const callbacks = due;
  due = coming;
  coming = [];
  if (due.length > 0) schedule();
  for (const callback of callbacks) callback();
}
