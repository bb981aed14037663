/** The API of a stage that has no cluster now: switched off to save money. Every call is told so. */
import { ApiError } from '@warm-pods/core/api/errors.ts'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { readAsleepConfig } from '../config.ts'
import { faultAnswer, PREFLIGHT, toResult } from './response.ts'

let config: ReturnType<typeof readAsleepConfig> | undefined

/** The Lambda's entry. @throws Error at the first call when the environment lacks something; it is named. */
export async function handler({
  requestContext,
  headers,
}: Pick<APIGatewayProxyEventV2, 'requestContext' | 'headers'>): Promise<APIGatewayProxyStructuredResultV2> {
  config ??= readAsleepConfig(process.env)
  const answer =
    requestContext.http.method === 'OPTIONS'
      ? PREFLIGHT
      : faultAnswer(new ApiError('asleep'), requestContext.requestId)
  return toResult(answer, headers.origin, config.siteOrigin)
}
