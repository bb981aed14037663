// The process behind every pod of this suite: small enough to read, rude on request.
// It answers /health, and dies as its environment or a request tells it to.

import { createServer } from 'node:http'

const { HOST = '0.0.0.0', PORT = '8080', ON_SIGTERM = '143', EXIT_AFTER_MS, EXIT_CODE = '1' } = process.env

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://pod')
  if (pathname === '/health') response.end('ok\n')
  else if (pathname === '/env') response.end(JSON.stringify(process.env))
  else if (pathname === '/pid') response.end(String(process.pid))
  else if (pathname === '/say') {
    console.log(searchParams.get('line'))
    response.end()
  } else if (pathname === '/exit') process.exit(Number(searchParams.get('code') ?? 0))
  // A real hang: the event loop stands still, so neither probes nor SIGTERM are answered.
  else if (pathname === '/freeze') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  else response.writeHead(404).end()
})

process.on('SIGTERM', () => {
  console.log('SIGTERM')
  if (ON_SIGTERM !== 'ignore') process.exit(Number(ON_SIGTERM))
})
if (EXIT_AFTER_MS) setTimeout(() => process.exit(Number(EXIT_CODE)), Number(EXIT_AFTER_MS))
server.listen(Number(PORT), HOST, () => {
  console.log(`listening on ${HOST}:${PORT}`)
  console.error('and this is stderr')
})
