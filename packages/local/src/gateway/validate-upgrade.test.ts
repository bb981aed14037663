import { describe, expect, it } from 'vitest'
import { validateUpgrade } from './validate-upgrade.ts'

const address = { host: '127.88.0.2', port: 8080 }
const resolve = (ip: string) => (ip === '127.88.0.2' ? address : undefined)

function upgradeRequest(changes: Partial<Parameters<typeof validateUpgrade>[0]> = {}) {
  return {
    url: '/pod/127.88.0.2',
    method: 'GET',
    httpVersion: '1.1',
    rawHeaders: ['Host', 'x'],
    headers: { upgrade: 'websocket' },
    ...changes,
  }
}

describe(validateUpgrade, () => {
  it('accepts a WebSocket upgrade to a pod, in any spelling of the Upgrade header', () => {
    const request = upgradeRequest({ headers: { upgrade: 'WebSocket' } })
    expect(validateUpgrade(request, resolve)).toEqual({ ok: true, address })
  })

  it('reports the first of several errors in the order of nginx', () => {
    const wrong = upgradeRequest({
      method: 'POST',
      httpVersion: '1.0',
      url: '/pod/127.0.0.1',
      headers: {},
      rawHeaders: ['Host', 'a', 'host', 'b'],
    })
    const statuses = [
      wrong,
      { ...wrong, rawHeaders: ['Host', 'a'] },
      { ...wrong, rawHeaders: ['Host', 'a'], url: '/pod/127.88.0.2' },
      { ...wrong, rawHeaders: ['Host', 'a'], url: '/pod/127.88.0.2', method: 'GET' },
      { ...wrong, rawHeaders: ['Host', 'a'], url: '/pod/127.88.0.2', method: 'GET', httpVersion: '1.1' },
    ].map((request) => validateUpgrade(request, resolve))
    expect(statuses).toEqual([400, 404, 405, 505, 426].map((status) => ({ ok: false, status })))
  })

  it('does not resolve a target that is not an IPv4 address', () => {
    const fail = (ip: string): undefined => {
      throw new Error(`resolved ${ip}`)
    }
    for (const url of ['/pod/localhost', '/pod/127.88.0.2:22', '/pod/', '/', undefined])
      expect(validateUpgrade({ ...upgradeRequest(), url }, fail)).toEqual({ ok: false, status: 404 })
  })
})
