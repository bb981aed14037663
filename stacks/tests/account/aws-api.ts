import { EKSClient } from '@aws-sdk/client-eks'
import { signerFor, signingOf } from '../../../packages/functions/src/aws/sigv4.ts'

/** Services of AWS whose API is JSON with a target header, and the prefix of that header. */
const TARGETS = {
  dynamodb: 'DynamoDB_20120810',
  ecr: 'AmazonEC2ContainerRegistry_V20150921',
  logs: 'Logs_20140328',
  ssm: 'AmazonSSM',
  tagging: 'ResourceGroupsTaggingAPI_20170126',
} as const

/**
 * Calls an AWS API at AWS_ENDPOINT_URL, with the credentials of the environment.
 * @throws Error with AWS' own text, unless the status is 200.
 */
export async function call(
  service: keyof typeof TARGETS,
  operation: string,
  input: object,
): Promise<unknown> {
  const { protocol, hostname, port, host } = new URL(process.env['AWS_ENDPOINT_URL'] ?? '')
  const eks = new EKSClient({})
  const body = JSON.stringify(input)
  const headers = {
    host,
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': `${TARGETS[service]}.${operation}`,
  }
  const signed = await signerFor(service, signingOf(eks.config)).sign({
    ...{ method: 'POST', protocol, hostname, port: Number(port), path: '/' },
    headers,
    body,
  })
  eks.destroy()
  const response = await fetch(`${protocol}//${host}/`, { method: 'POST', headers: signed.headers, body })
  const text = await response.text()
  if (!response.ok)
    throw new Error(`${service} ${operation} answered ${response.status}: ${text.slice(0, 300)}`)
  return text === '' ? {} : JSON.parse(text)
}
