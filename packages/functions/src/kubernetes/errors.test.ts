import { DynamoDBServiceException } from '@aws-sdk/client-dynamodb'
import { describe, expect, it } from 'vitest'
import { ClusterNotReady, failureOf } from './errors.ts'

/** An error as the Kubernetes client throws it for a response that is no success. */
function kubernetesError(code: number, message: string): Error {
  return Object.assign(new Error(`HTTP-Code: ${code}`), {
    code,
    body: JSON.stringify({ kind: 'Status', code, message }),
  })
}

function dynamoError(name: string, message: string, $fault: 'client' | 'server', status?: number): Error {
  const $metadata = status === undefined ? {} : { httpStatusCode: status }
  return new DynamoDBServiceException({ name, message, $fault, $metadata })
}

const systemError = (code: string): Error =>
  Object.assign(new Error(`connect ${code} 10.0.0.9:443`), { code })

describe(failureOf, () => {
  it.each([
    [404, 'namespaces "warm-pods" not found'],
    [401, 'Unauthorized'],
    [403, 'jobs.batch is forbidden: unable to create new content in namespace warm-pods'],
    [422, 'Job.batch "warm-0-1-bcdfg" is invalid: spec.template: Required value'],
  ])('is a refusal in Kubernetes’ own words: %i %s', (code, message) => {
    expect(failureOf(kubernetesError(code, message))).toEqual({
      problem: `Kubernetes answered ${code}: ${message}`,
      refused: true,
    })
  })

  it.each([429, 500, 503])('is no refusal when Kubernetes answers %i, which is temporary', (code) => {
    const problem = `Kubernetes answered ${code}: etcdserver: request timed out`
    expect(failureOf(kubernetesError(code, 'etcdserver: request timed out'))).toEqual({
      problem,
      refused: false,
    })
  })

  it('has the reason phrase of HTTP, when the client gives no message of Kubernetes', () => {
    const error = Object.assign(new Error('HTTP-Code: 404'), { code: 404, body: '404 page not found' })
    expect(failureOf(error)?.problem).toBe('Kubernetes answered 404: Not Found')
    // The generated client drops the body of a 401.
    expect(failureOf({ code: 401, body: undefined })?.problem).toBe('Kubernetes answered 401: Unauthorized')
  })

  it('is a refusal in DynamoDB’s own words', () => {
    const missing = dynamoError('ResourceNotFoundException', 'Requested resource not found', 'client', 400)
    const problem = 'DynamoDB answered ResourceNotFoundException: Requested resource not found'
    expect(failureOf(missing)).toEqual({ problem, refused: true })
  })

  it.each([
    dynamoError('ThrottlingException', 'Rate exceeded', 'client', 400),
    dynamoError('ProvisionedThroughputExceededException', 'Rate exceeded', 'client', 400),
    dynamoError('RequestLimitExceeded', 'Rate exceeded', 'client', 400),
    dynamoError('InternalServerError', 'Internal', 'server', 500),
  ])('is no refusal when DynamoDB is busy or broken: %s', (error) => {
    expect(failureOf(error)?.refused).toBe(false)
    expect(failureOf(error)?.problem).toMatch(/^DynamoDB answered \w+: /)
  })

  it.each([
    ['Kubernetes did not answer (ECONNREFUSED)', systemError('ECONNREFUSED')],
    ['Kubernetes did not answer (UND_ERR_HEADERS_TIMEOUT)', systemError('UND_ERR_HEADERS_TIMEOUT')],
    ['Kubernetes did not answer (CERT_HAS_EXPIRED)', systemError('CERT_HAS_EXPIRED')],
    ['Kubernetes did not answer (SELF_SIGNED_CERT_IN_CHAIN)', systemError('SELF_SIGNED_CERT_IN_CHAIN')],
    [
      'Kubernetes did not answer (UNABLE_TO_VERIFY_LEAF_SIGNATURE)',
      systemError('UNABLE_TO_VERIFY_LEAF_SIGNATURE'),
    ],
    [
      'Kubernetes did not answer (ECONNRESET)',
      new TypeError('fetch failed', { cause: systemError('ECONNRESET') }),
    ],
    ['Kubernetes did not answer (TimeoutError)', new DOMException('over', 'TimeoutError')],
    ['AWS did not answer (ECONNREFUSED)', Object.assign(systemError('ECONNREFUSED'), { $metadata: {} })],
    [
      'AWS did not answer (TimeoutError)',
      Object.assign(new Error('Connection timed out'), { name: 'TimeoutError', $metadata: { attempts: 3 } }),
    ],
    [
      'EKS returned no endpoint for the cluster warm. Its status is CREATING.',
      new ClusterNotReady('warm', 'CREATING'),
    ],
  ])('names the service that gave no answer: %s', (problem, error) => {
    expect(failureOf(error)).toEqual({ problem, refused: false })
  })

  it.each([
    'User "arn:aws:sts::123456789012:assumed-role/api/warm" cannot create resource "jobs"',
    'User: arn:aws:sts::123456789012:assumed-role/api is not authorized to perform: dynamodb:Query',
    'failed calling webhook: Post "https://10.0.0.9:443/mutate": dial tcp 10.0.0.9:443: refused',
  ])('names no account, no role and no address: %s', (message) => {
    const problem = failureOf(kubernetesError(403, message))?.problem
    expect(problem).toMatch(/create resource "jobs"|dynamodb:Query|refused$/)
    expect(problem).not.toMatch(/123456789012|assumed-role|10\.0\.0\.9/)
  })

  it('is one line of at most 240 characters', () => {
    const problem = failureOf(kubernetesError(422, 'invalid:\n\t'.repeat(100)))?.problem ?? ''
    expect(problem).toMatch(/^[^\n\t]{200,240}$/)
    expect(problem).toMatch(/…$/)
  })

  it.each([new TypeError('slots.map is not a function'), 'text', undefined])(
    'is undefined for a bug: %s',
    (error) => {
      expect(failureOf(error)).toBeUndefined()
    },
  )
})
