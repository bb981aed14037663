/** Pure functions about AWS calls as HTTP requests. */

export interface AwsRequest {
  readonly method: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: string
}

/** The service and, for JSON and query protocols, the operation of a signed call; undefined for other requests. */
export function callOf({ headers, body }: AwsRequest): { service: string; operation: string } | undefined {
  const signature = /Credential=[^/]+\/\d{8}\/[^/]+\/([^/]+)\/aws4_request/.exec(
    String(headers['authorization']),
  )
  if (!signature?.[1]) return undefined
  const target = String(headers['x-amz-target'] ?? '')
    .split('.')
    .at(-1)
  const isForm = String(headers['content-type']).startsWith('application/x-www-form-urlencoded')
  return {
    service: signature[1],
    operation: target || (isForm ? (new URLSearchParams(body).get('Action') ?? '') : ''),
  }
}

/** Returns whether a call changes resources of a stage. SST's own state and lock in S3 do not count. */
export function isChange(request: AwsRequest): boolean {
  const call = callOf(request)
  if (!call || ['s3', 'sts'].includes(call.service)) return false
  if (call.operation) return !/^(Batch)?(Describe|Get|List|Lookup|Search)/.test(call.operation)
  return request.method !== 'GET' && request.method !== 'HEAD'
}

export interface AwsResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const EXPIRED = 'The security token included in the request is expired'

/** AWS' answer to a call with expired credentials. https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html */
export function expiredResponse(request: AwsRequest): AwsResponse {
  const call = callOf(request)
  const rest = call?.operation === '' && !['route53', 's3'].includes(call.service)
  if (request.headers['x-amz-target'] !== undefined || rest) {
    return {
      status: 400,
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': 'ExpiredTokenException' },
      body: JSON.stringify({ __type: 'ExpiredTokenException', message: EXPIRED }),
    }
  }
  const error = (code: string): string => `<Error><Code>${code}</Code><Message>${EXPIRED}</Message></Error>`
  const xml =
    call?.service === 'ec2'
      ? `<Response><Errors>${error('RequestExpired')}</Errors></Response>`
      : call?.service === 's3'
        ? error('ExpiredToken')
        : `<ErrorResponse>${error('ExpiredToken')}</ErrorResponse>`
  return { status: 403, headers: { 'content-type': 'text/xml' }, body: xml }
}
