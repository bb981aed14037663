import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import type { Config } from './config.ts'
import { logWakeFailed } from './events.ts'
import { trailing } from './trailing.ts'

/** An asynchronous invoke of refill; what it says does not matter, since refill reads what is. */
export function refillInvoker(
  config: Pick<Config, 'region' | 'lambdaEndpoint' | 'refillFunction'>,
): () => Promise<void> {
  const client = new LambdaClient({
    region: config.region,
    ...(config.lambdaEndpoint ? { endpoint: config.lambdaEndpoint } : {}),
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 500, requestTimeout: 1_500 },
  })
  return trailing(async () => {
    try {
      await client.send(new InvokeCommand({ FunctionName: config.refillFunction, InvocationType: 'Event' }))
    } catch (error) {
      logWakeFailed(error)
    }
  })
}
