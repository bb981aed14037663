/**
 * The AWS endpoint of the rehearsal. It forwards every call to the emulator, with two exceptions. `DescribeCluster` answers
 * with the rehearsal's API server, and `Invoke` reaches the functions that the rehearsal has started.
 */
import {
  type IncomingMessage,
  type RequestListener,
  request as requestHttp,
  type ServerResponse,
} from 'node:http'

interface ClusterAnswer {
  readonly endpoint: string
  /** Certificate authority, PEM. */
  readonly ca: string
}

export interface EndpointOptions {
  readonly emulator: URL
  /** Returns the answer for every cluster. */
  readonly cluster: () => ClusterAnswer
  /** Returns the port of a function's Invoke API; undefined for a function that does not run. */
  readonly functionPort: (name: string) => number | undefined
}

const INVOKE = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/
const DESCRIBE_CLUSTER = /^\/clusters\/[^/]+$/

/** Returns the handler of the endpoint's requests. */
export function awsEndpoint({ emulator, cluster, functionPort }: EndpointOptions): RequestListener {
  return (request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? ''
    const invoked = INVOKE.exec(path)?.[1]
    const port = invoked === undefined ? undefined : functionPort(decodeURIComponent(invoked))
    const target = port === undefined ? emulator : new URL(`http://127.0.0.1:${port}`)
    const isDescription =
      request.method === 'GET' && DESCRIBE_CLUSTER.test(path) && isFor('eks', request.headers.authorization)
    forward(request, response, target, isDescription ? (text) => withEndpoint(text, cluster()) : undefined)
  }
}

/** A signature names the service: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function isFor(service: string, authorization = ''): boolean {
  return authorization.includes(`/${service}/aws4_request`)
}

function withEndpoint(text: string, { endpoint, ca }: ClusterAnswer): string {
  const answer = JSON.parse(text) as { cluster?: Record<string, unknown> }
  if (!answer.cluster) return text
  const certificateAuthority = { data: Buffer.from(ca).toString('base64') }
  return JSON.stringify({ cluster: { ...answer.cluster, endpoint, certificateAuthority } })
}

/** @param change of the body, if it must be changed. */
function forward(
  request: IncomingMessage,
  response: ServerResponse,
  { hostname, port }: URL,
  change: ((text: string) => string) | undefined,
): void {
  const upstream = requestHttp(
    { hostname, port, method: request.method, path: request.url, headers: request.headers },
    async (answer) => {
      const { statusCode = 502, headers } = answer
      if (!change) {
        response.writeHead(statusCode, headers)
        answer.pipe(response)
        return
      }
      const chunks: Buffer[] = []
      for await (const chunk of answer) chunks.push(chunk)
      const body = change(Buffer.concat(chunks).toString())
      const { 'transfer-encoding': _, ...kept } = headers
      response.writeHead(statusCode, { ...kept, 'content-length': Buffer.byteLength(body) }).end(body)
    },
  )
  upstream.once('error', () => response.destroy())
  request.pipe(upstream)
}
