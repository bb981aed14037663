import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type AwsResponse, callOf, expiredResponse, isChange } from './aws-call.ts'

/** Forwards AWS calls to the emulator, counts them, and injects faults at a chosen call. */
export class AwsProxy implements AsyncDisposable {
  /** Number of AWS calls so far. */
  calls = 0
  /** While true, the proxy refuses each call as one with expired credentials. */
  credentialsExpired = false
  readonly #target: URL
  readonly #server = createServer((incoming, response) => void this.#forward(incoming, response))
  #fault: { changesLeft: number; inject: () => void } | undefined

  private constructor(target: string) {
    this.#target = new URL(target)
  }

  /** Starts a proxy on a free port of 127.0.0.1. */
  static async start(target: string): Promise<AwsProxy> {
    const proxy = new AwsProxy(target)
    await new Promise<void>((listening) => proxy.#server.listen(0, '127.0.0.1', listening))
    return proxy
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Calls `inject` when this many changes were made from now on. The fault is injected once. */
  afterChanges(changes: number, inject: () => void): void {
    this.#fault = { changesLeft: changes, inject }
  }

  /** True until the fault of {@link afterChanges} was injected. */
  get faultIsPending(): boolean {
    return this.#fault !== undefined
  }

  /** Ends every injected fault. */
  reset(): void {
    this.#fault = undefined
    this.credentialsExpired = false
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((closed) => this.#server.close(closed))
  }

  async #forward(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    try {
      for await (const chunk of incoming) chunks.push(chunk)
    } catch {
      return // The caller was killed while it sent the request.
    }
    const body = Buffer.concat(chunks)
    const { method = 'GET', headers, url } = incoming
    const call = { method, headers, body: body.toString('latin1') }
    if (callOf(call)) this.calls += 1
    if (isChange(call)) this.#countChange()
    if (this.credentialsExpired) {
      const { status, headers: own, body: text } = expiredResponse(call) satisfies AwsResponse
      response.writeHead(status, own).end(text)
      return
    }
    const { hostname, port } = this.#target
    const outgoing = request({ hostname, port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    outgoing.once('error', (error) => {
      if (!response.headersSent) response.writeHead(502)
      response.end(`The emulator at ${this.#target.origin} did not answer: ${error.message}`)
    })
    outgoing.end(body)
  }

  #countChange(): void {
    if (!this.#fault) return
    this.#fault.changesLeft -= 1
    if (this.#fault.changesLeft > 0) return
    const { inject } = this.#fault
    this.#fault = undefined
    inject()
  }
}
