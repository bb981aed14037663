import { describe, expect, it } from 'vitest'
import { KUBECTL_REQUESTS } from '../../tests/_kubectl-requests.ts'
import { decodeProtobuf } from './protobuf.ts'

/** Encodes a message from its fields: a number becomes a varint below 128, everything else has a length below 128. */
function message(fields: Readonly<Record<number, number | string | Buffer>>): Buffer {
  return Buffer.concat(
    Object.entries(fields).map(([number, value]) => {
      const tag = Number(number) << 3
      if (typeof value === 'number') return Buffer.from([tag, value])
      const bytes = Buffer.from(value)
      return Buffer.concat([Buffer.from([tag | 2, bytes.length]), bytes])
    }),
  )
}
const body = (apiVersion: string, kind: string, raw: Buffer): Buffer =>
  Buffer.concat([Buffer.from('k8s\0'), message({ 1: message({ 1: apiVersion, 2: kind }), 2: raw })])

const request = (command: string): Buffer => {
  const found = KUBECTL_REQUESTS.find((one) => one.command.startsWith(command))
  return Buffer.from(found?.body ?? '', 'base64')
}

describe(decodeProtobuf, () => {
  it('decodes the Job of kubectl create, without the zero values that Go encodes', () => {
    expect(decodeProtobuf('Job', request('create job'))).toEqual({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'hello', namespace: 'demo' },
      spec: {
        template: {
          metadata: {},
          spec: {
            containers: [
              {
                name: 'hello',
                image: 'docker.io/warm-pods/pod:dev',
                command: ['node', 'server.js'],
                resources: {},
              },
            ],
            restartPolicy: 'Never',
          },
        },
      },
      status: {},
    })
  })

  it('decodes maps of quantities', () => {
    expect(decodeProtobuf('ResourceQuota', request('create quota'))).toMatchObject({
      spec: { hard: { 'count/jobs.batch': '10', pods: '4', 'requests.cpu': '2' } },
    })
  })

  it('keeps a zero that a pointer carries', () => {
    const spec = message({ 1: 0, 10: 0 })
    const { spec: decoded } = decodeProtobuf('Job', body('batch/v1', 'Job', message({ 2: spec })))
    expect(decoded).toEqual({ parallelism: 0, suspend: false })
  })

  it('decodes inlined fields, times, and a port by name or number', () => {
    const httpGet = (port: Buffer): Buffer => message({ 2: port })
    const probe = (port: Buffer): Buffer => message({ 1: message({ 2: httpGet(port) }), 2: 5 })
    const container = message({
      1: 'c',
      10: probe(message({ 1: 1, 3: 'http' })),
      11: probe(message({ 1: 0, 2: 80 })),
    })
    const metadata = message({ 8: message({}), 9: message({ 1: 100 }) })
    const pod = body('v1', 'Pod', message({ 1: metadata, 2: message({ 2: container }) }))
    expect(decodeProtobuf('Pod', pod)).toMatchObject({
      metadata: { deletionTimestamp: '1970-01-01T00:01:40Z' },
      spec: {
        containers: [
          {
            livenessProbe: { httpGet: { port: 'http' }, initialDelaySeconds: 5 },
            readinessProbe: { httpGet: { port: 80 } },
          },
        ],
      },
    })
  })

  it('drops fields of a newer version', () => {
    const raw = Buffer.concat([
      message({ 1: message({ 1: 'n' }), 15: 'new' }),
      Buffer.from([0x7d, 1, 2, 3, 4]),
    ])
    expect(decodeProtobuf('Namespace', body('v1', 'Namespace', raw))).toMatchObject({
      metadata: { name: 'n' },
    })
  })

  it.each<[string, Buffer, string]>([
    ['without the prefix', Buffer.from('garbage'), 'does not appear to be a protobuf message'],
    ['that ends early', body('v1', 'Namespace', Buffer.from([0x0a, 0x7f])), 'unexpected EOF'],
    ['with an endless number', body('v1', 'Namespace', Buffer.alloc(20, 0xff)), 'integer overflow'],
    ['with an unknown wire type', Buffer.from('k8s\0garbage'), 'illegal wireType 7'],
    ['with a number for a message', body('v1', 'Namespace', Buffer.from([0x08, 1])), 'wrong wireType'],
  ])('answers 400 to a body %s', (_title, bytes, why) => {
    expect(() => decodeProtobuf('Namespace', bytes)).toThrow(
      expect.objectContaining({ code: 400, message: expect.stringContaining(why) }),
    )
  })
})
