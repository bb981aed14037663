/**
 * A fake of the AWS APIs that the SST CLI and the program call themselves: Parameter Store, S3 and ECR, in memory.
 * Parameter Store holds SST's bootstrap record and passphrase, S3 its state. The CLI finds the fake by AWS_ENDPOINT_URL.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ACCOUNT } from './mocks.ts'

/** `expired` rejects every call with ExpiredTokenException. */
export type Credentials = 'valid' | 'expired'
/** The registry of the pod's image: with every tag, with no image, or not created yet. */
export type Registry = 'complete' | 'empty' | 'missing'

/** Digest of every image in the registry. */
export const POD_DIGEST = `sha256:${'0'.repeat(64)}`

const STATE = '/sst-state/'
const BOOTSTRAP = JSON.stringify({
  // Newer than any version SST knows, so it does not bootstrap the account.
  version: 99,
  asset: 'sst-asset',
  assetEcrRegistryId: ACCOUNT,
  assetEcrUrl: `${ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com/sst-asset`,
  state: 'sst-state',
})

export interface FakeAws extends AsyncDisposable {
  readonly url: string
  /** One line for each request so far. */
  readonly log: readonly string[]
}

/** Starts the fake on a free port of 127.0.0.1. */
export async function fakeAws(credentials: Credentials, registry: Registry): Promise<FakeAws> {
  const parameters = new Map([['/sst/bootstrap', BOOTSTRAP]])
  const objects = new Map<string, string>()
  const log: string[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += chunk
    const target = String(request.headers['x-amz-target'] ?? '')
    log.push(`${request.method} ${request.url} ${target}`.trim())
    if (credentials === 'expired') return rejectExpired(response)
    if (target.startsWith('AmazonSSM.')) return parameterStore(response, target, JSON.parse(body), parameters)
    if (target.endsWith('.DescribeImages')) return describeImages(response, registry)
    return stateBucket(request, response, body, objects)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    log,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

function rejectExpired(response: ServerResponse): void {
  const message = 'The security token included in the request is expired'
  response.writeHead(400, {
    'content-type': 'application/x-amz-json-1.1',
    'x-amzn-errortype': 'ExpiredTokenException',
  })
  response.end(JSON.stringify({ __type: 'ExpiredTokenException', message }))
}

function describeImages(response: ServerResponse, registry: Registry): void {
  const refusal = { complete: undefined, empty: 'ImageNotFound', missing: 'RepositoryNotFound' }[registry]
  response.writeHead(refusal ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' })
  response.end(
    JSON.stringify(
      refusal ? { __type: `${refusal}Exception` } : { imageDetails: [{ imageDigest: POD_DIGEST }] },
    ),
  )
}

function parameterStore(
  response: ServerResponse,
  target: string,
  { Name, Value }: { Name: string; Value?: string },
  parameters: Map<string, string>,
): void {
  const respond = (status: number, body: object): void => {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
    response.end(JSON.stringify(body))
  }
  if (target.endsWith('.PutParameter') && Value !== undefined) {
    parameters.set(Name, Value)
    respond(200, { Version: 1 })
    return
  }
  const found = parameters.get(Name)
  if (found === undefined) respond(400, { __type: 'ParameterNotFound' })
  else respond(200, { Parameter: { Name, Value: found, Type: 'String' } })
}

function stateBucket(
  { method, url = '' }: IncomingMessage,
  response: ServerResponse,
  body: string,
  objects: Map<string, string>,
): void {
  const key = decodeURIComponent(url.split('?')[0] ?? '')
  if (!key.startsWith(STATE)) {
    response.writeHead(500).end(`stacks/tests/offline/fake-aws.ts does not implement ${method} ${url}.`)
  } else if (method === 'PUT') {
    objects.set(key, body)
    response.end()
  } else if (method === 'DELETE') {
    objects.delete(key)
    response.writeHead(204).end()
  } else if (objects.has(key)) {
    response.end(objects.get(key))
  } else {
    response.writeHead(404, { 'content-type': 'application/xml' })
    response.end('<Error><Code>NoSuchKey</Code><Message>none</Message></Error>')
  }
}
