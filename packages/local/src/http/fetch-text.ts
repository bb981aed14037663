/** `fetch` for the supervisor and the local Kubernetes. The global one loads undici, which takes 13 MB of memory in a process. */
// An import of node:http would load undici too, because it reads all exports of the module.
const { request } = process.getBuiltinModule('node:http')

export interface TextRequest {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
  readonly signal?: AbortSignal
}

export interface TextResponse {
  readonly status: number
  readonly text: string
}

/**
 * Makes one request over plain HTTP.
 * @throws the error of the connection, and an AbortError when the signal aborts.
 */
export function fetchText(url: string, options: TextRequest = {}): Promise<TextResponse> {
  const { body, headers = {}, method = 'GET', signal } = options
  const { promise, resolve, reject } = Promise.withResolvers<TextResponse>()
  const sent = request(url, { method, headers, agent: false, ...(signal ? { signal } : {}) }, (response) => {
    let text = ''
    response.setEncoding('utf8')
    response.on('data', (part: string) => {
      text += part
    })
    response.once('error', reject)
    response.once('end', () => resolve({ status: response.statusCode ?? 0, text }))
  })
  sent.once('error', reject)
  sent.end(body)
  return promise
}
