import type { IncomingMessage } from 'node:http'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'

/** The parts of an event that are not in the request itself. */
export interface EventContext {
  /** Path and query without the `/api` prefix, still percent-encoded. */
  readonly target: string
  readonly body: Buffer
  readonly requestId: string
  /** Milliseconds since 1970. */
  readonly nowMs: number
}

type Headers = Record<string, string>

/** Content types that API Gateway passes on as text. Other bodies become base64. */
const TEXT = /^(text\/.*|application\/(json|javascript|xml|x-www-form-urlencoded|.+\+json|.+\+xml))$/
const ACCOUNT = '000000000000'
const API_ID = 'local'

/**
 * Returns the event that an HTTP API sends to a Lambda function, payload format 2.0.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 * @throws URIError when the path is not valid percent-encoding.
 */
export function eventOf(request: IncomingMessage, context: EventContext): APIGatewayProxyEventV2 {
  const [encodedPath = '', query = ''] = splitOnce(context.target, '?')
  const rawPath = decodedPath(encodedPath)
  const headers = joinedHeaders(request)
  const cookies = cookiesOf(request)
  const sourceIp = addressOf(request)
  const event: APIGatewayProxyEventV2 = {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString: query,
    ...(cookies.length > 0 ? { cookies } : {}),
    headers: { ...headers, ...forwardedHeaders(request, headers, sourceIp, context.requestId) },
    ...(query ? { queryStringParameters: parametersOf(query) } : {}),
    requestContext: {
      accountId: ACCOUNT,
      apiId: API_ID,
      domainName: headers.host ?? '',
      domainPrefix: (headers.host ?? '').split(/[.:]/)[0] ?? '',
      http: {
        method: request.method ?? 'GET',
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: context.requestId,
      routeKey: '$default',
      stage: '$default',
      time: clfTime(context.nowMs),
      timeEpoch: context.nowMs,
    },
    isBase64Encoded: false,
  }
  return context.body.length > 0 ? { ...event, ...bodyOf(context.body, headers) } : event
}

/** Node reports IPv4 callers of a dual-stack socket as `::ffff:127.0.0.1`; API Gateway as `127.0.0.1`. */
export function addressOf(request: IncomingMessage): string {
  return (request.socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '')
}

/**
 * An HTTP API decodes the path once and drops everything after a decoded `?`. This does the same, because a handler that
 * expects an encoded `rawPath` would otherwise fail only in production. Observed: https://github.com/middleapi/standard-server/pull/93
 */
function decodedPath(encoded: string): string {
  return splitOnce(decodeURIComponent(encoded), '?')[0] ?? ''
}

/** Names in lower case, duplicates joined with commas, without cookies. */
function joinedHeaders(request: IncomingMessage): Headers {
  const joined: Headers = {}
  for (const [name, values] of Object.entries(request.headersDistinct)) {
    if (values && name !== 'cookie') joined[name] = values.join(',')
  }
  return joined
}

function cookiesOf(request: IncomingMessage): string[] {
  const lines = request.headersDistinct.cookie ?? []
  return lines.flatMap((line) => line.split(/;\s*/)).filter((cookie) => cookie !== '')
}

function forwardedHeaders(
  request: IncomingMessage,
  headers: Headers,
  sourceIp: string,
  requestId: string,
): Headers {
  const earlier = headers['x-forwarded-for']
  return {
    'x-amzn-trace-id': headers['x-amzn-trace-id'] ?? `Root=${requestId}`,
    'x-forwarded-for': earlier ? `${earlier}, ${sourceIp}` : sourceIp,
    'x-forwarded-port': String(request.socket.localPort ?? ''),
    'x-forwarded-proto': 'http',
  }
}

function parametersOf(query: string): Record<string, string> {
  const parameters: Record<string, string> = Object.create(null)
  for (const [name, value] of new URLSearchParams(query)) {
    parameters[name] = name in parameters ? `${parameters[name]},${value}` : value
  }
  return { ...parameters }
}

function bodyOf(body: Buffer, headers: Headers): { body: string; isBase64Encoded: boolean } {
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  const isText = headers['content-encoding'] === undefined && (type === '' || TEXT.test(type))
  return { body: body.toString(isText ? 'utf8' : 'base64'), isBase64Encoded: !isText }
}

/** The Common Log Format's time, as `requestContext.time` has it: `12/Mar/2020:19:03:58 +0000`. */
function clfTime(ms: number): string {
  const [, day, month, year, time] = new Date(ms).toUTCString().split(' ')
  return `${day}/${month}/${year}:${time} +0000`
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)]
}
