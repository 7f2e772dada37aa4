import { createServer } from 'node:http';

/** The size of the service's answer to a create. */
const ANSWER = JSON.stringify({
  schemas: ['x'.repeat(42)],
  id: '0'.repeat(36),
  meta: 'x'.repeat(600),
});

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    response.writeHead(201, {
      'content-type': 'application/scim+json',
      'content-length': ANSWER.length,
    });
    response.end(ANSWER);
  });
});
server.listen(0, '127.0.0.1', () => process.send?.(server.address().port));
process.on('disconnect', () => process.exit());
