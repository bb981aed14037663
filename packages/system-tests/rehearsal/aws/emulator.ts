/** Signed requests to the emulated AWS account that AWS_ENDPOINT_URL names. */
import { type Signing, signerFor, signingOf } from '@warm-pods/functions/aws/sigv4.ts'
import { documents } from '@warm-pods/functions/store/client.ts'

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

interface Call {
  readonly method?: 'GET' | 'POST'
  /** Percent-encoded. */
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Emulator {
  readonly url: URL
  readonly region: string
  /** Calls a service with a REST API. @returns the parsed body. @throws Error with the text of AWS unless the status is 2xx. */
  rest(service: string, path: string): Promise<unknown>
  /** Calls a service whose API is JSON with a target header. @throws as `rest`. */
  target(service: string, target: string, input: object): Promise<unknown>
  /** Calls a service of the query protocol. @returns the body, XML. @throws as `rest`. */
  query(service: string, version: string, parameters: Readonly<Record<string, string>>): Promise<string>
  /** Downloads an object of S3. @throws as `rest`. */
  object(bucket: string, key: string): Promise<Buffer>
}

/** @param url of the emulator. Credentials and region come from the environment. */
export function emulatorAt(url: string, region: string): Emulator {
  const base = new URL(url)
  const signing: Signing = signingOf(documents({ region, dynamodbEndpoint: '' }).config)

  async function call(
    service: string,
    { method = 'GET', path = '/', headers = {}, body }: Call,
  ): Promise<Buffer> {
    const { protocol, hostname, host, port } = base
    const [pathname = '/', query = ''] = path.split('?')
    const signed = await signerFor(service, signing).sign({
      ...{
        method,
        protocol,
        hostname,
        path: pathname,
        query: Object.fromEntries(new URLSearchParams(query)),
      },
      ...(port ? { port: Number(port) } : {}),
      headers: { host, ...headers },
      ...(body === undefined ? {} : { body }),
    })
    const response = await fetch(new URL(path, base), {
      method,
      headers: signed.headers,
      ...(body === undefined ? {} : { body }),
    })
    const bytes = Buffer.from(await response.arrayBuffer())
    if (!response.ok)
      throw new Error(
        `${service} answered ${response.status} to ${method} ${path}: ${bytes.toString().slice(0, 300)}`,
      )
    return bytes
  }

  const parsed = (bytes: Buffer): unknown => (bytes.length > 0 ? JSON.parse(bytes.toString()) : {})

  return {
    url: base,
    region,
    rest: async (service, path) => parsed(await call(service, { path })),
    async target(service, target, input) {
      const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target }
      return parsed(await call(service, { method: 'POST', headers, body: JSON.stringify(input) }))
    },
    async query(service, version, parameters) {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      const body = new URLSearchParams({ ...parameters, Version: version }).toString()
      return (await call(service, { method: 'POST', headers, body })).toString()
    },
    object: (bucket, key) => call('s3', { path: `/${bucket}/${key}` }),
  }
}

/** @returns the text of the first element of this name. @throws Error if the document has none. */
export function textOf(xml: string, element: string): string {
  const found = new RegExp(`<${element}>([^<]*)</${element}>`).exec(xml)?.[1]
  if (found === undefined) throw new Error(`Expected <${element}> in ${xml.slice(0, 300)}`)
  return found
}
