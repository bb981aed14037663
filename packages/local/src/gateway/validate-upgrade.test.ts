import { describe, expect, it } from 'vitest'
import { judge } from './validate-upgrade.ts'

const address = { host: '127.88.0.2', port: 8080 }
const resolve = (ip: string) => (ip === '127.88.0.2' ? address : undefined)

function asked(changes: Partial<Parameters<typeof judge>[0]> = {}) {
  return {
    url: '/pod/127.88.0.2',
    method: 'GET',
    httpVersion: '1.1',
    rawHeaders: ['Host', 'x'],
    headers: { upgrade: 'websocket' },
    ...changes,
  }
}

describe(judge, () => {
  it('lets a WebSocket for a pod through, however Upgrade is spelled', () => {
    expect(judge(asked({ headers: { upgrade: 'WebSocket' } }), resolve)).toEqual({ ok: true, address })
  })

  it('gives the first reason of several: what it is, then where, then how', () => {
    const wrong = asked({
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
    ].map((request) => judge(request, resolve))
    expect(statuses).toEqual([400, 404, 405, 505, 426].map((status) => ({ ok: false, status })))
  })

  it('never asks about what is no address', () => {
    const never = (ip: string): undefined => {
      throw new Error(`asked about ${ip}`)
    }
    for (const url of ['/pod/localhost', '/pod/127.88.0.2:22', '/pod/', '/', undefined])
      expect(judge({ ...asked(), url }, never)).toEqual({ ok: false, status: 404 })
  })
})
