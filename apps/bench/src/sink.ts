import { createServer } from 'node:http';

/**
 * The receiver of the bench, a process of its own: answers 200 at once and counts. Over its IPC channel it takes
 * `reset` and answers `report` with the number of arrivals, the time of the last, and the times by mark (the text after
 * `"mark":"` in a body), all in ms since the epoch with fractions.
 */
let arrivals = 0;
let lastAt = 0;
let marks: [string, number][] = [];

const now = (): number => performance.timeOrigin + performance.now();

const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => (body += chunk));
  request.on('end', () => {
    arrivals += 1;
    lastAt = now();
    const at = body.indexOf('"mark":"');
    if (at >= 0) marks.push([body.slice(at + 8, body.indexOf('"', at + 8)), lastAt]);
    response.writeHead(200).end();
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as { port: number }).port }));

process.on('message', (message) => {
  if (message === 'reset') {
    arrivals = 0;
    marks = [];
  } else if (message === 'count') {
    process.send?.({ arrivals, lastAt });
  } else {
    process.send?.({ arrivals, lastAt, marks });
  }
});
process.on('disconnect', () => process.exit(0));
