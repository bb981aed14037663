/**
 * The process of every pod in this suite. It answers /health, and its environment decides how it ends. So no test needs
 * a connection to the pod, which a remote cluster may not allow.
 */

import { createServer } from 'node:http'

const { HOST = '0.0.0.0', PORT = '8080', ON_SIGTERM = '143', EXIT_CODE = '1' } = process.env
const {
  EXIT_AFTER_MS,
  FREEZE_AFTER_MS,
  FREEZE_AFTER_PROBES,
  READY_AFTER_MS = '0',
  PRINT_ENV,
  CHATTER_MS,
} = process.env

const startedAt = performance.now()
let probes = 0
const server = createServer((_request, response) => {
  const ready = performance.now() - startedAt >= Number(READY_AFTER_MS)
  response.writeHead(ready ? 200 : 503).end(() => {
    probes += 1
    if (probes === Number(FREEZE_AFTER_PROBES)) setImmediate(freeze)
  })
})

process.on('SIGTERM', () => {
  console.log('SIGTERM')
  if (ON_SIGTERM !== 'ignore') process.exit(Number(ON_SIGTERM))
})

/** Blocks the event loop, as in a real hang: the process answers neither probes nor SIGTERM. */
function freeze(): void {
  console.log('freezing')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

if (EXIT_AFTER_MS) setTimeout(() => process.exit(Number(EXIT_CODE)), Number(EXIT_AFTER_MS))
if (FREEZE_AFTER_MS) setTimeout(freeze, Number(FREEZE_AFTER_MS))
if (PRINT_ENV) console.log(JSON.stringify(process.env))
let lines = 0
if (CHATTER_MS) setInterval(() => console.log(`line ${++lines}`), Number(CHATTER_MS))
server.listen(Number(PORT), HOST, () => {
  console.log(`listening on port ${PORT}`)
  console.error('and this is stderr')
})
