/**
 * Everything a pod writes about itself: one JSON line an event, one function an event. No line holds a key, a token, a
 * frame or anything a peer chose, so the log may be shown to anyone.
 */
import type { CloseName } from '@warm-pods/core/socket.ts'
import type { RefusalWhy } from './admission.ts'

export type Sink = (line: string) => void
export type PodEvents = ReturnType<typeof createEvents>

/** @param sink takes one line without its end; by default standard output. */
export function createEvents(sink: Sink = (line) => void process.stdout.write(`${line}\n`)) {
  const write = (event: string, fields: object = {}): void =>
    sink(JSON.stringify({ at: new Date().toISOString(), event, ...fields }))
  return {
    /** @param afterMs since the process began. */
    listening: (address: string, port: number, afterMs: number) =>
      write('listening', { address, port, afterMs: Math.round(afterMs) }),
    misconfigured: (problem: string) => write('misconfigured', { problem }),
    failed: (code: string) => write('failed', { code }),
    bound: (session: string, epoch: number) => write('bound', { session, epoch }),
    connected: (epoch: number) => write('connected', { epoch }),
    disconnected: (epoch: number, code: number, messages: number) =>
      write('disconnected', { epoch, code, messages }),
    refused: (why: RefusalWhy) => write('refused', { why }),
    closing: (why: CloseName) => write('closing', { why }),
    dying: (how: 'crash' | 'freeze') => write('dying', { how }),
    terminating: (graceMs: number) => write('terminating', { graceMs }),
    ended: (why: 'terminated' | 'session over', exitCode: number) => write('ended', { why, exitCode }),
  }
}
