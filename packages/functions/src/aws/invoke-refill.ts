import { HttpRequest } from '@smithy/core/transport'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import type { Config } from '../config.ts'
import { coalesce } from '../lib/coalesce.ts'
import { logInvokeRefillFailed } from '../lib/log.ts'
import { type Signing, signerFor } from './sigv4.ts'

const TRIES = 2

/**
 * Returns a function that invokes refill asynchronously and never throws. The event is empty, because refill reads the whole
 * state anyway. It signs one request instead of using the SDK's client for Lambda, which is as large as the rest of the
 * API's entry.
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
    const reason = await textOf(response.body)
    if (response.statusCode !== 202)
      throw new Error(`Expected Invoke to answer 202, got ${response.statusCode}: ${reason}`)
  }

  return invokeWithRetry(invoke)
}

/** Reads a body to its end, so that its connection can be used again. @returns its first 300 characters. */
async function textOf(body: AsyncIterable<Buffer> | undefined): Promise<string> {
  let text = ''
  for await (const bytes of body ?? []) if (text.length < 300) text += bytes
  return text.slice(0, 300)
}

/**
 * Returns a function that never throws: concurrent calls share an invoke, a failed invoke is retried once, and a second
 * failure is logged. The schedule triggers refill within a minute anyway.
 */
export function invokeWithRetry(invoke: () => Promise<void>): () => Promise<void> {
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
