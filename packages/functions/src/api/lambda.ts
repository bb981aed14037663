/** The entry of the api Lambda. Loading this module prepares the process for its first claim. */
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { logAsLambda } from '../lib/log.ts'
import { makeServices } from '../services.ts'
import { dryRunClaim } from './dry-run.ts'
import { apiHandler } from './handler.ts'
import { isKeepWarm, type KeepWarmEvent } from './keep-warm.ts'
import { logFailures, prepare } from './prepare.ts'

/** Lambda ends an init after 10 s and starts it anew. A request must not wait that long for a DynamoDB that does not answer. */
const INIT_BUDGET_MS = 2_000

/** Throws an error that names each missing variable. Lambda then logs it and fails the invocation. */
const services = makeServices(process.env)
logAsLambda(services.config.metricsNamespace)
const handle = apiHandler(services)

const { promise: budget, resolve: spend } = Promise.withResolvers<void>()
const timer = setTimeout(spend, INIT_BUDGET_MS)
await Promise.race([logFailures([prepare(services), dryRunClaim(services)]), budget])
clearTimeout(timer)

/** Answers an HTTP request. For an event of the schedule, it prepares again and answers nothing. */
export async function handler(
  event: APIGatewayProxyEventV2 | KeepWarmEvent,
): Promise<APIGatewayProxyStructuredResultV2 | undefined> {
  if (!isKeepWarm(event)) return handle(event)
  await prepare(services)
  return undefined
}
