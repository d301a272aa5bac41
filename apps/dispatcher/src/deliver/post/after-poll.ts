/** Those to call after the next poll, and those for which it has been since they came. */
let coming: (() => void)[] = [];
let due: (() => void)[] = [];
let scheduled = false;

/**
 * Calls back once the event loop has taken in what has arrived from the network by now. One turn of it is not enough: it
 * may be past its polling in this one.
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
