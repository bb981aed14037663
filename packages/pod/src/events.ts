/**
 * The pod's log: one JSON line per event, one function per event. A line never holds a key, a token or a frame. The only
 * input of a client is a request's id of at most 64 letters, digits, `_` and `-`. So the log may be published.
 */
import type { CloseName } from '@warm-pods/core/close-codes.ts'
import type { RefusalWhy } from './token-check.ts'

export type Sink = (line: string) => void
export type PodEvents = ReturnType<typeof createEvents>

/** @param sink receives one line, without a line end. The default writes to standard output. */
export function createEvents(sink: Sink = (line) => void process.stdout.write(`${line}\n`)) {
  const write = (event: string, fields: object = {}): void =>
    sink(JSON.stringify({ at: new Date().toISOString(), event, ...fields }))
  return {
    /** @param afterMs since the process began. */
    listening: (address: string, ports: { port: number; metricsPort?: number }, afterMs: number) =>
      write('listening', { address, ...ports, afterMs: Math.round(afterMs) }),
    misconfigured: (problem: string) => write('misconfigured', { problem }),
    /** @param code a system error code such as `EADDRINUSE`. */
    failed: (code: string) => write('failed', { code }),
    /** @param requestId of the API, as the client names it; `requestIn` limits its form. */
    bound: (session: string, epoch: number, requestId?: string) =>
      write('bound', { session, epoch, requestId }),
    connected: (epoch: number) => write('connected', { epoch }),
    /**
     * @param code the WebSocket close code.
     * @param messages pings that the pod answered on this socket.
     */
    disconnected: (epoch: number, code: number, messages: number) =>
      write('disconnected', { epoch, code, messages }),
    refused: (why: RefusalWhy) => write('refused', { why }),
    closing: (why: CloseName) => write('closing', { why }),
    killRequested: (how: 'crash' | 'freeze') => write('kill_requested', { how }),
    terminating: (graceMs: number) => write('terminating', { graceMs }),
    ended: (why: 'terminated' | 'session over', exitCode: number) => write('ended', { why, exitCode }),
  }
}
