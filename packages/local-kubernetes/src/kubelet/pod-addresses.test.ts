import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { createAddressPool, podEndpoint } from './pod-addresses.ts'

describe(podEndpoint, () => {
  it('returns the address itself and port 8080 on Linux', () => {
    expect(podEndpoint('127.88.3.7', 8080, 'linux')).toEqual({ host: '127.88.3.7', port: 8080 })
  })
  it('returns a port of 127.0.0.1 on other systems', () => {
    const first = podEndpoint('127.88.3.7', 8080, 'darwin')
    const second = podEndpoint('127.88.3.8', 8080, 'darwin')
    expect(first?.host).toBe('127.0.0.1')
    expect(first?.port).not.toBe(second?.port)
  })
  it.each([
    '127.0.0.1',
    '10.88.0.1',
    '127.88.0.0',
    '127.88.256.1',
    '127.88.01.1',
    '127.88.1',
    '127.88.1.1.1',
    'localhost',
    '127.88.1.1:9999',
    ' 127.88.1.1',
    '0x7f.88.1.1',
    '',
  ])('is nowhere for %j, which is no pod', (address) => {
    expect(podEndpoint(address)).toBeUndefined()
  })
})

describe(createAddressPool, () => {
  it('assigns different addresses, also to concurrent callers', async () => {
    const pool = createAddressPool()
    const given = await Promise.all(Array.from({ length: 20 }, () => pool.next()))
    expect(new Set(given).size).toBe(20)
    for (const address of given) expect(podEndpoint(address)).toBeDefined()
  })
})

it('uses ports of 127.0.0.1 while another program listens on the pods’ port of all addresses', async () => {
  const everywhere = createServer()
  await new Promise<void>((resolve) => everywhere.listen(0, '0.0.0.0', resolve))
  const address = everywhere.address()
  const port = typeof address === 'object' && address ? address.port : 0
  try {
    const ip = await createAddressPool(port, 'linux').next()
    expect(ip).toMatch(/^127\.89\./)
    expect(podEndpoint(ip, port, 'linux')?.host).toBe('127.0.0.1')
  } finally {
    everywhere.close()
  }
})
