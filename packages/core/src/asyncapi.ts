/** The AsyncAPI 3.0 document of the pod's socket, made from the tables that page and pod use. */
import * as v from 'valibot'
import { schemaOf } from './api/json-schema.ts'
import type { CloseName } from './close-codes.ts'
import { LIMITS, type Limits } from './limits.ts'
import {
  CLOSE,
  DIE,
  formatPing,
  formatPong,
  HANDSHAKE_ERRORS,
  HelloSchema,
  PING,
  PONG,
  podPath,
  REQUEST_PREFIX,
  SUBPROTOCOL,
  TerminatingSchema,
  TOKEN_PREFIX,
} from './socket.ts'

type Json = { readonly [name: string]: unknown }

interface CloseCode {
  readonly code: number
  readonly name: string
  readonly meaning: string
  /** The client may connect again with the same `url` and `protocols`. */
  readonly retry: boolean
}

/** Close codes that the WebSocket library of an endpoint sends or reports by itself. RFC 6455 section 7.4.1. */
const LIBRARY_CLOSE_CODES: readonly CloseCode[] = [
  { code: 1002, name: 'protocol error', meaning: 'A frame breaks RFC 6455.', retry: false },
  {
    code: 1006,
    name: 'abnormal',
    meaning:
      'No close frame arrived: the network, the gateway or a crash of the pod ended the connection. The pod may still run, so connect again first, with growing pauses.',
    retry: true,
  },
  { code: 1007, name: 'invalid text', meaning: 'The text is not UTF-8.', retry: false },
  {
    code: 1009,
    name: 'too big',
    meaning: `A message has more than ${LIMITS.frameBytes} bytes.`,
    retry: false,
  },
]

/** The limits of the socket, with the effect of each on a client. */
const SOCKET_LIMITS = {
  frameBytes: 'Largest message that the pod reads, in bytes.',
  messagesPerSecond:
    'Frames per second that the pod accepts from one socket, protocol pings and pongs included. More close it with tooFast.',
  messageBurst: 'Frames above that rate that the pod accepts at once.',
  podConnections:
    'Above this number of sockets on one pod, it closes a socket without a valid token with tooManyConnections.',
  heartbeatMs:
    'The pod sends a protocol ping this often, in ms. If no frame of the client arrives until the next one, it closes the socket with unresponsive.',
  socketIdleMs: 'The pod ends the session after this long without a socket, in ms.',
  graceMs: 'After terminating, Kubernetes stops the pod by force after this long, in ms.',
  pingMs: 'The page pings this often, in ms.',
  pingDeadlineMs:
    'The page waits this long for a pong, in ms, or four times the p95 round trip if that is longer.',
  deadAfterPings: 'After this many missed pongs in a row the page treats the pod as dead.',
  openDeadlineMs: 'The page waits this long for a socket to open, in ms.',
} as const satisfies Partial<Record<keyof Limits, string>>

const MESSAGES = {
  ping: {
    summary: 'Asks for a pong with the same number.',
    payload: textOf(PING, 'p,<seq>: a whole number of at most ten digits, chosen by the client.'),
    examples: [{ payload: formatPing(7) }],
  },
  die: {
    summary: 'Makes the pod crash (it exits without a close frame) or freeze (it answers nothing).',
    payload: textOf(DIE, 'DELETE /session/{id}/pod with the same option records the kill for the session.'),
    examples: [{ payload: 'die,crash' }, { payload: 'die,freeze' }],
  },
  hello: {
    summary: 'The first message of the pod after it has accepted the token.',
    contentType: 'application/json',
    payload: schemaOf(HelloSchema),
  },
  pong: {
    summary: 'Answers a ping.',
    payload: textOf(
      PONG,
      'p,<seq>,<held>: held is the time from reading the ping to writing the pong, in µs. Subtract it from the round trip to get the time on the network.',
    ),
    examples: [{ payload: formatPong(7, 85) }],
  },
  terminating: {
    summary:
      'The pod received SIGTERM. It closes the socket with the code of terminating after this message.',
    contentType: 'application/json',
    payload: schemaOf(TerminatingSchema),
    examples: [{ payload: { type: 'terminating', graceMs: LIMITS.graceMs } }],
  },
} as const

/** Every close code that a client can see, in numeric order. */
export function closeCodes(): CloseCode[] {
  const own = (Object.keys(CLOSE) as CloseName[]).map((name) => ({ name, ...CLOSE[name] }))
  return [...own, ...LIBRARY_CLOSE_CODES].sort((one, other) => one.code - other.code)
}

/** Returns the document. docs/asyncapi.yaml is this document as YAML. */
export function asyncapi(): Json {
  return {
    asyncapi: '3.0.0',
    id: 'urn:warm-pods:socket',
    info: {
      title: 'Warm Pods: the socket of a pod',
      version: '1.0.0',
      description: `The document describes the client: it sends the operations with \`send\` and receives the others. Claim a session by the HTTP API (GET /openapi.json). Its \`socket.url\` is the address, its \`socket.protocols\` the subprotocols. \`url\` is an absolute ws or wss URL, or a reference that begins with a slash: resolve it against the URL of the API, then replace http by ws and https by wss. docs/client.mjs is an example.`,
    },
    defaultContentType: 'text/plain',
    servers: {
      gateway: {
        host: 'localhost:4400',
        protocol: 'ws',
        description: 'The gateway of npm start. In production it has an origin of its own: use `socket.url`.',
        security: [{ $ref: '#/components/securitySchemes/token' }],
      },
    },
    channels: { pod: channel() },
    operations: operations(),
    components: {
      messages: Object.fromEntries(
        Object.entries(MESSAGES).map(([name, message]) => [name, { name, ...message }]),
      ),
      securitySchemes: {
        token: {
          type: 'httpApiKey',
          in: 'header',
          name: 'Sec-WebSocket-Protocol',
          description: `Offer two subprotocols: \`${SUBPROTOCOL}\` and the token, which begins with \`${TOKEN_PREFIX}\`. A third one, which begins with \`${REQUEST_PREFIX}\`, is optional: the pod writes it to its log. The pod selects \`${SUBPROTOCOL}\`. The token is valid for one session, one epoch and one pod, until the session ends.`,
        },
      },
    },
  }
}

function channel(): Json {
  const names = Object.keys(MESSAGES)
  return {
    address: podPath('{address}'),
    title: 'The socket of one pod',
    description:
      'A newer socket of the same session replaces the older one. A pod accepts the first session that connects, and no other session after that.',
    parameters: { address: { description: 'The pod’s IPv4 address. The API puts it into `socket.url`.' } },
    messages: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }])),
    bindings: {
      ws: {
        method: 'GET',
        headers: schemaOf(
          v.object({
            'Sec-WebSocket-Protocol': v.pipe(
              v.string(),
              v.description(`${SUBPROTOCOL}, ${TOKEN_PREFIX}<session>.<epoch>.<expiry>.<mac>`),
            ),
          }),
        ),
      },
    },
    'x-handshake-errors': Object.entries(HANDSHAKE_ERRORS).map(([status, { message, retry }]) => ({
      status: Number(status),
      message,
      retry,
    })),
    'x-close-codes': closeCodes().map(({ code, name, meaning, retry }) => ({ code, name, meaning, retry })),
    'x-limits': Object.entries(SOCKET_LIMITS).map(([name, meaning]) => ({
      name,
      default: LIMITS[name as keyof typeof SOCKET_LIMITS],
      meaning,
    })),
  }
}

function operations(): Json {
  const ref = (name: keyof typeof MESSAGES) => ({ $ref: `#/channels/pod/messages/${name}` })
  const pod = { $ref: '#/channels/pod' }
  return {
    ping: {
      action: 'send',
      channel: pod,
      messages: [ref('ping')],
      reply: { channel: pod, messages: [ref('pong')] },
    },
    die: { action: 'send', channel: pod, messages: [ref('die')] },
    receive: { action: 'receive', channel: pod, messages: [ref('hello'), ref('terminating')] },
  }
}

/** The schema of a text frame. */
function textOf(form: RegExp, description: string): Json {
  return { type: 'string', pattern: form.source, description }
}
