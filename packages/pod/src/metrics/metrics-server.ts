/** `GET /metrics` on a port of its own. The gateway forwards to the port of the WebSocket only. */
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { PodCounts } from './counts.ts'

// As in server.ts: an import of node:http would load undici.
const { createServer } = process.getBuiltinModule('node:http')

const METRICS_PATH = '/metrics'
/** TCP connections. A Prometheus server keeps one open. */
const MAX_CONNECTIONS = 8
const REQUEST_TIMEOUT_MS = 5_000
const HEADER_BYTES = 4_096
/** How often the delay of the event loop is measured. */
const LOOP_PERIOD_MS = 500

export interface MetricsServer {
  readonly port: number
  close(): void
}

/**
 * Opens the port and begins to measure the event loop.
 * @throws the `listen` error, such as EADDRINUSE.
 */
export async function startMetricsServer(
  { ip, metricsPort }: { readonly ip: string; readonly metricsPort: number },
  counts: PodCounts,
): Promise<MetricsServer> {
  const server = createServer(
    { maxHeaderSize: HEADER_BYTES, requestTimeout: REQUEST_TIMEOUT_MS, connectionsCheckingInterval: 1_000 },
    respondWith(counts),
  )
  server.maxConnections = MAX_CONNECTIONS
  server.listen(metricsPort, ip)
  await once(server, 'listening')
  const stopMeasuring = measureLoop(counts)
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      stopMeasuring()
      server.close()
      server.closeAllConnections()
    },
  }
}

function respondWith(counts: PodCounts) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const status = statusFor(request)
    if (status !== 200) {
      response
        .writeHead(status, { 'content-length': 0, ...(status === 405 ? { allow: 'GET, HEAD' } : {}) })
        .end()
      return
    }
    const { metricsText, OPEN_METRICS_TYPE } = await import('./metrics-text.ts')
    const text = metricsText(counts)
    response.writeHead(200, {
      'content-type': OPEN_METRICS_TYPE,
      'content-length': Buffer.byteLength(text),
      'cache-control': 'no-store',
    })
    response.end(request.method === 'HEAD' ? undefined : text)
  }
}

function statusFor({ method, url }: IncomingMessage): 200 | 404 | 405 {
  if (url !== METRICS_PATH) return 404
  return method === 'GET' || method === 'HEAD' ? 200 : 405
}

/** Measures how late a timer fires. An interval starts its next period late too, so each measurement stands alone. */
function measureLoop({ loopDelay }: PodCounts): () => void {
  let dueMs = performance.now() + LOOP_PERIOD_MS
  const timer = setInterval(() => {
    const nowMs = performance.now()
    loopDelay.measure(Math.max(0, nowMs - dueMs) / 1_000)
    dueMs = nowMs + LOOP_PERIOD_MS
  }, LOOP_PERIOD_MS)
  timer.unref()
  return () => clearInterval(timer)
}
