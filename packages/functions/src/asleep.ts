/** The API of a stage that has no cluster now: switched off to save money. Every call is told so. */
import { Fault } from '@warm-pods/core/faults.ts'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { faultAnswer, PREFLIGHT, toResult } from './http-answer.ts'

/** The Lambda's entry. It needs one variable, SITE_ORIGIN. */
export async function handler({
  requestContext,
  headers,
}: Pick<APIGatewayProxyEventV2, 'requestContext' | 'headers'>): Promise<APIGatewayProxyStructuredResultV2> {
  const answer =
    requestContext.http.method === 'OPTIONS'
      ? PREFLIGHT
      : faultAnswer(new Fault('asleep'), requestContext.requestId)
  return toResult(answer, headers.origin, process.env['SITE_ORIGIN'] ?? '')
}
