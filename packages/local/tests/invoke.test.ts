import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import type { Context } from 'aws-lambda'
import { describe, expect, it } from 'vitest'
import { type InvokeServerOptions, startInvokeServer } from '../src/lambda/invoke-server.ts'
import { startSchedule } from '../src/lambda/schedule.ts'
import { call, until } from './_util.ts'

type Handler = (event: unknown, context: Context) => unknown

function serve(handler: Handler, options: Partial<InvokeServerOptions> = {}) {
  return startInvokeServer({
    port: 0,
    functions: [{ name: 'refill', handler, timeoutMs: 30_000 }],
    onError: () => {},
    ...options,
  })
}

function client(port: number): LambdaClient {
  return new LambdaClient({
    region: 'local',
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    maxAttempts: 1,
  })
}

describe('the Invoke API, called by the AWS SDK', () => {
  it('returns the result of a RequestResponse', async () => {
    await using server = await serve((event, context) => ({ event, name: context.functionName }))
    const response = await client(server.port).send(
      new InvokeCommand({ FunctionName: 'refill', Payload: JSON.stringify({ why: 'claim' }) }),
    )
    expect(response.StatusCode).toBe(200)
    expect(JSON.parse(response.Payload?.transformToString() ?? '')).toEqual({
      event: { why: 'claim' },
      name: 'refill',
    })
  })

  it('answers an Event with 202 before the function is done', async () => {
    const done = Promise.withResolvers<void>()
    let runs = 0
    await using server = await serve(async () => {
      runs += 1
      await done.promise
    })
    const response = await client(server.port).send(
      new InvokeCommand({ FunctionName: 'refill', InvocationType: 'Event' }),
    )
    expect(response.StatusCode).toBe(202)
    await until('the run', () => runs === 1)
    done.resolve()
  })

  it('finds a function by its ARN, and by name and qualifier', async () => {
    await using server = await serve(() => 'ran')
    for (const FunctionName of ['arn:aws:lambda:local:000000000000:function:refill', 'refill:$LATEST']) {
      const response = await client(server.port).send(new InvokeCommand({ FunctionName }))
      expect(response.Payload?.transformToString()).toBe('"ran"')
    }
  })

  it('answers 404 ResourceNotFoundException for an unknown function', async () => {
    await using server = await serve(() => {})
    await expect(
      client(server.port).send(new InvokeCommand({ FunctionName: 'other' })),
    ).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      $metadata: { httpStatusCode: 404 },
    })
  })

  it('returns a thrown error in the payload, with status 200', async () => {
    await using server = await serve(() => {
      throw new TypeError('no')
    })
    const response = await client(server.port).send(new InvokeCommand({ FunctionName: 'refill' }))
    expect(response).toMatchObject({ StatusCode: 200, FunctionError: 'Unhandled' })
    expect(JSON.parse(response.Payload?.transformToString() ?? '')).toMatchObject({
      errorType: 'TypeError',
      errorMessage: 'no',
    })
  })

  it('reports the causes of an error', async () => {
    await using server = await serve(() => {
      throw new Error('the outer error', { cause: new Error('the inner error') })
    })
    const response = await client(server.port).send(new InvokeCommand({ FunctionName: 'refill' }))
    expect(JSON.parse(response.Payload?.transformToString() ?? '').trace).toContain(
      'Caused by: Error: the inner error',
    )
  })

  it('reports a time-out of the function', async () => {
    await using server = await serve(() => {}, {
      functions: [{ name: 'refill', handler: () => new Promise(() => {}), timeoutMs: 30 }],
    })
    const response = await client(server.port).send(new InvokeCommand({ FunctionName: 'refill' }))
    expect(response.FunctionError).toBe('Unhandled')
    expect(response.Payload?.transformToString()).toContain('Task timed out after 0.03 seconds')
  })

  it('rejects a payload that is not JSON or is over the limit', async () => {
    await using server = await serve(() => {})
    const path = '/2015-03-31/functions/refill/invocations'
    expect(await call(server.port, path, { method: 'POST', body: '{' })).toMatchObject({
      status: 400,
      headers: { 'x-amzn-errortype': 'InvalidRequestContentException' },
    })
    expect(
      await call(server.port, path, {
        method: 'POST',
        headers: { 'x-amz-invocation-type': 'Event' },
        body: Buffer.alloc(1_024 * 1_024 + 1),
      }),
    ).toMatchObject({ status: 413, headers: { 'x-amzn-errortype': 'RequestTooLargeException' } })
    expect(await call(server.port, path, { method: 'GET' })).toMatchObject({ status: 404 })
  })
})

describe('an asynchronous invocation that fails', () => {
  it('is retried twice and then dropped', async () => {
    const errors: string[] = []
    let runs = 0
    await using server = await serve(
      () => {
        runs += 1
        throw new Error(`try ${runs}`)
      },
      { retriesMs: [1, 2], onError: (_name, _id, error) => errors.push(error.split('\n')[0] ?? '') },
    )
    server.invokeAsync('refill', {})
    await until('three tries', () => errors.length === 3)
    expect(errors).toEqual(['try 1', 'try 2', 'try 3'])
  })

  it('is not retried after it succeeds', async () => {
    let runs = 0
    let failures = 0
    await using server = await serve(
      () => {
        runs += 1
        if (runs === 1) throw new Error('once')
      },
      { retriesMs: [1, 1], onError: () => (failures += 1) },
    )
    server.invokeAsync('refill', {})
    await until('the second try', () => runs === 2)
    expect(failures).toBe(1)
  })
})

describe('the schedule', () => {
  it('sends the event of EventBridge at once, and again', async () => {
    const events: unknown[] = []
    const stop = startSchedule('every-minute', 5, (event) => events.push(event))
    expect(events).toHaveLength(1)
    expect(events[0]).toMatchObject({
      version: '0',
      source: 'aws.events',
      'detail-type': 'Scheduled Event',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      detail: {},
    })
    await until('the next', () => events.length > 1)
    stop()
  })
})
