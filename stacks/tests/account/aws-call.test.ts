import { describe, expect, it } from 'vitest'
import { type AwsRequest, callOf, expiredResponse, isChange } from './aws-call.ts'

function signed(service: string, method: string, own: AwsRequest['headers'] = {}, body = ''): AwsRequest {
  const authorization = `AWS4-HMAC-SHA256 Credential=test/20261128/eu-central-1/${service}/aws4_request, SignedHeaders=host`
  return { method, headers: { authorization, ...own }, body }
}
const json = (service: string, target: string) => signed(service, 'POST', { 'x-amz-target': target }, '{}')
const form = (service: string, action: string) =>
  signed(
    service,
    'POST',
    { 'content-type': 'application/x-www-form-urlencoded' },
    `Action=${action}&Version=1`,
  )

describe('a call to AWS', () => {
  it.each([
    ['JSON', json('dynamodb', 'DynamoDB_20120810.CreateTable'), 'CreateTable'],
    ['query', form('iam', 'CreateRole'), 'CreateRole'],
    ['REST', signed('eks', 'POST'), ''],
  ])('names service and operation (%s)', (_protocol, request, operation) => {
    expect(callOf(request)?.operation).toBe(operation)
  })

  it('is none without a signature', () => {
    expect(callOf({ method: 'GET', headers: {}, body: '' })).toBeUndefined()
  })

  it.each([
    [json('dynamodb', 'DynamoDB_20120810.CreateTable'), true],
    [json('dynamodb', 'DynamoDB_20120810.DescribeTable'), false],
    [form('ec2', 'CreateVpc'), true],
    [form('ec2', 'DescribeVpcs'), false],
    [signed('eks', 'DELETE'), true],
    [signed('eks', 'GET'), false],
    // SST's state and lock.
    [signed('s3', 'PUT'), false],
  ])('is a change unless it reads (%#)', (request, expected) => {
    expect(isChange(request)).toBe(expected)
  })

  it.each([
    [json('ssm', 'AmazonSSM.GetParameter'), 'ExpiredTokenException'],
    [signed('eks', 'GET'), 'ExpiredTokenException'],
    [form('iam', 'GetRole'), '<Code>ExpiredToken</Code>'],
    [form('ec2', 'DescribeVpcs'), '<Response><Errors><Error><Code>RequestExpired</Code>'],
    [signed('s3', 'GET'), '<Error><Code>ExpiredToken</Code>'],
    [signed('route53', 'GET'), '<Code>ExpiredToken</Code>'],
  ])('with expired credentials is answered in its protocol (%#)', (request, text) => {
    const { status, body } = expiredResponse(request)
    expect(status).toBeGreaterThanOrEqual(400)
    expect(body).toContain(text)
  })
})
