/** AWS calls of the test itself, as an owner would make them by hand. */
import { EKSClient } from '@aws-sdk/client-eks'
import * as v from 'valibot'
import { signerFor, signingOf } from '../../../packages/functions/src/aws/sigv4.ts'

/** Services whose API is JSON with a target header, and the prefix of that header. */
const TARGETS = {
  dynamodb: 'DynamoDB_20120810',
  ecr: 'AmazonEC2ContainerRegistry_V20150921',
  logs: 'Logs_20140328',
  ssm: 'AmazonSSM',
} as const

const Apis = v.object({ items: v.array(v.object({ apiId: v.string(), name: v.string() })) })

interface Endpoint {
  readonly url: string
  readonly region: string
}

/**
 * Calls an AWS API.
 * @throws Error with AWS' own text, unless the status is 2xx.
 */
export class AccountApi {
  readonly #endpoint: Endpoint

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint
  }

  /** Calls a service with a JSON API. Returns the parsed answer. */
  async json(service: keyof typeof TARGETS, operation: string, input: object): Promise<unknown> {
    const headers = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `${TARGETS[service]}.${operation}`,
    }
    const text = await this.#send('POST', service, '/', headers, JSON.stringify(input))
    return text === '' ? {} : JSON.parse(text)
  }

  /** Calls IAM. Returns XML. */
  iam(Action: string, parameters: Readonly<Record<string, string>>): Promise<string> {
    const form = new URLSearchParams({ Action, Version: '2010-05-08', ...parameters }).toString()
    return this.#send('POST', 'iam', '/', { 'content-type': 'application/x-www-form-urlencoded' }, form)
  }

  /** Deletes a resource by its line in the inventory: service and name. @throws Error for a service without a case. */
  async remove(line: string): Promise<void> {
    const [service = '', name = ''] = line.split(' ')
    if (service === 'apigatewayv2') await this.#removeApi(name)
    else if (service === 'dynamodb') await this.json('dynamodb', 'DeleteTable', { TableName: name })
    else if (service === 'iam') await this.#removeRole(name)
    else if (service === 'logs') await this.json('logs', 'DeleteLogGroup', { logGroupName: name })
    else if (service === 'ssm') await this.json('ssm', 'DeleteParameter', { Name: name })
    else throw new Error(`The test cannot delete "${line}". Add its service to account.ts.`)
  }

  /** IAM deletes a role only without policies. */
  async #removeRole(RoleName: string): Promise<void> {
    const attached = await this.iam('ListAttachedRolePolicies', { RoleName })
    for (const [, PolicyArn = ''] of attached.matchAll(/<PolicyArn>([^<]+)</g))
      await this.iam('DetachRolePolicy', { RoleName, PolicyArn })
    const inline = await this.iam('ListRolePolicies', { RoleName })
    for (const [, PolicyName = ''] of inline.matchAll(/<member>([^<]+)</g))
      await this.iam('DeleteRolePolicy', { RoleName, PolicyName })
    await this.iam('DeleteRole', { RoleName })
  }

  async #removeApi(name: string): Promise<void> {
    const apis = v.parse(Apis, JSON.parse(await this.#send('GET', 'apigateway', '/v2/apis')))
    const id = apis.items.find((api) => api.name === name)?.apiId
    await this.#send('DELETE', 'apigateway', `/v2/apis/${id}`)
  }

  /** Creates a public hosted zone. Returns its id. */
  async createZone(name: string): Promise<string> {
    const namespace = 'https://route53.amazonaws.com/doc/2013-04-01/'
    const body = `<CreateHostedZoneRequest xmlns="${namespace}"><Name>${name}</Name><CallerReference>test</CallerReference></CreateHostedZoneRequest>`
    const xml = await this.#send(
      'POST',
      'route53',
      '/2013-04-01/hostedzone',
      { 'content-type': 'text/xml' },
      body,
    )
    const id = /<Id>\/hostedzone\/(\w+)<\/Id>/.exec(xml)?.[1]
    if (!id) throw new Error(`Route 53 answered without an id: ${xml.slice(0, 300)}`)
    return id
  }

  async #send(
    method: 'DELETE' | 'GET' | 'POST',
    service: string,
    path: string,
    own: Record<string, string> = {},
    body = '',
  ): Promise<string> {
    const { protocol, hostname, port, host } = new URL(this.#endpoint.url)
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
    const eks = new EKSClient({ region: this.#endpoint.region, credentials })
    const signed = await signerFor(service, signingOf(eks.config)).sign({
      ...{ method, protocol, hostname, port: Number(port), path },
      headers: { ...own, host },
      body,
    })
    eks.destroy()
    const response = await fetch(`${protocol}//${host}${path}`, {
      method,
      headers: signed.headers,
      ...(body === '' ? {} : { body }),
    })
    const text = await response.text()
    if (response.ok) return text
    throw new Error(`${service} answered ${response.status}: ${text.slice(0, 300)}`)
  }
}
