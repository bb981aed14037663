/** The API of a stage whose cluster is switched off to save money. It answers every request with `asleep`. */
import { ApiError } from '@warm-pods/core/api/errors.ts'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { readAsleepConfig } from '../config.ts'
import { errorResponse, PREFLIGHT, toResult } from './response.ts'

let config: ReturnType<typeof readAsleepConfig> | undefined

/** The Lambda's entry. @throws Error at the first call, when the environment lacks a value; the message names it. */
export async function handler({
  requestContext,
  headers,
}: Pick<APIGatewayProxyEventV2, 'requestContext' | 'headers'>): Promise<APIGatewayProxyStructuredResultV2> {
  config ??= readAsleepConfig(process.env)
  const response =
    requestContext.http.method === 'OPTIONS'
      ? PREFLIGHT
      : errorResponse(new ApiError('asleep'), requestContext.requestId)
  return toResult(response, headers.origin, config.siteOrigin)
}
