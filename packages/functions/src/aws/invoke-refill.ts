import { HttpRequest } from '@smithy/core/transport'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import type { Config } from '../config.ts'
import { coalesce } from '../lib/coalesce.ts'
import { logInvokeRefillFailed } from '../lib/log.ts'
import { type Signing, signerFor } from './sigv4.ts'

const TRIES = 2

/**
 * An asynchronous invoke of refill; what it says does not matter, since refill reads what is. One signed request, and
 * not the SDK's client for Lambda: that alone is as large as the rest of the API's entry.
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export function refillInvoker(
  config: Pick<Config, 'region' | 'lambdaEndpoint' | 'refillFunction'>,
  signing: Signing,
): () => Promise<void> {
  const http = new NodeHttpHandler({ connectionTimeout: 500, requestTimeout: 1_500 })
  const signer = signerFor('lambda', signing)
  const endpoint = new URL(config.lambdaEndpoint || `https://lambda.${config.region}.amazonaws.com`)

  async function invoke(): Promise<void> {
    const request = await signer.sign({
      method: 'POST',
      protocol: endpoint.protocol,
      hostname: endpoint.hostname,
      ...(endpoint.port ? { port: Number(endpoint.port) } : {}),
      path: `/2015-03-31/functions/${encodeURIComponent(config.refillFunction)}/invocations`,
      query: {},
      headers: { host: endpoint.host, 'x-amz-invocation-type': 'Event', 'content-length': '0' },
    })
    const { response } = await http.handle(new HttpRequest(request))
    response.body?.resume()
    if (response.statusCode !== 202) throw new Error(`Invoke answered ${response.statusCode}.`)
  }

  return persistently(invoke)
}

/**
 * Asks in a way that never fails: a burst of calls shares an invoke, and one that fails is made once more.
 * A lost one costs at most a tick of the schedule.
 */
export function persistently(invoke: () => Promise<void>): () => Promise<void> {
  return coalesce(async () => {
    for (let tried = 1; ; tried++) {
      try {
        return await invoke()
      } catch (error) {
        if (tried < TRIES) continue
        return logInvokeRefillFailed(error)
      }
    }
  })
}
