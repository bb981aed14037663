/** What the browser talks to: page, API and sockets on one origin. */
import { handler } from '@warm-pods/functions/api.ts'
import { INTEGRATION_TIMEOUT_MS } from '../front/api.ts'
import { startFront } from '../front/front.ts'
import { createGateway } from '../gateway/gateway.ts'
import { podEndpoint } from '../kubernetes/pod-addresses.ts'
import { runPart } from '../processes/run-part.ts'

export interface FrontSettings {
  readonly port: number
  /** Folder of the built page, absolute. */
  readonly page: string
  readonly functionName: string
}

await runPart(async ({ port, page, functionName }: FrontSettings) => {
  const gateway = createGateway({ resolve: (ip) => podEndpoint(ip) })
  const front = await startFront({
    port,
    page,
    gateway,
    api: { name: functionName, handler, timeoutMs: INTEGRATION_TIMEOUT_MS },
    onError: (requestId, error) => console.error(`request ${requestId}: ${error}`),
  })
  return {
    ready: {},
    async close() {
      await gateway[Symbol.asyncDispose]()
      await front.close()
    },
  }
})
